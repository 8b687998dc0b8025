"""What teachers see: their courses, and the frame of the editor."""

from uuid import UUID

from suuupra.kernel.pagination import Page
from suuupra.services.content.api import Course, Courses, GetCourse, OwnCourse, OwnCourses


class Teaching:
    """Asks content."""

    def __init__(self, courses: Courses) -> None:
        self._courses = courses

    async def desk(self, cursor: str | None) -> Page[OwnCourse]:
        """Own courses, newest change first."""
        return await self._courses.list_of_owner(OwnCourses(cursor=cursor, limit=30))

    async def course(self, course_id: UUID) -> Course:
        """An own course; somebody else's is `CourseNotFound`."""
        return await self._courses.get(GetCourse(course_id=course_id))
