"""Counts that the catalogue shows, the kernel's `Figures`, and what is made sure of at start."""

from datetime import timedelta
from importlib.resources import files

from suuupra.kernel.messages import Query
from suuupra.kernel.oversight import FigureName, FigureNames, Point, Series, SeriesQuery
from suuupra.kernel.problems import Invalid
from suuupra.services.content.rules import categories
from suuupra.services.content.service.book import judge
from suuupra.services.content.service.desk import Desk, RecountCourse, RegisterMessages
from suuupra.services.content.store import courses, enrolments, figures, revisions

NAMES = (
    FigureName(
        name="enrolments",
        title="Enrolments",
        unit="people",
        definition="Places that became active, by the day on which they did, in UTC.",
    ),
    FigureName(
        name="completions",
        title="Courses completed",
        unit="people",
        definition="Places whose every lesson was done, by the day of the last one, in UTC.",
    ),
    FigureName(
        name="courses_published",
        title="Courses published",
        unit="courses",
        definition="Courses by the day on which they first went into the catalogue, in UTC.",
    ),
)
BATCH = 200


class Counting:
    """Counts, and the categories and words that a site needs from its first minute."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def start(self) -> None:
        """Categories that are not there yet; our words are told by a job, which waits for notifications."""
        text = (files("suuupra.services.content") / "codes" / "categories.toml").read_text(encoding="utf-8")
        async with self._desk.work.begin() as unit:
            await courses.add_categories(unit.session, categories.parse(text))
            unit.enqueue(RegisterMessages(), unique="messages")

    async def recount(self, job: RecountCourse) -> None:
        """People, lessons and length from the rows themselves; after a new edition everybody's progress."""
        async with self._desk.work.begin() as unit:
            course = await courses.locked(unit.session, job.course_id)
            if course is not None:
                course.enrolled_count = await enrolments.count_active(unit.session, course.id)
                if course.live_revision_id is not None:
                    skeleton = await revisions.skeleton(unit.session, course.live_revision_id)
                    bones = skeleton.lessons()
                    course.lesson_count = len(bones)
                    course.duration_s = sum(bone.duration_s for bone in bones)
            if not job.with_progress:
                unit.finish()
                return
        await self._rejudge(job)

    async def _rejudge(self, job: RecountCourse) -> None:
        """A batch a unit, so that nobody who learns meanwhile waits long."""
        after = None
        while True:
            async with self._desk.work.begin() as unit:
                places = await enrolments.held_after(unit.session, job.course_id, after, BATCH)
                for place in places:
                    await judge(unit, place)
                if len(places) < BATCH:
                    unit.finish()
                    return
                after = places[-1].id

    async def names(self, _query: Query) -> FigureNames:
        return FigureNames(figures=NAMES)

    async def series(self, query: SeriesQuery) -> Series:
        if query.name not in {name.name for name in NAMES}:
            raise Invalid.at("/name", "There is no figure of this name.")
        today = self._desk.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        async with self._desk.work.read() as session:
            days = await figures.by_day(session, query.name, today - timedelta(days=query.days - 1))
            total = await figures.total(session, query.name)
        found = dict(days)
        every = [today - timedelta(days=back) for back in range(query.days - 1, -1, -1)]
        return Series(
            points=tuple(Point(at=day, value=found.get(day, 0)) for day in every),
            now=total,
        )
