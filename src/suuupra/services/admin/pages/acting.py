"""How a form of the desk is done: read, acted on, and drawn again with a sentence where it was refused."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from suuupra.kernel.problems import Invalid, NotFound, Problem, Unauthenticated
from suuupra.services.identity.api import Back, StepUpRequired
from suuupra.web.answers import see_other
from suuupra.web.frame import Flash

FORM = "form"
TOKEN = "csrf_token"  # noqa: S105 - the name of a form field
SERVER_SIDE = 500


@dataclass(frozen=True)
class Tried:
    """What was typed into the form `key` and why it was refused; empty before anybody tried."""

    key: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    sentences: tuple[str, ...] = ()
    status: int = 200

    def value(self, key: str, name: str) -> str:
        """What stood in a field of that form."""
        return self.values.get(name, "") if key == self.key else ""


NOT_TRIED = Tried()
Do = Callable[[Mapping[str, str], Back], Awaitable[str]]
Redraw = Callable[[Request, Tried], Awaitable[Response]]


@dataclass(frozen=True)
class Act:
    """One form: `do` answers the sentence for the next page, which is `href`; `redraw` is the page again.

    Forms that share an address name themselves by a hidden field `form`; else the name is `key`.
    """

    key: str
    do: Do
    href: str
    redraw: Redraw

    async def answer(self, request: Request) -> Response:
        """Go on, go and give a fresh proof, or see why not."""
        fields = await fields_of(request)
        back = Back(path=request.url.path, method="POST", fields=tuple(fields.items()))
        try:
            done = await self.do(fields, back)
        except StepUpRequired as needed:
            return see_other(request, str(needed.members["href"]))
        except (Problem, ValidationError) as error:
            tried = refused(fields.get(FORM, self.key), fields, error)
            if isinstance(error, Unauthenticated) or tried.status >= SERVER_SIDE:
                raise
            return await again(request, self.redraw, tried, error)
        return see_other(request, self.href, Flash(done, "good"))


async def again(request: Request, redraw: Redraw, tried: Tried, error: Exception) -> Response:
    """The page with its sentence; where there is no page to draw, the refusal itself."""
    try:
        return await redraw(request, tried)
    except Problem:
        raise error from None


async def fields_of(request: Request) -> dict[str, str]:
    """The text fields of a form, without its token."""
    form = await request.form()
    return {
        name: value for name, value in form.items() if not isinstance(value, UploadFile) and name != TOKEN
    }


def refused(key: str, fields: Mapping[str, str], error: Problem | ValidationError) -> Tried:
    """The form as it was sent, and what was wrong with it in sentences."""
    if isinstance(error, ValidationError):
        found = tuple(f"{_field(one['loc'])}: {one['msg']}." for one in error.errors())
        return Tried(key, fields, Invalid.title, found, Invalid.status)
    told = [error.detail] if error.detail else []
    told += [one.detail for one in error.errors if one.detail not in told]
    told += [str(gate["text"]) for gate in error.members.get("gates", ()) if "text" in gate]
    return Tried(key, fields, error.title, tuple(told), error.status)


def _field(location: tuple[int | str, ...]) -> str:
    return str(location[0]).replace("_", " ").capitalize() if location else "The form"


def id_of(request: Request, name: str) -> UUID:
    """An id of the path; anything else is nowhere."""
    try:
        return UUID(request.path_params[name])
    except ValueError:
        raise NotFound from None


def query_of(request: Request, name: str) -> str:
    """A filter of the address, tidied."""
    return request.query_params.get(name, "").strip()


def cursor_of(request: Request) -> str | None:
    """Where the list goes on; None for its first page."""
    return query_of(request, "cursor") or None


def same_page(request: Request, **changes: str | None) -> str:
    """The address of this page with some filters changed; None takes one away."""
    gone = [name for name, value in changes.items() if value is None]
    url = request.url.remove_query_params(gone) if gone else request.url
    url = url.include_query_params(**{name: value for name, value in changes.items() if value is not None})
    return f"{url.path}?{url.query}" if url.query else url.path


@dataclass(frozen=True)
class Pager:
    """Where the list goes on, and back to its beginning."""

    older: str = ""
    newest: str = ""

    @classmethod
    def of(cls, request: Request, following: str | None) -> "Pager":
        """Of the list at this address."""
        older = same_page(request, cursor=following) if following else ""
        return cls(older, same_page(request, cursor=None) if cursor_of(request) else "")
