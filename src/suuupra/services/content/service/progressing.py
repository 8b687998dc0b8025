"""`Progress`: lessons opened, marked and watched, acts of devices, and where somebody stands."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.problems import Forbidden
from suuupra.kernel.work import Unit
from suuupra.services.content.api import (
    Acknowledged,
    ApplyProgress,
    CourseProgress,
    EnrolmentEnded,
    LessonNotFound,
    LessonProgress,
    MarkLesson,
    NotEnrolled,
    OpenLesson,
    ProgressOf,
    ProgressQuery,
    Verdicts,
)
from suuupra.services.content.rules import outline, watched
from suuupra.services.content.rules.watched import Mark
from suuupra.services.content.service import standing
from suuupra.services.content.service.acts import Acts
from suuupra.services.content.service.book import Book
from suuupra.services.content.service.desk import Desk, PruneOperations
from suuupra.services.content.service.reading import Sight, sight
from suuupra.services.content.service.standing import ADMINISTER
from suuupra.services.content.service.watching import parsed_ref
from suuupra.services.content.store import courses, enrolments
from suuupra.services.content.store import progress as rows
from suuupra.services.content.store.rows import Course, Enrolment
from suuupra.services.vod import api as vod

HERE = "page"
BATCH = 5_000


class Progressing:
    """The port."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def open_lesson(self, command: OpenLesson) -> LessonProgress:
        """Begins the clock of an article, and says where to carry on next time."""
        seen = await self._must_be_open(command.lesson_id, course_id=command.course_id, slug=command.slug)
        async with self._desk.work.begin() as unit:
            book, place = await self._book(unit, seen.course.id, command.lesson_id)
            book.line(place, command.lesson_id)
            await book.close()
            return standing_in(book, place, command.lesson_id)

    async def mark(self, command: MarkLesson) -> LessonProgress:
        """Done by hand, where the author allows it; an article read to its end is done by rule."""
        seen = await self._must_be_open(command.lesson_id, course_id=command.course_id)
        async with self._desk.work.begin() as unit:
            if known := await unit.once(command, LessonProgress):
                return known
            book, place = await self._book(unit, command.course_id, command.lesson_id)
            line = book.line(place, command.lesson_id)
            line.mark = watched.latest(line.mark, Mark(unit.now, HERE, int(command.is_done)))
            facts = book.facts[command.lesson_id]
            if not command.is_done:
                book.reopen(line)
            elif facts.kind == "article" and watched.is_read(facts.words, line.opened_at, unit.now):
                book.finish(line, "rule")
            elif seen.root.may_mark_done:
                book.finish(line, "manual")
            else:
                raise Forbidden("The teacher lets this lesson be done by watching or reading it alone.")
            await book.close()
            return unit.answer(standing_in(book, place, command.lesson_id))

    async def _must_be_open(self, lesson_id: UUID, *, course_id: UUID | None = None, slug: str = "") -> Sight:
        """`NotEnrolled`, `EnrolmentEnded`, `Locked`; else the course with its learner."""
        seen = await sight(self._desk, principal(), course_id=course_id, slug=slug)
        pair = seen.skeleton.find(lesson_id)
        if pair is None:
            raise LessonNotFound
        verdict = outline.may_open(pair[1], seen.viewer)
        if not verdict.allowed:
            raise standing.refuse(seen.asker, verdict, seen.viewer)
        return seen

    async def _book(self, unit: Unit, course_id: UUID, lesson_id: UUID) -> tuple[Book, Enrolment]:
        learner = principal().person()
        place = await enrolments.of_learner(unit.session, course_id, learner, lock=True)
        if place is None:
            raise NotEnrolled
        if place.state != "active":
            raise EnrolmentEnded(state=place.state, reason=place.reason)
        book = await Book.opened(unit, [place], [(place.id, lesson_id)])
        if lesson_id not in book.facts:
            raise LessonNotFound
        return book, place

    async def apply(self, command: ApplyProgress) -> Verdicts:
        """Each act is judged alone; all that were judged are kept, so a repeat is known."""
        learner = principal().person()
        async with self._desk.work.begin() as unit:
            acts = await Acts.opened(unit, learner, command.operations)
            items = tuple(acts.judge(operation) for operation in acts.in_order())
            await acts.close()
            devices = {operation.device_id for operation in command.operations}
            reached = await rows.contiguous(unit.session, learner, devices)
        by_mark = {(item.device_id, item.seq): item for item in reversed(items)}
        return Verdicts(
            items=tuple(by_mark[operation.device_id, operation.seq] for operation in command.operations),
            acknowledged=tuple(
                Acknowledged(device_id=device, seq=reached.get(device, 0)) for device in sorted(devices)
            ),
        )

    async def of(self, query: ProgressQuery) -> ProgressOf:
        who = principal()
        learner = query.learner_id or who.person()
        async with self._desk.work.read() as session:
            found = await courses.by_ids(session, query.course_ids)
            places = {
                course_id: place
                for course_id in query.course_ids
                if course_id in found
                and _may_look(who, learner, found[course_id])
                and (place := await enrolments.of_learner(session, course_id, learner))
            }
            stood = await rows.of_enrolments(session, [place.id for place in places.values()])
        return ProgressOf(
            items=tuple(
                course_progress(place, found[course_id], stood.get(place.id, []))
                for course_id, place in places.items()
            )
        )

    async def prune(self, _job: PruneOperations) -> None:
        """A batch a unit, until nothing old is left."""
        kept = timedelta(days=self._desk.settings.operations_kept_days)
        while True:
            async with self._desk.work.begin() as unit:
                gone = await rows.prune(unit.session, unit.now - kept, BATCH)
                if gone < BATCH:
                    unit.finish()
                    return


async def take_beat(unit: Unit, event: vod.PlaybackProgressed) -> None:
    """What vod's clock has credited of a lesson: watched time and position. Previews leave no trace."""
    reference = parsed_ref(event.context_ref)
    if reference is None or event.subject is None:
        return
    course_id, lesson_id = reference
    place = await enrolments.of_learner(unit.session, course_id, event.subject, lock=True)
    if place is None or place.state != "active":
        return
    book = await Book.opened(unit, [place], [(place.id, lesson_id)])
    if lesson_id not in book.facts:
        return
    line = book.line(place, lesson_id)
    book.watch(line, watched.union(event.intervals))
    book.move(line, Mark(unit.now, "vod", event.position_ms))
    await book.close()


def standing_in(book: Book, place: Enrolment, lesson_id: UUID) -> LessonProgress:
    """One lesson, and the course around it."""
    line = book.lines[place.id, lesson_id]
    return LessonProgress(
        lesson_id=lesson_id,
        is_done=line.done_at is not None,
        position_ms=line.position.value if line.position else 0,
        watched_permille=watched.share_permille(line.watched, book.facts[lesson_id].duration_ms),
        course_permille=1000 if place.completed_at else place.progress_permille,
        course_completed_at=place.completed_at,
    )


def course_progress(place: Enrolment, course: Course, stood: Sequence[rows.Stood]) -> CourseProgress:
    """One place, for lists."""
    total_ms = sum(one.duration_ms for one in stood)
    seen_ms = sum(watched.covered_ms(watched.within(one.watched, one.duration_ms)) for one in stood)
    last = next((one for one in stood if one.node_id == place.last_node_id), None)
    facts: dict[str, Any] = {"watched_permille": min(1000, seen_ms * 1000 // total_ms)} if total_ms else {}
    return CourseProgress(
        course_id=place.course_id,
        enrolment_id=place.id,
        progress_permille=1000 if place.completed_at else place.progress_permille,
        lessons_done=min(sum(one.done_at is not None for one in stood), course.lesson_count),
        lessons_total=course.lesson_count,
        last_lesson_id=place.last_node_id,
        position_ms=last.position_ms if last else 0,
        used_at=place.used_at,
        completed_at=place.completed_at,
        **facts,
    )


def _may_look(who: Principal, learner: UUID, course: Course) -> bool:
    """At one's own, at learners of one's own course, and for staff and services at anybody's."""
    return who.subject in {learner, course.owner_id} or who.kind == "service" or who.may(ADMINISTER)
