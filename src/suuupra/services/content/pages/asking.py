"""A question before something is done: a reason, a new name, or just yes."""

from dataclasses import dataclass
from uuid import UUID

from suuupra.web.forms import Form

EMPTY = Form()


@dataclass(frozen=True)
class AskView:
    """One question before something is done: a reason, a new name, or just yes."""

    base: str
    course_title: str
    heading: str
    lead: str
    action: str
    button: str
    kind: str = ""
    field: str = ""
    label: str = ""
    form: Form = EMPTY


def base_of(course_id: UUID) -> str:
    """The address of the editor, with its slash."""
    return f"/teach/courses/{course_id}/editor/"
