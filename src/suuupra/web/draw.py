"""Drawing a page inside a request: the template, the view, and the frame that this visitor sees."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from suuupra.web.answers import PRIVATE, page
from suuupra.web.frame import Frame
from suuupra.web.pages import Renderer


def frame_of(request: Request) -> Frame:
    """The visitor's frame without a title: navigation by role, person, theme, token, flashes."""
    frame: Frame | None = getattr(request.state, "frame", None)
    if frame is None:
        frame = request.state.frame = request.app.state.frames(request)
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
    """Answer with a drawn template; `frame_changes` are fields of `Frame` (description, json_ld, …)."""
    renderer: Renderer = request.app.state.pages
    frame = frame_of(request).on(title, **frame_changes)
    return page(renderer.render(template, view, frame), status=status, cache=cache, frame=frame)
