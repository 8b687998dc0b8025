"""Use cases of identity, one class a concern: each opens its units, and steps are functions of a `Unit`."""

from dataclasses import dataclass

from suuupra.services.identity.service.factors import Factors
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
from suuupra.services.identity.service.upkeep import Upkeep
from suuupra.services.identity.service.upstreams import Upstreams
from suuupra.services.identity.service.users import UserService
from suuupra.services.identity.service.visits import Cookies


@dataclass(frozen=True)
class Identity:
    """All of them, as routes, pages and jobs hold them."""

    sign_ups: SignUps
    sign_ins: SignIns
    links: Links
    mailboxes: Mailboxes
    factors: Factors
    step_ups: StepUpDesk
    security: Security
    profiles: Profiles
    sessions: SessionService
    roles: RoleService
    users: UserService
    upstreams: Upstreams
    mail: MailRoom
    upkeep: Upkeep
    owners: Owners
    cookies: Cookies
