"""The course page, `/courses/{slug}`, and joining an open course."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.kernel.manifest import Site
from suuupra.kernel.stores import Cache
from suuupra.services.content import api as content
from suuupra.services.identity.api import Card as Face
from suuupra.services.portal.pages import shapes
from suuupra.services.portal.pages.home import cache_of
from suuupra.services.portal.pages.strangers import for_strangers
from suuupra.services.portal.service import Storefront
from suuupra.services.portal.service.storefront import CoursePage
from suuupra.web.answers import see_other
from suuupra.web.draw import draw
from suuupra.web.frame import Flash
from suuupra.web.parts import Part


@dataclass(frozen=True)
class CourseView:
    """The course page."""

    course: content.Course
    teacher: Face | None
    parts: tuple[Part, ...]
    lessons: int
    length: str
    language: str
    level: str
    preview: str
    carry_on: str


def course_pages(site: Site, storefront: Storefront, cache: Cache) -> list[Route]:
    """Routes of a course as strangers see it."""

    async def course(request: Request) -> Response:
        slug = request.path_params["slug"]
        found = await storefront.course(slug)
        if found.course.slug != slug:
            return RedirectResponse(f"/courses/{found.course.slug}", 301)
        address = site.link(f"/courses/{slug}")
        teacher = found.teacher.name if found.teacher else ""
        crumbs = [("Courses", site.link("/courses")), (found.course.title, address)]
        is_published = found.course.state == "published"
        ld = (shapes.course_json_ld(found.course, teacher, site.name, address), shapes.crumbs_json_ld(crumbs))
        return draw(
            request,
            "portal/course.html",
            _course(found),
            title=found.course.title,
            description=found.course.summary[:155],
            canonical=address,
            json_ld=ld if is_published else (),
            robots="" if is_published else "noindex",
            cache=cache_of(request),
        )

    async def join(request: Request) -> Response:
        principal().person()
        joined, _ = await storefront.join(request.path_params["slug"])
        return see_other(
            request, f"/learn/{joined.slug}", Flash("You have joined. Enjoy the course.", "good")
        )

    return [
        Route("/courses/{slug}", for_strangers(cache, course)),
        Route("/courses/{slug}/enrolment", join, methods=["POST"]),
    ]


def _course(found: CoursePage) -> CourseView:
    course = found.course
    inside = f"/learn/{course.slug}"
    standing = course.standing
    return CourseView(
        course=course,
        teacher=found.teacher,
        parts=shapes.parts_of(course.sections, inside, public=standing.enrolment_state != "active"),
        lessons=course.lesson_count,
        length=shapes.length_of(course.duration_s) if course.duration_s else "",
        language=content.LANGUAGES.get(course.language, course.language),
        level=content.LEVELS.get(course.level, ""),
        preview=f"{inside}/{course.preview_lesson_id}" if course.preview_lesson_id else "",
        carry_on=f"{inside}/{standing.next_lesson_id}" if standing.next_lesson_id else inside,
    )
