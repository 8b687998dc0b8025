"""The progress of some places while a unit works on it: read once, changed in memory, written once.

Whoever makes a book holds the rows of its enrolments, so nobody else changes the same lines meanwhile.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from suuupra.kernel.work import Unit
from suuupra.services.content.api import CourseCompleted, LessonCompleted, LessonOpened
from suuupra.services.content.rules import watched
from suuupra.services.content.rules.watched import Mark, Multirange
from suuupra.services.content.store import courses, revisions
from suuupra.services.content.store import progress as rows
from suuupra.services.content.store.progress import Key
from suuupra.services.content.store.revisions import LessonFacts
from suuupra.services.content.store.rows import Enrolment, Progress, pairs


@dataclass
class Line:
    """One lesson of one place."""

    enrolment_id: UUID
    node_id: UUID
    opened_at: datetime
    watched: Multirange = ()
    uncredited: Multirange = ()
    position: Mark | None = None
    mark: Mark | None = None
    done_at: datetime | None = None
    done_by: str = ""

    @classmethod
    def of(cls, row: Progress) -> "Line":
        return cls(
            row.enrolment_id,
            row.node_id,
            row.opened_at,
            pairs(row.watched),
            pairs(row.uncredited),
            Mark(row.position_at, row.position_device, row.position_ms) if row.position_at else None,
            Mark(row.marked_at, row.marked_device, 1 if row.done_at else 0) if row.marked_at else None,
            row.done_at,
            row.done_by,
        )

    def as_row(self) -> dict[str, Any]:
        return {
            "enrolment_id": self.enrolment_id,
            "node_id": self.node_id,
            "opened_at": self.opened_at,
            "watched": self.watched,
            "uncredited": self.uncredited,
            "position_ms": self.position.value if self.position else 0,
            "position_at": self.position.at if self.position else None,
            "position_device": self.position.device if self.position else "",
            "marked_at": self.mark.at if self.mark else None,
            "marked_device": self.mark.device if self.mark else "",
            "done_at": self.done_at,
            "done_by": self.done_by,
        }


@dataclass
class Book:
    """Lines by place and lesson, what is known of the lessons, and which lines changed."""

    unit: Unit
    places: dict[UUID, Enrolment]
    facts: dict[UUID, LessonFacts]
    lines: dict[Key, Line] = field(default_factory=dict)
    changed: set[Key] = field(default_factory=set)
    judged: set[UUID] = field(default_factory=set)

    @classmethod
    async def opened(cls, unit: Unit, places: Iterable[Enrolment], keys: Collection[Key]) -> "Book":
        """Two queries, whatever the number of lessons."""
        held = {place.id: place for place in places}
        facts = await revisions.lesson_facts(unit.session, {node for _, node in keys})
        found = await rows.rows(unit.session, keys)
        return cls(unit, held, facts, {key: Line.of(row) for key, row in found.items()})

    def line(self, place: Enrolment, node_id: UUID) -> Line:
        """The line, begun where the lesson is opened for the first time."""
        key = (place.id, node_id)
        if key not in self.lines:
            self.lines[key] = Line(place.id, node_id, self.unit.now)
            self.changed.add(key)
            self.unit.publish(
                LessonOpened(
                    course_id=place.course_id,
                    enrolment_id=place.id,
                    learner_id=place.learner_id,
                    lesson_id=node_id,
                )
            )
        place.used_at, place.last_node_id = self.unit.now, node_id
        return self.lines[key]

    def touch(self, line: Line) -> None:
        self.changed.add((line.enrolment_id, line.node_id))

    def watch(self, line: Line, intervals: Multirange) -> None:
        """Add what was watched; nine tenths make it done."""
        duration_ms = self.facts[line.node_id].duration_ms
        line.watched = watched.union(line.watched, watched.within(intervals, duration_ms))
        self.touch(line)
        if watched.is_watched(line.watched, duration_ms):
            self.finish(line, "rule")

    def move(self, line: Line, mark: Mark) -> None:
        """The last writer says where to carry on."""
        line.position = watched.latest(line.position, mark)
        self.touch(line)

    def finish(self, line: Line, by: str) -> None:
        """Done, with the time of the first time."""
        if line.done_at is not None:
            return
        place = self.places[line.enrolment_id]
        line.done_at, line.done_by = self.unit.now, by
        self.touch(line)
        self.judged.add(place.id)
        self.unit.publish(
            LessonCompleted(
                course_id=place.course_id,
                enrolment_id=place.id,
                learner_id=place.learner_id,
                lesson_id=line.node_id,
                completed_at=self.unit.now,
            )
        )

    def reopen(self, line: Line) -> None:
        """Not done after all; a course that was completed stays so."""
        line.done_at, line.done_by = None, ""
        self.touch(line)
        self.judged.add(line.enrolment_id)

    async def close(self) -> None:
        """Write the lines, then judge the courses of those with a lesson more or less."""
        await rows.save(self.unit.session, [self.lines[key].as_row() for key in sorted(self.changed)])
        for place_id in sorted(self.judged):
            await judge(self.unit, self.places[place_id])


async def judge(unit: Unit, place: Enrolment) -> None:
    """Progress in the live revision; completed once, with the revision it was completed in."""
    course = (await courses.by_ids(unit.session, [place.course_id]))[place.course_id]
    if course.live_revision_id is None:
        return
    wanted = await revisions.lesson_ids(unit.session, course.live_revision_id)
    done = await rows.done_nodes(unit.session, place.id)
    count = len(wanted & done)
    if place.completed_at is not None:
        return
    place.progress_permille = watched.permille_of(count, len(wanted))
    if wanted and count == len(wanted):
        place.completed_at, place.completed_revision_id = unit.now, course.live_revision_id
        unit.publish(
            CourseCompleted(
                course_id=place.course_id,
                enrolment_id=place.id,
                learner_id=place.learner_id,
                revision_id=course.live_revision_id,
                completed_at=unit.now,
            )
        )
