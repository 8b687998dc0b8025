"""The door of identity: people, roles, permissions, sessions, step-ups; its events and problems.

Who asks is ambient (`kernel.call.principal`): staff operations want the permission that their docstring
names; the house itself (a job, a handler) may do what no person asked for.
"""

from typing import Protocol
from uuid import UUID

from suuupra.kernel.auth import Identified, ResolveCookie
from suuupra.kernel.messages import Nothing, Query
from suuupra.kernel.pagination import Page
from suuupra.kernel.problems import (
    Conflict,
    Forbidden,
    Gone,
    Malformed,
    NotFound,
    TooLarge,
    Unauthenticated,
    Upstream,
    WrongType,
)
from suuupra.services.identity.api.events import (
    EmailVerified,
    FactorChanged,
    RoleChanged,
    SessionsRevoked,
    SignedIn,
    UserChanged,
    UserRegistered,
    UserRestored,
    UserSuspended,
)
from suuupra.services.identity.api.messages import (
    CARDS_MAX,
    Back,
    Card,
    CardQuery,
    Cards,
    Decide,
    Decision,
    EndAllSessions,
    Ended,
    EndSession,
    GetUser,
    GrantRole,
    HolderQuery,
    Invite,
    Reason,
    RedeemStepUp,
    RequireStepUp,
    ResetFactors,
    RestoreUser,
    RevokeRole,
    RoleCatalogue,
    RoleFacts,
    RoleGrant,
    RolesHeld,
    RolesQuery,
    SessionFacts,
    SessionQuery,
    StepUp,
    SuspendUser,
    User,
    UserQuery,
)

COOKIE = "__Host-suuupra"
COOKIE_ON_LOOPBACK = "suuupra"

__all__ = [
    "CARDS_MAX",
    "COOKIE",
    "COOKIE_ON_LOOPBACK",
    "AccountSuspended",
    "AddressNotVerified",
    "Back",
    "Card",
    "CardQuery",
    "Cards",
    "Decide",
    "Decision",
    "Directory",
    "EmailVerified",
    "EndAllSessions",
    "EndSession",
    "Ended",
    "FactorChanged",
    "GetUser",
    "GrantRole",
    "HolderQuery",
    "InvalidCredentials",
    "Invite",
    "LastFactor",
    "LastOwner",
    "LinkSpent",
    "NotBelowYou",
    "Permissions",
    "PictureTooLarge",
    "PictureWrongType",
    "ProfileStale",
    "Reason",
    "RedeemStepUp",
    "RequireStepUp",
    "ResetFactors",
    "RestoreUser",
    "RevokeRole",
    "RoleAboveOwn",
    "RoleCatalogue",
    "RoleChanged",
    "RoleFacts",
    "RoleGrant",
    "Roles",
    "RolesHeld",
    "RolesQuery",
    "SecondFactorMissing",
    "SessionFacts",
    "SessionNotFound",
    "SessionQuery",
    "Sessions",
    "SessionsRevoked",
    "SignUpClosed",
    "SignedIn",
    "StateMismatch",
    "StepUp",
    "StepUpRequired",
    "StepUps",
    "SuspendUser",
    "Tokens",
    "UpstreamRefused",
    "User",
    "UserChanged",
    "UserNotFound",
    "UserQuery",
    "UserRegistered",
    "UserRestored",
    "UserSuspended",
    "Users",
]


class UserNotFound(NotFound):
    """No such account."""

    title = "There is no such person here"


class SessionNotFound(NotFound):
    """No such session, or not yours."""

    title = "This session is no longer here"


class InvalidCredentials(Unauthenticated):
    """One answer for an unknown address, a wrong password and a wrong code."""

    title = "Address and password do not match"


class AccountSuspended(Forbidden):
    """Said only to somebody who has proved who they are."""

    title = "This account is suspended"


class AddressNotVerified(Forbidden):
    """An act that needs a confirmed mail address."""

    title = "Please confirm your mail address first"


class SignUpClosed(Forbidden):
    """The site takes no new accounts."""

    title = "Sign-up is closed on this site"


class SecondFactorMissing(Forbidden):
    """A staff account without a second factor, where the site demands one."""

    title = "Staff need a second factor on this site"


class StepUpRequired(Unauthenticated):
    """The proof is too weak or too old (RFC 9470).

    Members: `href`, the page that asks for it and then goes on; `challenge`; `level`; `max_age_s`.
    """

    title = "Please confirm that it is you"


class LinkSpent(Gone):
    """Used before, or too old."""

    title = "This link has been used or is too old"


class StateMismatch(Malformed):
    """An upstream's answer that belongs to no sign-in begun in this browser, or fails its checks."""

    title = "This sign-in could not be matched"


class UpstreamRefused(Upstream):
    """The other site did not let us finish."""

    title = "The other site did not finish the sign-in"


class LastFactor(Conflict):
    """The site demands a second factor of this account, and this is its only one."""

    title = "This is your only second factor"


class RoleAboveOwn(Forbidden):
    """Nobody gives or takes a role above their own."""

    title = "This role is above your own"


class NotBelowYou(Forbidden):
    """Acts on an account whose role is not below that of who asks."""

    title = "This person's role is not below yours"


class LastOwner(Conflict):
    """The site would be left without an owner who can sign in."""

    title = "A site keeps at least one owner"


class ProfileStale(Conflict):
    """Somebody (perhaps you, in another tab) changed the profile meanwhile."""

    status = 412
    title = "Your profile was changed in the meantime"


class PictureTooLarge(TooLarge):
    """More bytes or pixels than a picture of a face needs."""

    title = "This picture is too large"


class PictureWrongType(WrongType):
    """Not a raster picture that can be read."""

    title = "Please choose a JPEG, PNG or WebP picture"


class Users(Protocol):
    """Accounts, for staff and for services that bring people in."""

    async def get(self, query: GetUser) -> User:
        """Own account, or `identity.user.read`. `UserNotFound`."""
        ...

    async def page(self, query: UserQuery) -> Page[User]:
        """`identity.user.read`."""
        ...

    async def invite(self, command: Invite) -> Nothing:
        """Anybody signed in, by way of a service; sends nothing. Holds 30 days, a second time prolongs it."""
        ...

    async def suspend(self, command: SuspendUser) -> User:
        """`identity.user.suspend`. Ends every session. `UserNotFound`, `NotBelowYou`, `LastOwner`."""
        ...

    async def restore(self, command: RestoreUser) -> User:
        """`identity.user.suspend`. `UserNotFound`, `NotBelowYou`."""
        ...

    async def reset_factors(self, command: ResetFactors) -> User:
        """`identity.user.reset_factors`. Ends every session. `UserNotFound`, `NotBelowYou`."""
        ...


class Directory(Protocol):
    """Names and faces for other services' pages and messages."""

    async def cards(self, query: CardQuery) -> Cards:
        """Anybody may ask."""
        ...

    async def holders(self, query: HolderQuery) -> Page[UUID]:
        """For services and holders of `identity.user.read`; in order of ids."""
        ...


class Roles(Protocol):
    """Who is what. A change holds at the person's next request."""

    async def grant(self, command: GrantRole) -> RolesHeld:
        """`identity.role.grant`; twice changes nothing. `UserNotFound`, `RoleAboveOwn`, `Invalid`."""
        ...

    async def revoke(self, command: RevokeRole) -> RolesHeld:
        """`identity.role.grant`. `UserNotFound`, `RoleAboveOwn`, `NotBelowYou`, `LastOwner`."""
        ...

    async def of(self, query: RolesQuery) -> RolesHeld:
        """Own roles, or `identity.user.read`. `UserNotFound`."""
        ...

    async def catalogue(self, query: Query) -> RoleCatalogue:
        """Every role there is."""
        ...


class Permissions(Protocol):
    """Verdicts on people who are not the ones asking; those who ask carry theirs in the principal."""

    async def decide(self, query: Decide) -> Decision:
        """Unknown and suspended accounts may nothing."""
        ...


class Tokens(Protocol):
    """Proofs of identity that arrive with requests."""

    async def resolve_cookie(self, query: ResolveCookie) -> Identified:
        """Who it stands for: `ANONYMOUS` where it is unknown, ended or too old, or its person suspended."""
        ...


class Sessions(Protocol):
    """Where somebody is signed in."""

    async def page(self, query: SessionQuery) -> Page[SessionFacts]:
        """Own ones, or `identity.user.read`."""
        ...

    async def end(self, command: EndSession) -> Ended:
        """Own ones, or `identity.session.end`. `SessionNotFound`, `NotBelowYou`."""
        ...

    async def end_all(self, command: EndAllSessions) -> Ended:
        """Own ones, or `identity.session.end`. `UserNotFound`, `NotBelowYou`. In a second everywhere."""
        ...


class StepUps(Protocol):
    """Proof of identity again, right before something that matters."""

    async def require(self, command: RequireStepUp) -> StepUp:
        """`StepUpRequired` with a challenge where the proof is too old or weak; `SecondFactorMissing`."""
        ...

    async def redeem(self, command: RedeemStepUp) -> StepUp:
        """`InvalidCredentials`, `LinkSpent`, `TooMany`."""
        ...
