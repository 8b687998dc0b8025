"""The outline: sections and lessons of a revision, and how one viewer stands to each.

A `Skeleton` is the same for everybody and is cached by its revision; `drawn` adds the viewer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from suuupra.kernel.messages import Message
from suuupra.services.content.api import (
    LessonKind,
    LessonState,
    MediaState,
    OutlineLesson,
    OutlineSection,
)
from suuupra.services.content.rules.access import ENROLLED, Facts, Verdict, decide, reasons
from suuupra.services.content.rules.watched import permille_of


class Bone(Message):
    """A lesson as everybody has it. `block` is the hex address of its block; no `rule`: the usual one."""

    id: UUID
    title: str
    kind: LessonKind
    block: str
    is_free_preview: bool = False
    rule: Mapping[str, Any] | None = None
    words: int = 0
    media_id: UUID | None = None
    media_state: MediaState = "none"
    media_reason: str = ""
    duration_ms: int = 0

    @property
    def duration_s(self) -> int:
        return round(self.duration_ms / 1000)


class Limb(Message):
    """A section as everybody has it."""

    id: UUID
    title: str
    lessons: tuple[Bone, ...] = ()


class Skeleton(Message):
    """A revision without a viewer."""

    revision_id: UUID
    sections: tuple[Limb, ...] = ()

    def lessons(self) -> tuple[Bone, ...]:
        """All lessons in order."""
        return tuple(bone for limb in self.sections for bone in limb.lessons)

    def find(self, lesson_id: UUID) -> tuple[Limb, Bone] | None:
        """A lesson and its section."""
        return next(
            ((limb, bone) for limb in self.sections for bone in limb.lessons if bone.id == lesson_id), None
        )

    def neighbours(self, lesson_id: UUID) -> tuple[UUID | None, UUID | None]:
        """The lessons before and after."""
        ids = [bone.id for bone in self.lessons()]
        at = ids.index(lesson_id)
        return (ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None)

    def titles(self) -> dict[str, str]:
        """For the sentences of locked lessons."""
        return {str(bone.id): bone.title for bone in self.lessons()}


@dataclass(frozen=True)
class Viewer:
    """One person in one course; `sees_all` for its author, reviewers and staff."""

    facts: Facts
    sees_all: bool = False
    done: frozenset[UUID] = frozenset()
    watched: Mapping[UUID, int] = field(default_factory=dict)
    last: UUID | None = None


def may_open(bone: Bone, viewer: Viewer) -> Verdict:
    """Free previews are for everybody, the rest by its rule."""
    if viewer.sees_all or bone.is_free_preview:
        return Verdict(allowed=True)
    return decide(bone.rule or ENROLLED, viewer.facts)


def current(skeleton: Skeleton, viewer: Viewer) -> UUID | None:
    """Where to go on: the lesson used last, else the first after it that is open and not done."""
    bones = skeleton.lessons()
    start = next((index for index, bone in enumerate(bones) if bone.id == viewer.last), 0)
    for bone in (*bones[start:], *bones[:start]):
        if bone.id not in viewer.done and may_open(bone, viewer).allowed:
            return bone.id
    return None


def drawn(skeleton: Skeleton, viewer: Viewer) -> tuple[OutlineSection, ...]:
    """The sections with the viewer's states."""
    now = current(skeleton, viewer)
    return tuple(
        OutlineSection(
            id=limb.id,
            title=limb.title,
            lessons=tuple(_lesson(bone, viewer, is_now=bone.id == now) for bone in limb.lessons),
        )
        for limb in skeleton.sections
    )


def plain(skeleton: Skeleton) -> tuple[OutlineSection, ...]:
    """The sections for a course page: titles, lengths and free previews, no states."""
    return tuple(
        OutlineSection(id=limb.id, title=limb.title, lessons=tuple(_line(bone) for bone in limb.lessons))
        for limb in skeleton.sections
    )


def progress(skeleton: Skeleton, done: frozenset[UUID]) -> tuple[int, int, int]:
    """Lessons done, lessons in all, permille."""
    ids = [bone.id for bone in skeleton.lessons()]
    count = sum(one in done for one in ids)
    return count, len(ids), permille_of(count, len(ids))


def rule_sentence(bone: Bone, *, may_mark: bool) -> str:
    """When the lesson counts as done, said to the learner."""
    text = (
        "Done when you have watched nine tenths of it"
        if bone.kind == "video"
        else "Done when you have read to its end"
    )
    return text + (", or when you mark it." if may_mark else ".")


def _lesson(bone: Bone, viewer: Viewer, *, is_now: bool) -> OutlineLesson:
    verdict = may_open(bone, viewer)
    state: LessonState = "now" if is_now else "next"
    if bone.id in viewer.done:
        state = "done"
    elif not verdict.allowed:
        state = "locked"
    why = " ".join(reason.text for reason in reasons(verdict, viewer.facts)) if state == "locked" else ""
    return _line(bone).model_copy(
        update={
            "state": state,
            "why_locked": why,
            "opens_at": verdict.opens_at if state == "locked" else None,
            "watched_permille": viewer.watched.get(bone.id, 0),
        }
    )


def _line(bone: Bone) -> OutlineLesson:
    return OutlineLesson(
        id=bone.id,
        title=bone.title,
        kind=bone.kind,
        duration_s=bone.duration_s if bone.kind == "video" else 0,
        is_free_preview=bone.is_free_preview,
        media_state=bone.media_state,
    )
