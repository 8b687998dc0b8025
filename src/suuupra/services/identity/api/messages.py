"""What goes in and out of the ports of identity."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Command, Message, Query
from suuupra.kernel.pagination import PageQuery

CARDS_MAX = 200

Reason = Annotated[str, Field(min_length=3, max_length=500, pattern=r"^[^\x00]*$")]


class User(Message):
    """An account as staff see it.

    `status` is `pending` (address not confirmed), `active` or `suspended`. `address_hint` is masked;
    `address` is filled by `get` alone, for holders of `identity.user.contact`.
    """

    id: UUID
    name: str
    status: str
    picture_url: str | None = None
    headline: str = ""
    bio: str = ""
    locale: str = "en"
    time_zone: str = "Asia/Kolkata"
    address_hint: str = ""
    address: str = ""
    is_verified: bool = False
    has_second_factor: bool = False
    roles: frozenset[str] = frozenset()
    registered_at: Moment | None = None
    last_seen_at: Moment | None = None
    suspended_at: Moment | None = None
    suspended_reason: str = ""


class GetUser(Query):
    user_id: UUID


class UserQuery(PageQuery):
    """`text` finds a part of a name, or a whole mail address; newest accounts first."""

    text: str = Field(default="", max_length=254)
    role: str = Field(default="", pattern="^[a-z]*$", max_length=40)
    status: str = Field(default="", pattern="^[a-z]*$", max_length=40)


class Invite(Command):
    """An address that may sign up although the site takes none but invited people."""

    address: str = Field(min_length=3, max_length=254)


class SuspendUser(Command):
    user_id: UUID
    reason: Reason


class RestoreUser(Command):
    user_id: UUID
    reason: Reason


class ResetFactors(Command):
    user_id: UUID
    reason: Reason


class Card(Message):
    """What anybody may see of somebody."""

    id: UUID
    name: str
    initials: str
    picture_url: str | None = None
    headline: str = ""


class Cards(Message):
    """In the order asked for; accounts that do not exist (any more) are absent."""

    cards: tuple[Card, ...] = ()

    def by_id(self) -> dict[UUID, Card]:
        """For look-ups."""
        return {card.id: card for card in self.cards}


class CardQuery(Query):
    ids: tuple[UUID, ...] = Field(max_length=CARDS_MAX)


class HolderQuery(PageQuery):
    """Active accounts whose roles give a permission."""

    permission: str


class RoleFacts(Message):
    """One role. Who has rank r gives roles up to r; `is_staff` roles ask for a second factor where set."""

    name: str
    title: str
    rank: int
    is_staff: bool = False
    may_grant: bool = False


class RoleCatalogue(Message):
    """Every role, lowest rank first; `may_grant` speaks of whoever asks."""

    roles: tuple[RoleFacts, ...] = ()


class RoleGrant(Message):
    """A role somebody was given; `granted_by` is None where the house itself gave it."""

    role: str
    granted_at: Moment
    granted_by: UUID | None = None


class RolesHeld(Message):
    """`roles` also holds `student`, which everyone signed in is."""

    user_id: UUID
    roles: frozenset[str] = frozenset()
    grants: tuple[RoleGrant, ...] = ()


class GrantRole(Command):
    user_id: UUID
    role: str
    reason: Reason


class RevokeRole(Command):
    user_id: UUID
    role: str
    reason: Reason


class RolesQuery(Query):
    user_id: UUID


class Decide(Query):
    """May this person do that? `owner_id`: whose row it is, for permissions ending in `.own`."""

    user_id: UUID
    permission: str
    owner_id: UUID | None = None


class Decision(Message):
    """`reasons` name the roles that gave it, or why nothing did: facts, for support and audit."""

    allowed: bool
    reasons: tuple[str, ...] = ()


class SessionFacts(Message):
    """One sign-in of one browser. `device` is a short description such as "Firefox on Linux"."""

    id: UUID
    device: str
    place: str = ""
    methods: tuple[str, ...] = ()
    strength: int = 1
    started_at: Moment
    last_seen_at: Moment
    is_current: bool = False


class SessionQuery(PageQuery):
    """Live sessions, the one used last first; None: one's own."""

    user_id: UUID | None = None


class EndSession(Command):
    session_id: UUID


class EndAllSessions(Command):
    """None: one's own; `keep_current` spares the session that asks."""

    user_id: UUID | None = None
    keep_current: bool = False
    reason: str = Field(default="signed_out_everywhere", pattern="^[a-z_]+$", max_length=60)


class Ended(Message):
    """How many sessions ended."""

    count: int = 0


class Back(Message):
    """Where to go on after a step-up: the form that was stopped, so that nothing is typed twice."""

    path: str = Field(pattern=r"^/([^/\\\x00-\x1f][^\\\x00-\x1f]*)?$", max_length=1000)
    method: str = Field(default="GET", pattern=r"^(GET|POST)$")
    fields: tuple[tuple[str, str], ...] = Field(default=(), max_length=100)


class RequireStepUp(Command):
    """An act of the person who asks.

    `action` is a name such as `identity.role`. With an amount the proof holds for this very act, once.
    """

    action: str = Field(pattern=r"^[a-z_]+(\.[a-z_]+)+$", max_length=80)
    object: str = Field(default="", max_length=200)
    amount_minor: int | None = Field(default=None, ge=0)
    back: Back | None = None


class StepUp(Message):
    """Satisfied: by a proof that is fresh and strong enough, or by a grant that is now spent."""

    level: int
    by: str


class RedeemStepUp(Command):
    """The proof: the password or a code, for a challenge that `StepUpRequired` named."""

    challenge: str = Field(max_length=200)
    proof: str = Field(max_length=256, repr=False)
