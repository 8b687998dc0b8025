"""What tests of content do over and over: write a course, have it approved, join it."""

import itertools
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from suuupra.kernel.auth import ANONYMOUS, Principal, service_principal
from suuupra.kernel.call import Call
from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.ids import TimeIds
from suuupra.services.content.api import (
    Admission,
    ApprovalCase,
    DecideCase,
    Enrolment,
    GrantEnrolment,
    JoinCourse,
    SubmitCourse,
)
from suuupra.services.content.service import drafting, media
from suuupra.services.content.service.authoring import AddLesson, ChangeDetails, CreateCourse
from suuupra.services.content.service.content import Content
from suuupra.services.vod import api as vod
from tests.house import StandingHouse

IDS = TimeIds()
NUMBERS = itertools.count(1)


def somebody(*permissions: str, roles: tuple[str, ...] = ("student",)) -> Principal:
    """A verified person of their own."""
    return Principal(
        subject=IDS.new(),
        kind="person",
        roles=frozenset(roles),
        permissions=frozenset(permissions),
        strength=1,
        is_verified=True,
    )


def teacher() -> Principal:
    return somebody("content.course.author", roles=("student", "teacher"))


@dataclass(frozen=True)
class Written:
    """A course that somebody wrote, with its first section and lessons."""

    id: UUID
    slug: str
    section_id: UUID
    lessons: tuple[UUID, ...]
    author: Principal


@dataclass
class Classroom:
    """The house and its people."""

    house: StandingHouse
    teacher: Principal = field(default_factory=teacher)
    reviewer: Principal = field(
        default_factory=lambda: somebody("content.course.approve", roles=("moderator",))
    )
    learner: Principal = field(default_factory=somebody)
    other: Principal = field(default_factory=somebody)
    nobody: Principal = ANONYMOUS
    house_itself: Principal = field(default_factory=lambda: service_principal("commerce"))

    @property
    def content(self) -> Content:
        found: Content = self.house.service("content")
        return found

    @property
    def work(self) -> Any:
        return self.content.desk.work

    @property
    def clock(self) -> FrozenClock:
        """Of a house of one's own."""
        found = self.content.desk.clock
        assert isinstance(found, FrozenClock)
        return found

    def as_(self, who: Principal, key: str | None = None) -> AbstractContextManager[Call]:
        return self.house.as_(who, key)

    async def write(self, *texts: str, author: Principal | None = None, **details: Any) -> Written:
        """A draft that meets the gates, with an article a text."""
        author = author or self.teacher
        with self.as_(author):
            title = details.pop("title", f"Calculus by hand {next(NUMBERS)}")
            made = await self.content.authoring.create(CreateCourse(title=title, category="calculus"))
            words = {"summary": "Slopes and areas, drawn slowly.", **details}
            await self.content.authoring.change_details(ChangeDetails(course_id=made.id, **words))
            draft = await self.content.editing.draft(made.id)
            section = draft.sections[0].id
            lessons = [await self.add_lesson(made.id, section, text, author) for text in texts or ("Hello.",)]
        return Written(made.id, made.slug, section, tuple(lessons), author)

    async def add_lesson(
        self, course_id: UUID, section_id: UUID, text: str, author: Principal, **more: Any
    ) -> UUID:
        """An article, or with `kind="video"` a lesson without a file."""
        with self.as_(author):
            title = more.pop("title", f"Lesson {next(NUMBERS)}")
            command = AddLesson(
                course_id=course_id, section_id=section_id, title=title, markdown=text, **more
            )
            return (await self.content.authoring.add_lesson(command)).id

    async def submit(self, course: Written, admission: Admission = "open", **more: Any) -> ApprovalCase:
        with self.as_(course.author):
            command = SubmitCourse(course_id=course.id, admission=admission, **more)
            return await self.content.approvals.submit(command)

    async def approve(self, case: ApprovalCase) -> ApprovalCase:
        with self.as_(self.reviewer):
            return await self.content.approvals.decide(DecideCase(case_id=case.id, decision="approve"))

    async def publish(self, *texts: str, admission: Admission = "open", **more: Any) -> Written:
        """Written, submitted and approved."""
        course = await self.write(*texts, **more)
        await self.approve(await self.submit(course, admission))
        return course

    async def join(self, course: Written, who: Principal | None = None) -> Enrolment:
        with self.as_(who or self.learner):
            return await self.content.enrolments.join(JoinCourse(course_id=course.id))

    async def house_itself_grants(self, course: Written) -> Enrolment:
        """A place for the learner, as the order saga gives it."""
        assert self.learner.subject is not None
        command = GrantEnrolment(
            course_id=course.id, learner_id=self.learner.subject, source="order", source_ref=str(course.id)
        )
        with self.as_(self.house_itself):
            return await self.content.enrolments.grant(command)

    async def film(self, course: Written, lesson_id: UUID, duration_ms: int = 60_000) -> UUID:
        """A ready video for a video lesson, as vod's events would leave it."""
        media_id = IDS.new()
        with self.as_(course.author):
            async with self.work.begin() as unit:
                draft = await drafting.opened(unit, course.author, course.id)
                await media.wait_for(draft, lesson_id, media_id, None)
            async with self.work.begin() as unit:
                ready = vod.AssetReady(asset_id=media_id, revision=1, duration_ms=duration_ms)
                await media.mark_ready(unit, ready)
        return media_id

    async def events(self, name: str) -> list[dict[str, Any]]:
        """Payloads of what was published under this wire name, in order."""
        pool = self.house.premises.database.pool
        async with pool.transaction("BEGIN READ ONLY") as transaction:
            rows = await transaction.driver.fetch(
                "select event_id, payload from kernel.outbox where type = $1 union all "
                "select event_id, payload from kernel.event where type = $1 order by event_id",
                f"content.{name}.v1",
            )
        return [dict(row["payload"]) for row in rows]
