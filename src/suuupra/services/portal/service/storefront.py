"""What strangers see: home, catalogue, course page."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from suuupra.kernel.auth import Principal
from suuupra.kernel.messages import Query
from suuupra.kernel.pagination import Page
from suuupra.services.content.api import (
    Browse,
    Catalogue,
    Categories,
    Category,
    Course,
    Courses,
    Enrolment,
    Enrolments,
    GetCourse,
    JoinCourse,
    MyCourse,
    MyEnrolments,
    Shelf,
)
from suuupra.services.identity.api import Card as Face
from suuupra.services.portal.service.composing import Composer, Faces, quiet

HOME_COURSES = 12
RESUME_COURSES = 1


@dataclass(frozen=True)
class Home:
    """Everything on the home page."""

    shelf: Shelf
    categories: tuple[Category, ...]
    mine: tuple[MyCourse, ...]
    faces: Faces


@dataclass(frozen=True)
class Found:
    """A page of the catalogue."""

    shelf: Shelf
    categories: tuple[Category, ...]
    faces: Faces


@dataclass(frozen=True)
class CoursePage:
    """A course and its teacher."""

    course: Course
    teacher: Face | None


class Storefront:
    """Asks content and identity."""

    def __init__(
        self, catalogue: Catalogue, courses: Courses, enrolments: Enrolments, composer: Composer
    ) -> None:
        self._catalogue = catalogue
        self._courses = courses
        self._enrolments = enrolments
        self._composer = composer

    async def home(self, who: Principal) -> Home:
        """Shelf required; chips and the way back are optional."""
        shelf, categories, mine = await asyncio.gather(
            self._catalogue.browse(Browse(sort="popular", limit=HOME_COURSES)),
            self._categories(),
            self._mine(who),
        )
        faces = await self._composer.faces(card.owner_id for card in shelf.items)
        return Home(shelf, categories, mine.items, faces)

    async def _categories(self) -> tuple[Category, ...]:
        found = await quiet(self._catalogue.categories(Query()), Categories(), name="categories")
        return tuple(item for item in found.items if item.parent is None)

    async def _mine(self, who: Principal) -> Page[MyCourse]:
        if not who.is_person:
            return Page()
        wanted = MyEnrolments(limit=RESUME_COURSES)
        return await quiet(self._enrolments.list_mine(wanted), Page[MyCourse](), name="carry on")

    async def find(self, question: Mapping[str, str]) -> Found:
        """The catalogue; unknown facets are ignored and named in the answer."""
        shelf, categories = await asyncio.gather(
            self._catalogue.browse(Browse.model_validate(question)), self._categories()
        )
        return Found(shelf, categories, await self._composer.faces(card.owner_id for card in shelf.items))

    async def course(self, slug: str) -> CoursePage:
        """`CourseNotFound`, `CourseGone`."""
        course = await self._courses.get(GetCourse(slug=slug))
        faces = await self._composer.faces([course.owner_id])
        return CoursePage(course, faces.get(course.owner_id))

    async def join(self, slug: str) -> tuple[Course, Enrolment]:
        """Join an open course; `CourseNotOpen`."""
        course = await self._courses.get(GetCourse(slug=slug))
        return course, await self._enrolments.join(JoinCourse(course_id=course.id))
