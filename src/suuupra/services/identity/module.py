"""The manifest of identity."""

from suuupra.kernel.manifest import Built, Manifest, NavigationItem, Tools
from suuupra.kernel.oversight import Figures
from suuupra.services.identity import api, jobs, tables
from suuupra.services.identity.adapters.hashing import ArgonHasher
from suuupra.services.identity.adapters.oidc import OidcClient
from suuupra.services.identity.adapters.pictures import SmallPictures
from suuupra.services.identity.pages import pages
from suuupra.services.identity.routes import routes
from suuupra.services.identity.rules.permissions import Permissions
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.errands import MailLink, Purge, RevokeSessions, SendMail, TellContact
from suuupra.services.identity.service.factors import Factors
from suuupra.services.identity.service.ground import Ground
from suuupra.services.identity.service.links import Links
from suuupra.services.identity.service.mail import MailRoom
from suuupra.services.identity.service.mailboxes import Mailboxes
from suuupra.services.identity.service.owner import Owners
from suuupra.services.identity.service.profile import Profiles
from suuupra.services.identity.service.proofs import StepUpDesk
from suuupra.services.identity.service.roles import RoleService
from suuupra.services.identity.service.security import Security
from suuupra.services.identity.service.sessions import SessionService
from suuupra.services.identity.service.sign_in import SignIns
from suuupra.services.identity.service.sign_up import SignUps
from suuupra.services.identity.service.step_ups import StepUpService
from suuupra.services.identity.service.upkeep import Upkeep
from suuupra.services.identity.service.upstreams import Upstreams
from suuupra.services.identity.service.users import UserService
from suuupra.services.identity.service.vault import Vault
from suuupra.services.identity.service.visits import Cookies
from suuupra.services.identity.settings import IdentitySettings
from suuupra.services.notifications import api as notifications

SEES = "identity.user.read"
SEES_ADDRESS = "identity.user.contact"
SUSPENDS = "identity.user.suspend"
RESETS = "identity.user.reset_factors"
GRANTS = "identity.role.grant"
ENDS = "identity.session.end"


def ground_of(tools: Tools) -> Ground:
    """The service's hands."""
    settings = tools.settings(IdentitySettings)
    return Ground(
        work=tools.work,
        clock=tools.clock,
        ids=tools.ids,
        limits=tools.limits,
        hub=tools.hub,
        cursors=tools.cursors,
        site=tools.site,
        settings=settings,
        vault=Vault(tools.keys),
        hasher=ArgonHasher(settings.hash_threads),
        permissions=Permissions(tools.permissions, tools.role_permissions),
        faults=tools.faults,
    )


def identity_of(tools: Tools) -> Identity:
    """Every use case over one ground."""
    ground = ground_of(tools)
    sign_ins, step_ups = SignIns(ground), StepUpService(ground)
    profiles = Profiles(ground, tools.objects, SmallPictures())
    mail = MailRoom(
        ground,
        tools.bind(notifications.Contacts),
        tools.bind(notifications.Messages),
        tools.bind(notifications.Templates),
    )
    return Identity(
        sign_ups=SignUps(ground),
        sign_ins=sign_ins,
        links=Links(ground, sign_ins),
        mailboxes=Mailboxes(ground, step_ups),
        factors=Factors(ground, step_ups),
        step_ups=StepUpDesk(ground, step_ups, sign_ins),
        security=Security(ground, sign_ins, step_ups),
        profiles=profiles,
        sessions=SessionService(ground),
        roles=RoleService(ground),
        users=UserService(ground),
        upstreams=Upstreams(ground, OidcClient(tools.http, tools.clock), profiles),
        mail=mail,
        upkeep=Upkeep(ground),
        owners=Owners(ground),
        cookies=Cookies(tools.site),
    )


def build(tools: Tools) -> Built:
    """Ports, pages, jobs."""
    identity = identity_of(tools)
    return Built(
        service=identity,
        ports={
            api.Users: identity.users,
            api.Directory: identity.users,
            api.Roles: identity.roles,
            api.Permissions: identity.roles,
            api.Tokens: identity.sessions,
            api.Sessions: identity.sessions,
            api.StepUps: identity.step_ups,
        },
        kernel_ports={Figures: identity.upkeep},
        jobs=jobs.table(identity),
        routes=lambda: (routes(identity), *pages(identity)),
        on_start=(identity.upkeep.start, identity.mail.register),
    )


MANIFEST = Manifest(
    name="identity",
    tier=2,
    summary="Who somebody is, the proof of it, and what they may do.",
    build=build,
    needs=(notifications.Contacts, notifications.Messages, notifications.Templates),
    provides=(
        api.Users,
        api.Directory,
        api.Roles,
        api.Permissions,
        api.Tokens,
        api.Sessions,
        api.StepUps,
    ),
    answers=(Figures,),
    publishes=(
        api.UserRegistered,
        api.UserChanged,
        api.UserSuspended,
        api.UserRestored,
        api.EmailVerified,
        api.SignedIn,
        api.RoleChanged,
        api.FactorChanged,
        api.SessionsRevoked,
    ),
    jobs=(SendMail, TellContact, MailLink, RevokeSessions, Purge),
    schedules=jobs.SCHEDULES,
    settings=IdentitySettings,
    permissions={
        SEES: "See accounts, their roles and where they are signed in",
        SEES_ADDRESS: "See a person's mail address",
        SUSPENDS: "Suspend and restore accounts",
        RESETS: "Remove a lost second factor",
        GRANTS: "Give and take roles",
        ENDS: "Sign a person out everywhere",
    },
    role_permissions={
        "admin": (SEES, SEES_ADDRESS, SUSPENDS, RESETS, GRANTS, ENDS),
        "support": (SEES, SEES_ADDRESS),
        "moderator": (SEES,),
        "privacy": (SEES, SEES_ADDRESS),
        "auditor": (SEES,),
    },
    navigation=(
        NavigationItem("Profile", "/settings/profile", "user", area="account", audience="person", order=10),
        NavigationItem("Security", "/settings/security", "lock", area="account", audience="person", order=11),
        NavigationItem(
            "Signed-in devices", "/settings/sessions", "laptop", area="account", audience="person", order=12
        ),
    ),
    paths=(
        "/sign-up",
        "/sign-in",
        "/sign-in/*",
        "/sign-out",
        "/verify/{token}",
        "/reset",
        "/challenge",
        "/challenge/*",
        "/auth/*",
        "/settings/profile",
        "/settings/profile/*",
        "/settings/security",
        "/settings/security/*",
        "/settings/sessions",
        "/settings/sessions/*",
        "/people/*",
        "/api/v1/registrations",
        "/api/v1/sessions",
        "/api/v1/sessions/*",
        "/api/v1/password-resets",
        "/api/v1/me",
        "/api/v1/me/picture",
        "/api/v1/me/sessions",
        "/api/v1/me/sessions/{session_id}",
        "/api/v1/me/password",
        "/api/v1/me/email",
        "/api/v1/me/factors/*",
        "/api/v1/users/{user_id}/roles",
        "/api/v1/users/{user_id}/roles/{role}",
        "/api/v1/users/{user_id}/suspension",
    ),
    templates="templates",
    tables=tables.Base.metadata,
)
