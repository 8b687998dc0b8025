"""What every page of identity does with a browser: read its visit and its form, set cookies, ask again."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from suuupra.kernel.problems import Invalid, Problem
from suuupra.services.identity.api import StepUpRequired
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.entry import Entry
from suuupra.services.identity.service.visits import Crumb, Visit
from suuupra.web.answers import see_other
from suuupra.web.forms import Form
from suuupra.web.frame import Flash

Page = Callable[[Request], Awaitable[Response]]
SECRET_FIELDS = frozenset({"password", "new", "current", "code", "proof", "csrf_token"})


def visit_of(identity: Identity, request: Request) -> Visit:
    """Where the request comes from; the gateway has found the client's address."""
    address = getattr(request.state, "address", request.client.host if request.client else "")
    return identity.cookies.visit(request.cookies, request.headers.get("user-agent", ""), address)


async def fields_of(request: Request) -> dict[str, str]:
    """The text fields of a form."""
    async with request.form() as form:
        return {name: value for name, value in form.items() if not isinstance(value, UploadFile)}


def refused(fields: Mapping[str, str], problem: Problem) -> Form:
    """The form as it was sent, without secrets, and what was wrong with it."""
    shown = {name: value for name, value in fields.items() if name not in SECRET_FIELDS}
    if isinstance(problem, Invalid):
        return Form.refused(shown, problem.errors)
    return Form(values=shown, message=problem.detail or problem.title)


def with_crumbs(response: Response, crumbs: Iterable[Crumb]) -> Response:
    """Set cookies."""
    for crumb in crumbs:
        response.set_cookie(**crumb.keywords())
    return response


def enter(identity: Identity, request: Request, entry: Entry) -> Response:
    """Go on, signed in or to the second factor."""
    answer = see_other(request, entry.href)
    return with_crumbs(answer, identity.cookies.entry(entry.session, entry.device))


def done(request: Request, href: str, text: str) -> Response:
    """Go on, and say so there."""
    return see_other(request, href, Flash(text, "good"))


def stepping(page: Page) -> Page:
    """Where a fresh proof is missing: go and give it; the page is asked again afterwards."""

    async def stepped(request: Request) -> Response:
        try:
            return await page(request)
        except StepUpRequired as needed:
            return see_other(request, str(needed.members["href"]))

    return stepped
