"""Who asks: the `Principal`, made once at the door and passed on as a value."""

from datetime import datetime
from uuid import UUID

from suuupra.kernel.clock import Moment
from suuupra.kernel.messages import Message, Query
from suuupra.kernel.problems import Forbidden, Unauthenticated


class Principal(Message):
    """A person, a service, or nobody.

    `permissions` are names such as `content.course.author`, already compiled from the roles.
    `strength` is the authentication assurance level (0 nobody, 1 password or link, 2 second factor).
    """

    subject: UUID | None = None
    kind: str = "anonymous"
    tenant: str = "main"
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    strength: int = 0
    session: UUID | None = None
    authenticated_at: Moment | None = None
    is_verified: bool = False
    acting_for: UUID | None = None
    service: str = ""

    @property
    def is_person(self) -> bool:
        """Signed in as a person."""
        return self.kind == "person" and self.subject is not None

    @property
    def name(self) -> str:
        """For idempotency keys and logs: never a person's own name."""
        return str(self.subject) if self.subject else self.service or self.kind

    def person(self) -> UUID:
        """The signed-in person, or `Unauthenticated`."""
        if not self.is_person or self.subject is None:
            raise Unauthenticated
        return self.subject

    def may(self, permission: str) -> bool:
        """Whether the permission is held; services of the house hold all that their role gives."""
        return permission in self.permissions

    def require(self, permission: str) -> None:
        """`Unauthenticated` for nobody, `Forbidden` for somebody without it."""
        if self.may(permission):
            return
        if self.kind == "anonymous":
            raise Unauthenticated
        raise Forbidden(permission=permission)

    def is_fresh(self, now: datetime, within_s: float) -> bool:
        """Whether the proof of identity is at most so old."""
        return self.authenticated_at is not None and (now - self.authenticated_at).total_seconds() <= within_s


ANONYMOUS = Principal()


def service_principal(service: str) -> Principal:
    """The house itself, acting as one of its services (jobs, handlers, start-up)."""
    return Principal(kind="service", service=service, strength=2)


class Identified(Message):
    """Who a cookie or a token stands for: the principal, and what the frame of a page shows of them."""

    principal: Principal = ANONYMOUS
    name: str = ""
    picture_url: str | None = None
    csrf_secret: str = ""


class ResolveCookie(Query):
    """Whose session a cookie secret opens. `address` is the client's, cut to its /24 or /48 prefix."""

    secret: str
    address_prefix: str = ""
    agent: str = ""
