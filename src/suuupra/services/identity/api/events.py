"""What identity tells the house: past tense, ids and states, nothing about a person beyond them."""

from uuid import UUID

from suuupra.kernel.messages import Event


class UserRegistered(Event, wire="identity.user_registered.v1", key="user_id", alias="user.created"):
    """`via` is `password`, `upstream` or `bootstrap`."""

    user_id: UUID
    via: str


class UserChanged(Event, wire="identity.user_changed.v1", key="user_id"):
    """Which fields of the profile changed: `name`, `headline`, `bio`, `picture`, `locale`, `time_zone`."""

    user_id: UUID
    fields: tuple[str, ...]


class UserSuspended(Event, wire="identity.user_suspended.v1", key="user_id"):
    user_id: UUID


class UserRestored(Event, wire="identity.user_restored.v1", key="user_id"):
    user_id: UUID


class EmailVerified(Event, wire="identity.email_verified.v1", key="user_id"):
    user_id: UUID


class SignedIn(Event, wire="identity.signed_in.v1", key="user_id"):
    """`method` is `password`, `magic_link` or `upstream`; `strength` the assurance level reached."""

    user_id: UUID
    session_id: UUID
    method: str
    strength: int
    is_new_device: bool = False


class RoleChanged(Event, wire="identity.role_changed.v1", key="user_id"):
    """`change` is `granted` or `revoked`; `roles` are all that are held afterwards."""

    user_id: UUID
    role: str
    change: str
    roles: frozenset[str] = frozenset()


class FactorChanged(Event, wire="identity.factor_changed.v1", key="user_id"):
    """`factor` is `password`, `totp` or `recovery_codes`; `change` is added, changed, removed or reset."""

    user_id: UUID
    factor: str
    change: str


class SessionsRevoked(Event, wire="identity.sessions_revoked.v1", key="user_id"):
    """`reason` is a word such as `signed_out`, `signed_out_everywhere`, `password_changed`, `suspended`."""

    user_id: UUID
    session_ids: tuple[UUID, ...]
    reason: str
