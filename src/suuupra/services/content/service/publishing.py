"""Going live: gates over a frozen revision, then one pointer swap with everything that follows from it."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from suuupra.kernel.faults import Faults
from suuupra.kernel.session import Session
from suuupra.kernel.work import Unit
from suuupra.services.content.api import Admission, CoursePublished, CourseStateForbids, Gate, GateUnmet
from suuupra.services.content.rules import gates
from suuupra.services.content.rules.blocks import Root
from suuupra.services.content.rules.outline import Skeleton
from suuupra.services.content.service.desk import recount
from suuupra.services.content.service.drafting import copy_root
from suuupra.services.content.store import courses, revisions
from suuupra.services.content.store.rows import Course, Revision


@dataclass(frozen=True)
class Judged:
    """A revision as the gates saw it."""

    root: Root
    skeleton: Skeleton
    gates: tuple[Gate, ...]

    @property
    def unmet(self) -> tuple[Gate, ...]:
        return gates.unmet(self.gates)


async def judged(session: Session, revision_id: UUID) -> Judged:
    """The checklist of a revision: four queries."""
    root = await revisions.root_of(session, revision_id)
    skeleton = await revisions.skeleton(session, revision_id)
    slugs = frozenset(node.slug for node in await courses.category_nodes(session))
    texts = await revisions.texts(session, revision_id)
    return Judged(root, skeleton, gates.gates(gates.Draft(root, skeleton, slugs, texts)))


def must_pass(found: Judged) -> Judged:
    """`GateUnmet` with every gate that stops it."""
    if found.unmet:
        raise GateUnmet(
            " ".join(gate.text for gate in found.unmet),
            gates=[{"name": gate.name, "text": gate.text} for gate in found.unmet],
        )
    return found


async def publish(
    unit: Unit, course: Course, revision: Revision, admission: Admission, faults: Faults
) -> None:
    """Swap the live pointer to a frozen revision of a held course.

    Readers join by revision id and caches are keyed by it, so whoever reads the old one finishes on it.
    """
    found = must_pass(await judged(unit.session, revision.id))
    expected, is_first = course.live_revision_id, course.published_at is None
    if not await courses.point_live(unit.session, course, revision.id, expected):
        raise CourseStateForbids("Another edition went live at this moment.", state=course.state)
    await faults.at("content.publish.swapped")
    course.live_revision_id = revision.id
    course.state, course.state_reason, course.admission = "published", "", admission
    copy_root(course, found.root)
    bones = found.skeleton.lessons()
    course.lesson_count, course.duration_s = len(bones), sum(bone.duration_s for bone in bones)
    course.published_at = course.published_at or unit.now
    course.live_at = course.changed_at = unit.now
    await unit.session.flush()
    await courses.set_words(unit.session, course.id, found.root)
    await announce(unit, course, revision.id, is_first=is_first)
    recount(unit, course.id, with_progress=not is_first)
    await faults.at("content.publish.before_commit")


async def announce(unit: Unit, course: Course, revision_id: UUID, *, is_first: bool) -> None:
    """Tell the house that the course is in the catalogue with this revision."""
    unit.publish(
        CoursePublished(
            course_id=course.id,
            revision_id=revision_id,
            revision_number=(await revisions.numbers(unit.session, [revision_id]))[revision_id],
            owner_id=course.owner_id,
            slug=course.slug,
            admission=cast("Admission", course.admission),
            is_first=is_first,
            published_at=unit.now,
        )
    )
