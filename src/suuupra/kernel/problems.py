"""Problems (RFC 9457): errors that are part of a door.

A Problem is a class statement in some `api.py`; its wire type follows from where it stands. The same
class comes out of a local and of a remote call, and becomes a drawn page for a browser. Anything that
is not a Problem is a bug and leaves the house as a bare 500.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One wrong field: `pointer` is a JSON pointer (RFC 6901), `detail` a sentence."""

    pointer: str
    detail: str


class Problem(Exception):
    """Base of all. `members` travel as extension members and must be JSON values."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Sequence[FieldError] = (),
        retry_after_s: float | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s
        self.members: Mapping[str, Any] = members

    @classmethod
    def wire_type(cls) -> str:
        """`/problems/<service>/<name>`: stable, and the address of a generated page."""
        return f"/problems/{home_of(cls)}/{kebab(cls.__name__)}"

    def document(self) -> dict[str, Any]:
        """The `application/problem+json` body, without `instance` and `trace_id` (the edge adds them)."""
        body: dict[str, Any] = {"type": self.wire_type(), "title": self.title, "status": self.status}
        if self.detail:
            body["detail"] = self.detail
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        if self.retry_after_s is not None:
            body["retry_after_s"] = self.retry_after_s
        return body | dict(self.members)

    @classmethod
    def from_document(cls, body: Mapping[str, Any]) -> "Problem":
        """The inverse of `document`, for the remote binding."""
        known = {"type", "title", "status", "detail", "errors", "retry_after_s", "instance", "trace_id"}
        return cls(
            body.get("detail", ""),
            errors=[FieldError(error["pointer"], error["detail"]) for error in body.get("errors", ())],
            retry_after_s=body.get("retry_after_s"),
            **{name: value for name, value in body.items() if name not in known},
        )


def home_of(cls: type) -> str:
    """The service (or `kernel`, or an engine) in whose module the class stands."""
    parts = cls.__module__.split(".")
    if "services" in parts or "engines" in parts:
        anchor = parts.index("services") if "services" in parts else parts.index("engines")
        return parts[anchor + 1]
    return parts[1] if len(parts) > 1 and parts[0] == "suuupra" else parts[-1]


def kebab(name: str) -> str:
    """CamelCase to kebab-case: `CourseNotOpen` becomes `course-not-open`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


class Invalid(Problem):
    """The request is understood and wrong; `errors` names the fields."""

    status = 422
    title = "Please check what you entered"

    @classmethod
    def at(cls, pointer: str, detail: str) -> "Invalid":
        """One wrong field, named."""
        return cls(detail, errors=[FieldError(pointer, detail)])


class Malformed(Problem):
    """The request breaks its protocol (gateway, OAuth, a webhook with a bad signature)."""

    status = 400
    title = "The request could not be read"


class Unauthenticated(Problem):
    """Nobody is signed in, or the proof is too weak or too old."""

    status = 401
    title = "Please sign in"


class Forbidden(Problem):
    """Known who asks, and the answer is no."""

    status = 403
    title = "You may not do this"


class NotFound(Problem):
    """Not there, or not for you to know."""

    status = 404
    title = "This was not found"


class Conflict(Problem):
    """The state of things does not allow it now."""

    status = 409
    title = "This does not fit the present state"


class Refused(Problem):
    """A business no that a new try will not change."""

    status = 409
    title = "This was refused"


class Gone(Problem):
    """It was here once."""

    status = 410
    title = "This is no longer here"


class Stale(Problem):
    """Somebody else changed it in between."""

    status = 412
    title = "This was changed in the meantime"


class TooLarge(Problem):
    """More bytes than the limit."""

    status = 413
    title = "This is too large"


class WrongType(Problem):
    """A media type that is not accepted here."""

    status = 415
    title = "This kind of file is not accepted"


class TooEarly(Problem):
    """Its date has not come."""

    status = 425
    title = "It is too early for this"


class TooMany(Problem):
    """A limit was reached; `retry_after_s` says when to come again."""

    status = 429
    title = "Too many tries"


class Withheld(Problem):
    """Kept dark for a legal or conduct reason."""

    status = 451
    title = "This is withheld"


class Upstream(Problem):
    """An outside party answered badly."""

    status = 502
    title = "Another system did not answer as it should"


class Unavailable(Problem):
    """A part is away for now."""

    status = 503
    title = "This part is away for a moment"


class Late(Problem):
    """The deadline passed."""

    status = 504
    title = "This took too long"


class ContractMismatch(Problem):
    """Two releases run side by side and this one does not know a field of the other."""

    status = 503
    title = "Two releases do not understand each other yet"


class OutcomeUnknown(Problem):
    """The connection died in the commit; a retry with the same key finds the truth."""

    status = 503
    title = "It is not known yet whether this was saved"


class KeyReused(Invalid):
    """An idempotency key came back with another body."""

    title = "This key was used for another request"


KERNEL_ACROSS_PORTS: tuple[type[Problem], ...] = (
    Unauthenticated,
    Forbidden,
    TooMany,
    TooLarge,
    Invalid,
    Unavailable,
    Late,
    ContractMismatch,
    OutcomeUnknown,
    KeyReused,
)
"""The kernel's own Problems that may cross any port (architecture, section 5)."""


def all_problems(root: type[Problem] = Problem) -> list[type[Problem]]:
    """Every Problem class that is loaded, for the generated pages and the registry of the bindings."""
    found: list[type[Problem]] = []
    for child in root.__subclasses__():
        found += [child, *all_problems(child)]
    return found
