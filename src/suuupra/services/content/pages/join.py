"""`/join/{token}`: what an invitation leads to. Looking spends nothing; only the button does."""

from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.services.content.api import ActivateInvitation, InvitationOffer, LinkSpent, OpenInvitation
from suuupra.services.content.service.content import Content
from suuupra.web.answers import see_other
from suuupra.web.draw import draw
from suuupra.web.frame import Flash, Item
from suuupra.web.parts import ProblemView


@dataclass(frozen=True)
class JoinView:
    """The course behind the link, and the ways in."""

    token: str
    offer: InvitationOffer
    teacher: str
    is_signed_in: bool
    sign_in: str
    sign_up: str


def join_pages(content: Content) -> list[Route]:
    async def look(request: Request) -> Response:
        token = request.path_params["token"][:200]
        try:
            offer = await content.enrolments.offer(OpenInvitation(token=token))
        except LinkSpent as spent:
            return _spent(request, spent)
        back = quote(f"/join/{token}", safe="")
        view = JoinView(
            token,
            offer,
            await content.telling.name_of(offer.course.owner_id),
            principal().is_person,
            f"/sign-in?next={back}",
            f"/sign-up?next={back}",
        )
        return draw(request, "content/join.html", view, title=offer.course.title, robots="noindex")

    async def accept(request: Request) -> Response:
        token = request.path_params["token"][:200]
        try:
            offer = await content.enrolments.offer(OpenInvitation(token=token))
            await content.enrolments.activate(ActivateInvitation(token=token))
        except LinkSpent as spent:
            return _spent(request, spent)
        text = f"You are in “{offer.course.title}” now."
        return see_other(request, f"/learn/{offer.course.slug}", Flash(text, "good"))

    return [Route("/join/{token}", look), Route("/join/{token}", accept, methods=["POST"])]


def _spent(request: Request, spent: LinkSpent) -> Response:
    """Where to ask again."""
    slug = str(spent.members.get("course_slug", ""))
    view = ProblemView(
        spent.status,
        spent.title,
        spent.detail,
        actions=(Item("Open the course", f"/courses/{slug}"),) if slug else (),
    )
    return draw(request, "web/problem.html", view, title=spent.title, status=spent.status, robots="noindex")
