"""Drawing a page inside a request: the template, the view, and the frame that this visitor sees."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from suuupra.web.answers import PRIVATE, page
from suuupra.web.frame import Frame
from suuupra.web.pages import Renderer


def frame_of(request: Request) -> Frame:
    """The visitor's frame without a title: navigation by role, person, theme, token, flashes."""
    frame: Frame = request.app.state.frames(request)
    return frame


def draw(
    request: Request,
    template: str,
    view: Any,
    *,
    title: str = "",
    status: int = 200,
    cache: str = PRIVATE,
    **frame_changes: Any,
) -> HTMLResponse:
    """Answer with a drawn template; `frame_changes` are fields of `Frame` (description, json_ld, …).

    Where something that the frame shows is still on its way (`request.state.coming`), the page is drawn when
    it is sent.
    """
    renderer: Renderer = request.app.state.pages

    def drawn() -> HTMLResponse:
        frame = frame_of(request).on(title, **frame_changes)
        return page(renderer.render(template, view, frame), status=status, cache=cache, frame=frame)

    coming: Awaitable[None] | None = getattr(request.state, "coming", None)
    return drawn() if coming is None else LatePage(coming, drawn, status)


class LatePage(HTMLResponse):
    """A page that waits for its frame: by now the frame's part has had as long as the page's own."""

    def __init__(self, coming: Awaitable[None], drawn: Callable[[], HTMLResponse], status: int) -> None:
        super().__init__(status_code=status)
        del self.headers["content-length"]
        self._coming = coming
        self._drawn = drawn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, draw, and send with what was added to this answer meanwhile."""
        await self._coming
        answer = self._drawn()
        for name, value in self.headers.items():
            if name == "set-cookie":
                answer.headers.append(name, value)
            elif name != "content-type":
                answer.headers[name] = value
        await answer(scope, receive, send)
