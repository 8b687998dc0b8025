"""All use cases of content over one desk, grouped as the ports of the door."""

from dataclasses import dataclass

from suuupra.services.content.service.approving import Approving
from suuupra.services.content.service.authoring import Authoring
from suuupra.services.content.service.catalogue import CatalogueDesk
from suuupra.services.content.service.counting import Counting
from suuupra.services.content.service.desk import Desk
from suuupra.services.content.service.editing import Editing
from suuupra.services.content.service.enrolling import Enrolling
from suuupra.services.content.service.inviting import Inviting
from suuupra.services.content.service.keeping import Keeping
from suuupra.services.content.service.media import LessonMediaDesk
from suuupra.services.content.service.ordering import Ordering
from suuupra.services.content.service.progressing import Progressing
from suuupra.services.content.service.reading import Reading
from suuupra.services.content.service.telling import Telling
from suuupra.services.content.service.watching import Watching


class CourseDesk(Reading, Keeping):
    """`Courses`."""


class EnrolmentDesk(Enrolling, Inviting):
    """`Enrolments`."""


@dataclass(frozen=True)
class Content:
    """What routes, pages and jobs call."""

    desk: Desk
    courses: CourseDesk
    catalogue: CatalogueDesk
    enrolments: EnrolmentDesk
    watching: Watching
    progress: Progressing
    approvals: Approving
    authoring: Authoring
    ordering: Ordering
    editing: Editing
    media: LessonMediaDesk
    telling: Telling
    counting: Counting


def content_of(desk: Desk) -> Content:
    """Everything over one desk."""
    return Content(
        desk=desk,
        courses=CourseDesk(desk),
        catalogue=CatalogueDesk(desk),
        enrolments=EnrolmentDesk(desk),
        watching=Watching(desk),
        progress=Progressing(desk),
        approvals=Approving(desk),
        authoring=Authoring(desk),
        ordering=Ordering(desk),
        editing=Editing(desk),
        media=LessonMediaDesk(desk),
        telling=Telling(desk),
        counting=Counting(desk),
    )
