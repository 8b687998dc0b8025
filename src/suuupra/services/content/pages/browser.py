"""What every page here does with a browser: ids of the path, fields of a form, refusals beside them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from suuupra.kernel.problems import FieldError, Invalid, Problem
from suuupra.services.content.api import CourseNotFound
from suuupra.web.answers import see_other, wants_fragment
from suuupra.web.draw import draw
from suuupra.web.forms import Form
from suuupra.web.frame import Flash


def id_of(request: Request, name: str = "id") -> UUID:
    """An id of the path; anything else is not there."""
    try:
        return UUID(request.path_params[name])
    except ValueError:
        raise CourseNotFound from None


async def fields_of(request: Request) -> dict[str, str]:
    """The text fields of a form."""
    form = await request.form()
    return {name: value for name, value in form.items() if not isinstance(value, UploadFile)}


def refused(fields: Mapping[str, str], error: Problem | ValidationError, **names: str) -> Form:
    """The form as it was sent, with what was wrong. `names` maps a message's field to the form's."""
    if isinstance(error, ValidationError):
        found = [
            FieldError("/" + str(one["loc"][0] if one["loc"] else ""), _sentence(one["msg"]))
            for one in error.errors()
        ]
    elif isinstance(error, Invalid):
        found = list(error.errors)
    else:
        return Form(values=dict(fields), message=error.detail or error.title)
    renamed = [FieldError("/" + _renamed(one.pointer, names), one.detail) for one in found]
    return Form.refused(dict(fields), renamed)


def _renamed(pointer: str, names: Mapping[str, str]) -> str:
    name = pointer.strip("/").split("/")[0]
    return names.get(name, name)


def _sentence(text: str) -> str:
    """Pydantic's words for a person."""
    return "Write a little more." if "at least" in text else text[:1].upper() + text[1:] + "."


def status_of(error: Problem | ValidationError) -> int:
    return error.status if isinstance(error, Problem) else Invalid.status


def done(request: Request, href: str, text: str) -> Response:
    """Go on, and say so there."""
    return see_other(request, href, Flash(text, "good"))


def shown(request: Request, name: str, view: Any, *, title: str, **more: Any) -> Response:  # noqa: ANN401 - a view
    """A part of the editor or of the students' list: alone for htmx, else as a page of its own."""
    template = f"content/_{name}.html" if wants_fragment(request) else f"content/{name}.html"
    return draw(request, template, view, title=title, robots="noindex", **more)
