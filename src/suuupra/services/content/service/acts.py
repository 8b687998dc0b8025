"""Acts of devices: judged one by one, in the order in which each device did them, and remembered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from suuupra.kernel.work import Unit
from suuupra.services.content.api import Operation, OperationVerdict
from suuupra.services.content.rules import watched
from suuupra.services.content.rules.access import Facts, decide
from suuupra.services.content.rules.watched import Mark
from suuupra.services.content.service.book import Book, Line
from suuupra.services.content.store import courses, enrolments
from suuupra.services.content.store import progress as rows
from suuupra.services.content.store.rows import Enrolment

Outcome = Literal["applied", "repeated", "uncredited", "refused"]
Seen = tuple[Outcome, str]


@dataclass
class Acts:
    """One request's acts of one learner."""

    unit: Unit
    learner: UUID
    operations: Sequence[Operation]
    book: Book
    places: dict[UUID, Enrolment]
    may_mark: dict[UUID, bool]
    known: frozenset[tuple[UUID, int]]
    allowance: dict[UUID, int]
    spent: dict[UUID, int]
    done: dict[UUID, frozenset[UUID]] = field(default_factory=dict)
    sources: dict[UUID, frozenset[str]] = field(default_factory=dict)
    kept: list[dict[str, Any]] = field(default_factory=list)
    judged: dict[tuple[UUID, int], OperationVerdict] = field(default_factory=dict)

    @classmethod
    async def opened(cls, unit: Unit, learner: UUID, operations: Sequence[Operation]) -> "Acts":
        """A handful of queries, whatever the number of acts."""
        session = unit.session
        places = await enrolments.held_of_learner(session, learner, {one.course_id for one in operations})
        keys = {(places[one.course_id].id, one.lesson_id) for one in operations if one.course_id in places}
        book = await Book.opened(unit, places.values(), keys)
        devices = {one.device_id for one in operations}
        heard = await rows.last_received(session, learner, devices)
        marks = [(one.device_id, one.seq) for one in operations]
        acts = cls(
            unit,
            learner,
            operations,
            book,
            places,
            await courses.may_mark(session, places),
            await rows.known_operations(session, learner, marks),
            {
                device: watched.allowance_ms((unit.now - heard.get(device, unit.now)).total_seconds())
                for device in devices
            },
            await rows.credited(session, [place.id for place in places.values()]),
        )
        if any(facts.rule is not None for facts in book.facts.values()):
            await acts._look_back()
        return acts

    async def _look_back(self) -> None:
        """What is done already, and how each place came about: only rules ask for it."""
        for place in self.places.values():
            self.done[place.id] = await rows.done_nodes(self.unit.session, place.id)
            grants = await enrolments.grants(self.unit.session, place.id)
            self.sources[place.id] = frozenset(one.source for one in grants if one.state == "active")

    def in_order(self) -> list[Operation]:
        """Each device's acts by their number."""
        return sorted(self.operations, key=lambda one: (one.device_id, one.seq))

    def judge(self, operation: Operation) -> OperationVerdict:
        """Apply it, or say why not."""
        mark = (operation.device_id, operation.seq)
        if mark in self.known or mark in self.judged:
            return OperationVerdict(device_id=mark[0], seq=mark[1], verdict="repeated")
        credited_before = self.spent.get(self._place_id(operation), 0)
        outcome, reason = self._outcome(operation)
        found = OperationVerdict(device_id=mark[0], seq=mark[1], verdict=outcome, reason=reason)
        self.judged[mark] = found
        self._keep(operation, found, self.spent.get(self._place_id(operation), 0) - credited_before)
        return found

    def _place_id(self, operation: Operation) -> UUID:
        place = self.places.get(operation.course_id)
        return place.id if place else operation.course_id

    def _outcome(self, operation: Operation) -> Seen:
        if refusal := self._refusal(operation):
            return "refused", refusal
        place = self.places[operation.course_id]
        line = self.book.line(place, operation.lesson_id)
        at = watched.clamped(operation.client_at, self.unit.now)
        device = str(operation.device_id)
        if operation.kind == "watched":
            return self._claim(operation, place, line)
        if operation.kind == "end_reached":
            return self._end(line, self.book.facts[operation.lesson_id].words)
        if operation.kind == "position":
            self.book.move(line, Mark(at, device, operation.position_ms))
            return "applied", ""
        return self._mark(operation, line, Mark(at, device, int(operation.kind == "done")))

    def _refusal(self, operation: Operation) -> str:
        place = self.places.get(operation.course_id)
        facts = self.book.facts.get(operation.lesson_id)
        if place is None or place.state != "active":
            return "You are not in this course."
        if facts is None or facts.course_id != operation.course_id:
            return "This lesson is not in the course."
        if facts.rule is None or facts.is_free_preview or decide(facts.rule, self._facts(place)).allowed:
            return ""
        return "This lesson is not open yet."

    def _facts(self, place: Enrolment) -> Facts:
        """What rules are judged by, with what this very request has done."""
        here = {line.node_id for line in self.book.lines.values() if line.done_at is not None}
        return Facts(
            now=self.unit.now,
            is_enrolled=True,
            sources=self.sources.get(place.id, frozenset()),
            started_at=place.activated_at,
            done=frozenset(map(str, here | self.done.get(place.id, frozenset()))),
        )

    def _claim(self, operation: Operation, place: Enrolment, line: Line) -> Seen:
        """New time within what the clock allows this device, and this place in all its days."""
        since = (self.unit.now - place.activated_at).total_seconds()
        spent = self.spent.get(place.id, 0)
        left = min(self.allowance[operation.device_id], watched.allowance_ms(since) - spent)
        credited, excess = watched.credit(operation.intervals, line.watched, left)
        new_ms = watched.covered_ms(credited)
        self.allowance[operation.device_id] -= new_ms
        self.spent[place.id] = spent + new_ms
        self.book.watch(line, credited)
        if excess:
            line.uncredited = watched.union(line.uncredited, excess)
            return (
                "uncredited",
                "More than the time that has passed; the rest is kept and counts for nothing.",
            )
        return "applied", ""

    def _end(self, line: Line, words: int) -> Seen:
        if not watched.is_read(words, line.opened_at, self.unit.now):
            return "uncredited", "The end came faster than anybody reads."
        self.book.finish(line, "rule")
        return "applied", ""

    def _mark(self, operation: Operation, line: Line, mark: Mark) -> Seen:
        if not self.may_mark.get(operation.course_id, False):
            return "refused", "The teacher does not allow marks by hand here."
        if watched.latest(line.mark, mark) is not mark:
            return "applied", ""
        line.mark = mark
        self.book.touch(line)
        if mark.value:
            self.book.finish(line, "manual")
        else:
            self.book.reopen(line)
        return "applied", ""

    def _keep(self, operation: Operation, found: OperationVerdict, credited_ms: int) -> None:
        place = self.places.get(operation.course_id)
        self.kept.append(
            {
                "learner_id": self.learner,
                "device_id": operation.device_id,
                "device_seq": operation.seq,
                "enrolment_id": place.id if place else None,
                "node_id": operation.lesson_id,
                "kind": operation.kind,
                "payload": operation.model_dump(mode="json", include={"intervals", "position_ms"}),
                "client_at": min(operation.client_at, self.unit.now + timedelta(days=3650)),
                "received_at": self.unit.now,
                "verdict": found.verdict,
                "reason": found.reason,
                "credited_ms": credited_ms,
            }
        )

    async def close(self) -> None:
        """Write all of it."""
        await self.book.close()
        await rows.add_operations(self.unit.session, self.kept)
