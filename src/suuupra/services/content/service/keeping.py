"""What may be done to a course as a whole: admission, withdrawal and return, archive, deletion, its cover."""

import asyncio
import hashlib
from typing import cast
from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Nothing
from suuupra.kernel.problems import NotFound
from suuupra.kernel.stores import StoredObject
from suuupra.kernel.work import Unit
from suuupra.services.content.api import (
    ArchiveCourse,
    Card,
    CourseNotFound,
    CourseState,
    CourseStateForbids,
    CourseWithdrawn,
    DeleteCourse,
    ReopenCourse,
    SetAdmission,
    WithdrawCourse,
)
from suuupra.services.content.rules import blocks, pictures, states
from suuupra.services.content.service import cached, drafting, publishing, shapes, standing
from suuupra.services.content.service.desk import Desk
from suuupra.services.content.service.standing import Asker
from suuupra.services.content.store import approvals, courses, enrolments
from suuupra.services.content.store.courses import Stand
from suuupra.services.content.store.rows import Course

COVERS = "content/covers"


class Keeping:
    """The changing half of `Courses`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def set_admission(self, command: SetAdmission) -> Card:
        async with self._desk.work.begin() as unit:
            course = await held(unit, command.course_id)
            if course.admission != command.admission:
                before, course.admission = course.admission, command.admission
                unit.publish(
                    audited(
                        "content.course.admission_changed",
                        f"course:{course.id}",
                        before={"admission": before},
                        after={"admission": command.admission},
                    )
                )
        return await self._card(course)

    async def withdraw(self, command: WithdrawCourse) -> Card:
        async with self._desk.work.begin() as unit:
            course = await held(unit, command.course_id)
            step(course, "withdrawn", command.reason.strip(), unit)
            unit.publish(CourseWithdrawn(course_id=course.id, owner_id=course.owner_id, slug=course.slug))
        return await self._card(course)

    async def reopen(self, command: ReopenCourse) -> Card:
        async with self._desk.work.begin() as unit:
            course = await held(unit, command.course_id)
            if course.state != "withdrawn" or course.live_revision_id is None:
                raise CourseStateForbids("Only a withdrawn course can be offered again.", state=course.state)
            step(course, "published", "", unit)
            await publishing.announce(unit, course, course.live_revision_id, is_first=False)
        return await self._card(course)

    async def archive(self, command: ArchiveCourse) -> Card:
        async with self._desk.work.begin() as unit:
            course = await held(unit, command.course_id)
            was_live = course.live_revision_id is not None
            step(course, "archived", command.reason.strip(), unit)
            await approvals.supersede(unit.session, course.id)
            if was_live:
                unit.publish(
                    CourseWithdrawn(
                        course_id=course.id, owner_id=course.owner_id, slug=course.slug, is_archived=True
                    )
                )
        return await self._card(course)

    async def delete(self, command: DeleteCourse) -> Nothing:
        async with self._desk.work.begin() as unit:
            course = await held(unit, command.course_id)
            inside = await enrolments.count_any(unit.session, course.id)
            state = cast("CourseState", course.state)
            if course.live_revision_id is not None or not states.may_delete(state, inside):
                raise CourseStateForbids(
                    "Only a draft that nobody is in can be deleted. Archive it.", state=course.state
                )
            unit.publish(
                audited("content.course.deleted", f"course:{course.id}", before={"state": course.state})
            )
            await unit.session.delete(course)
        return Nothing()

    async def put_cover(self, course_id: UUID, body: bytes) -> str:
        """The picture, made anew, as the draft's cover; its public address."""
        async with self._desk.work.read() as session:
            standing.must_edit(await standing.asker(session, principal(), course_id=course_id))
        cover = await asyncio.to_thread(pictures.encoded, body)
        key = f"{COVERS}/{hashlib.sha256(cover).hexdigest()[:40]}.jpg"
        await self._desk.objects.put(key, cover, "image/jpeg")
        await self._set_cover(course_id, key)
        return shapes.cover_url(key) or ""

    async def drop_cover(self, course_id: UUID) -> None:
        """Back to the drawn one. The file stays: a frozen revision may show it."""
        await self._set_cover(course_id, "")

    async def _set_cover(self, course_id: UUID, key: str) -> None:
        async with self._desk.work.begin() as unit:
            draft = await drafting.opened(unit, principal(), course_id)
            draft.root = blocks.changed(draft.root, {"cover_key": key})
            draft.revision.root_hash = await drafting.keep(draft, draft.root)
            await drafting.touched(draft)

    async def cover(self, name: str) -> tuple[StoredObject, bytes]:
        """The stored picture behind a public address."""
        key = f"{COVERS}/{name}"
        found = await self._desk.objects.head(key)
        if found is None:
            raise NotFound
        return found, b"".join([part async for part in self._desk.objects.get(key)])

    async def _card(self, course: Course) -> Card:
        return shapes.card_of(course, await cached.category_titles(self._desk))


async def held(unit: Unit, course_id: UUID) -> Course:
    """The course for its author or an administrator, held; `CourseNotFound` for everybody else."""
    course = await courses.locked(unit.session, course_id)
    if course is None:
        raise CourseNotFound
    standing.must_keep(Asker(principal(), Stand(course)))
    return course


def step(course: Course, to: CourseState, reason: str, unit: Unit) -> None:
    """From one state to the next, audited; `CourseStateForbids`."""
    before = cast("CourseState", course.state)
    if not states.may_step(before, to):
        raise CourseStateForbids(
            f"A course that is {before.replace('_', ' ')} cannot become {to}.", state=before
        )
    course.state, course.state_reason, course.changed_at = to, reason, unit.now
    unit.publish(
        audited(
            f"content.course.{to}",
            f"course:{course.id}",
            before={"state": before},
            after={"state": to},
            reason=reason,
        )
    )
