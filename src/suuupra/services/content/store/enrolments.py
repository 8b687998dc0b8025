"""Enrolments, their grants, and invitations."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from suuupra.kernel.session import Session
from suuupra.services.content.rules.states import ENDED
from suuupra.services.content.tables import Course, Enrolment, EnrolmentGrant, Invitation, Progress


async def hold_place(session: Session, row: dict[str, Any]) -> Enrolment:
    """The one enrolment of this learner in this course, made if there is none, and held."""
    await session.execute(insert(Enrolment).values(row).on_conflict_do_nothing())
    statement = select(Enrolment).where(
        Enrolment.course_id == row["course_id"], Enrolment.learner_id == row["learner_id"]
    )
    return (await session.execute(statement.with_for_update())).scalar_one()


async def locked(session: Session, enrolment_id: UUID) -> Enrolment | None:
    return await session.get(Enrolment, enrolment_id, with_for_update=True)


async def row(session: Session, enrolment_id: UUID) -> Enrolment | None:
    return await session.get(Enrolment, enrolment_id)


async def held_after(session: Session, course_id: UUID, after: UUID | None, limit: int) -> list[Enrolment]:
    """Places of a course in order of key, held."""
    statement = select(Enrolment).where(Enrolment.course_id == course_id)
    if after is not None:
        statement = statement.where(Enrolment.id > after)
    return list(await session.scalars(statement.order_by(Enrolment.id).limit(limit).with_for_update()))


async def of_learner(
    session: Session, course_id: UUID, learner_id: UUID, *, lock: bool = False
) -> Enrolment | None:
    statement = select(Enrolment).where(Enrolment.course_id == course_id, Enrolment.learner_id == learner_id)
    return await session.scalar(statement.with_for_update() if lock else statement)


async def held_of_learner(
    session: Session, learner_id: UUID, course_ids: Iterable[UUID]
) -> dict[UUID, Enrolment]:
    """By course, held in order of key."""
    statement = (
        select(Enrolment)
        .where(Enrolment.learner_id == learner_id, Enrolment.course_id.in_(list(course_ids)))
        .order_by(Enrolment.id)
        .with_for_update()
    )
    return {row.course_id: row for row in await session.scalars(statement)}


async def grant_by_ref(session: Session, source: str, source_ref: str) -> EnrolmentGrant | None:
    return await session.scalar(
        select(EnrolmentGrant).where(EnrolmentGrant.source == source, EnrolmentGrant.source_ref == source_ref)
    )


async def add_grant(session: Session, row: dict[str, Any]) -> bool:
    """False where the reference is used already."""
    made = await session.execute(
        insert(EnrolmentGrant).values(row).on_conflict_do_nothing().returning(EnrolmentGrant.id)
    )
    return made.first() is not None


async def grants(session: Session, enrolment_id: UUID) -> list[EnrolmentGrant]:
    return list(
        await session.scalars(select(EnrolmentGrant).where(EnrolmentGrant.enrolment_id == enrolment_id))
    )


async def end_grants(session: Session, enrolment_id: UUID, now: datetime) -> None:
    await session.execute(
        update(EnrolmentGrant)
        .where(EnrolmentGrant.enrolment_id == enrolment_id, EnrolmentGrant.state == "active")
        .values(state="ended", ended_at=now)
        .execution_options(synchronize_session=False)
    )


def _in_state(state: str) -> ColumnElement[bool]:
    if state == "active":
        return Enrolment.state == "active"
    if state == "ended":
        return Enrolment.state.in_(sorted(ENDED))
    return true()


async def page_of_learner(
    session: Session, learner_id: UUID, state: str, after: Sequence[Any] | None, limit: int
) -> list[tuple[Enrolment, Course]]:
    """Last used first."""
    statement = (
        select(Enrolment, Course)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.learner_id == learner_id, _in_state(state))
    )
    if after is not None:
        place = tuple_(Enrolment.used_at, Enrolment.id)
        statement = statement.where(place < (datetime.fromisoformat(after[0]), UUID(after[1])))
    rows = await session.execute(
        statement.order_by(Enrolment.used_at.desc(), Enrolment.id.desc()).limit(limit)
    )
    return [(enrolment, course) for enrolment, course in rows]


async def page_of_course(
    session: Session, course_id: UUID, state: str, after: Sequence[Any] | None, limit: int
) -> list[Enrolment]:
    """Newest first."""
    statement = select(Enrolment).where(Enrolment.course_id == course_id, _in_state(state))
    if after is not None:
        place = tuple_(Enrolment.activated_at, Enrolment.id)
        statement = statement.where(place < (datetime.fromisoformat(after[0]), UUID(after[1])))
    ordered = statement.order_by(Enrolment.activated_at.desc(), Enrolment.id.desc())
    return list(await session.scalars(ordered.limit(limit)))


async def count_active(session: Session, course_id: UUID) -> int:
    found = await session.scalar(
        select(func.count()).where(Enrolment.course_id == course_id, Enrolment.state == "active")
    )
    return int(found or 0)


async def count_any(session: Session, course_id: UUID) -> int:
    return int(await session.scalar(select(func.count()).where(Enrolment.course_id == course_id)) or 0)


async def counts(session: Session, course_ids: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    """Active and completed, by course."""
    active = func.count().filter(Enrolment.state == "active")
    completed = func.count().filter(Enrolment.completed_at.is_not(None))
    rows = await session.execute(
        select(Enrolment.course_id, active, completed)
        .where(Enrolment.course_id.in_(list(course_ids)))
        .group_by(Enrolment.course_id)
    )
    return {course_id: (one, two) for course_id, one, two in rows}


async def lapsed(session: Session, now: datetime, limit: int) -> list[Enrolment]:
    """Active ones whose time is over, held; others' rows are passed over."""
    statement = (
        select(Enrolment)
        .where(Enrolment.ends_at <= now, Enrolment.state == "active")
        .order_by(Enrolment.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(await session.scalars(statement))


async def done_counts(session: Session, enrolment_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Lessons done, by enrolment."""
    rows = await session.execute(
        select(Progress.enrolment_id, func.count())
        .where(Progress.enrolment_id.in_(list(enrolment_ids)), Progress.done_at.is_not(None))
        .group_by(Progress.enrolment_id)
    )
    return {row[0]: row[1] for row in rows}


async def invite(session: Session, row: dict[str, Any]) -> Invitation | None:
    """The new invitation, or None where one to this address is open."""
    made = await session.execute(
        insert(Invitation).values(row).on_conflict_do_nothing().returning(Invitation.id)
    )
    found = made.scalar_one_or_none()
    return None if found is None else await session.get(Invitation, found)


async def open_invitation(session: Session, course_id: UUID, address_key: bytes) -> Invitation | None:
    return await session.scalar(
        select(Invitation).where(
            Invitation.course_id == course_id,
            Invitation.address_key == address_key,
            Invitation.state == "open",
        )
    )


async def by_token(session: Session, token_hash: bytes, *, lock: bool = False) -> Invitation | None:
    statement = select(Invitation).where(Invitation.token_hash == token_hash)
    return await session.scalar(statement.with_for_update() if lock else statement)


async def invitation(session: Session, invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
    return await session.get(Invitation, invitation_id, with_for_update=lock)


async def invitations(
    session: Session, course_id: UUID, state: str | None, after: Sequence[Any] | None, limit: int
) -> list[Invitation]:
    """Newest first."""
    statement = select(Invitation).where(Invitation.course_id == course_id)
    if state is not None:
        statement = statement.where(Invitation.state == state)
    if after is not None:
        place = tuple_(Invitation.invited_at, Invitation.id)
        statement = statement.where(place < (datetime.fromisoformat(after[0]), UUID(after[1])))
    ordered = statement.order_by(Invitation.invited_at.desc(), Invitation.id.desc())
    return list(await session.scalars(ordered.limit(limit)))


async def expire_invitations(session: Session, now: datetime) -> int:
    """Close what is late."""
    done = await session.execute(
        update(Invitation)
        .where(Invitation.state == "open", Invitation.expires_at <= now)
        .values(state="expired")
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())
