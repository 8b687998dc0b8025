"""Invitations: mailed links that one press of a button spends, known here by their hash alone."""

import base64
import hmac
from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Nothing
from suuupra.kernel.pagination import Page
from suuupra.kernel.problems import TooMany
from suuupra.kernel.stores import Keys, Rate
from suuupra.kernel.work import Unit
from suuupra.services.content.api import (
    ActivateInvitation,
    CourseNotFound,
    CourseNotPublished,
    Enrolment,
    Invitation,
    InvitationNotFound,
    InvitationOffer,
    InvitationsQuery,
    Invited,
    InvitedLearners,
    InviteLearners,
    LinkSpent,
    OpenInvitation,
    WithdrawInvitation,
)
from suuupra.services.content.rules import invitations as rules
from suuupra.services.content.rules.invitations import HOLDS, token_hash
from suuupra.services.content.service import cached, shapes, standing
from suuupra.services.content.service.desk import Desk, ExpireInvitations, Tell
from suuupra.services.content.service.enrolling import Grant, give_place
from suuupra.services.content.store import courses, enrolments
from suuupra.services.content.store.rows import Course
from suuupra.services.content.store.rows import Invitation as Row

KEY_CLASS = "contact"
DAY_S = 86_400.0


def link_token(keys: Keys, invitation_id: UUID) -> str:
    """The secret of a link, derived anew whenever the mail is written, so that it is stored nowhere."""
    secret = keys.derive(KEY_CLASS, "content.invitation")
    mac = hmac.digest(secret, invitation_id.bytes, "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def address_of(keys: Keys, row: Row) -> str:
    """Who was invited, for the author and for the mail."""
    return keys.open(KEY_CLASS, row.address_sealed, row.id.bytes).decode()


def addresses_in(text: str) -> tuple[str, ...]:
    """As people type them: lines, commas, spaces."""
    return rules.split(text)


class Inviting:
    """The invitations' half of `Enrolments`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def invite(self, command: InviteLearners) -> InvitedLearners:
        who = principal()
        author = who.person()
        wrong = {address: fault for address in command.addresses if (fault := rules.fault(address))}
        fine = tuple(dict.fromkeys(rules.normal(one) for one in command.addresses if one not in wrong))
        await self._take(author, len(fine))
        async with self._desk.work.begin() as unit:
            if known := await unit.once(command, InvitedLearners):
                return known
            course = await self._own_published(unit, command.course_id)
            done = {address: await self._invite_one(unit, course, author, address) for address in fine}
            items = tuple(
                Invited(address=one, outcome="refused", detail=wrong[one])
                if one in wrong
                else done[rules.normal(one)].model_copy(update={"address": one})
                for one in command.addresses
            )
            return unit.answer(InvitedLearners(items=items))

    async def _take(self, author: UUID, count: int) -> None:
        """A day's mails of one author."""
        rate = Rate(self._desk.settings.invitations_a_day_max, DAY_S)
        verdict = await self._desk.limits.take(f"content.invite:{author}", rate, cost=max(1, count))
        if not verdict.allowed:
            raise TooMany("You have invited many people today.", retry_after_s=verdict.retry_after_s)

    async def _own_published(self, unit: Unit, course_id: UUID) -> Course:
        found = await standing.asker(unit.session, principal(), course_id=course_id)
        standing.must_edit(found)
        course = await courses.shared(unit.session, course_id)
        if course is None:
            raise CourseNotFound
        if course.state != "published":
            raise CourseNotPublished("Publish the course before you invite people.")
        return course

    async def _invite_one(self, unit: Unit, course: Course, author: UUID, address: str) -> Invited:
        keys, invitation_id = self._desk.keys, unit.new_id()
        address_key = keys.mac(KEY_CLASS, address.encode())
        standing_one = await enrolments.open_invitation(unit.session, course.id, address_key)
        if standing_one is not None and standing_one.expires_at <= unit.now:
            standing_one.state = "expired"
            await unit.session.flush()
        made = await enrolments.invite(
            unit.session,
            {
                "id": invitation_id,
                "course_id": course.id,
                "address_sealed": keys.seal(KEY_CLASS, address.encode(), invitation_id.bytes),
                "address_key": address_key,
                "token_hash": token_hash(link_token(keys, invitation_id)),
                "invited_by": author,
                "invited_at": unit.now,
                "expires_at": unit.now + HOLDS,
                "state": "open",
            },
        )
        if made is not None:
            unit.enqueue(Tell(about="invited", subject_id=made.id))
            return Invited(address=address, outcome="sent", invitation_id=made.id)
        standing_one = await enrolments.open_invitation(unit.session, course.id, address_key)
        return Invited(
            address=address, outcome="standing", invitation_id=standing_one.id if standing_one else None
        )

    async def invitations(self, query: InvitationsQuery) -> Page[Invitation]:
        async with self._desk.work.read() as session:
            found = await standing.asker(session, principal(), course_id=query.course_id)
            standing.must_edit(found)
            after = self._desk.cursors.read("content.invitations", query.cursor)
            rows = await enrolments.invitations(session, query.course_id, query.state, after, query.limit + 1)
        shown, now = rows[: query.limit], self._desk.clock.now()
        items = tuple(
            shapes.invitation_of(row, address_of(self._desk.keys, row), shapes.invitation_state(row, now))
            for row in shown
        )
        place = [shown[-1].invited_at.isoformat(), str(shown[-1].id)] if len(rows) > query.limit else None
        following = self._desk.cursors.write("content.invitations", place) if place else None
        return Page(items=items, next=following)

    async def withdraw_invitation(self, command: WithdrawInvitation) -> Nothing:
        async with self._desk.work.begin() as unit:
            found = await standing.asker(unit.session, principal(), course_id=command.course_id)
            standing.must_edit(found)
            row = await enrolments.invitation(unit.session, command.invitation_id, lock=True)
            if row is None or row.course_id != command.course_id:
                raise InvitationNotFound
            if row.state == "accepted":
                raise LinkSpent(
                    "This invitation was accepted.", state=row.state, course_slug=found.stand.course.slug
                )
            if row.state == "open":
                row.state = "withdrawn"
                unit.publish(audited("content.invitation.withdrawn", f"invitation:{row.id}"))
            return Nothing()

    async def offer(self, query: OpenInvitation) -> InvitationOffer:
        async with self._desk.work.read() as session:
            row = await enrolments.by_token(session, token_hash(query.token))
            if row is None:
                raise InvitationNotFound
            course = (await courses.by_ids(session, [row.course_id]))[row.course_id]
            self._must_hold(row, course)
            who = principal()
            mine = await enrolments.of_learner(session, course.id, who.subject) if who.subject else None
        titles = await cached.category_titles(self._desk)
        return InvitationOffer(
            course=shapes.card_of(course, titles),
            expires_at=row.expires_at,
            is_enrolled=mine is not None and mine.state == "active",
        )

    def _must_hold(self, row: Row, course: Course) -> None:
        """`LinkSpent` with a way on: the course, where one can ask again."""
        state = shapes.invitation_state(row, self._desk.clock.now())
        if state != "open":
            texts = {
                "accepted": "This link was used. Open the course, or ask its teacher for a new one.",
                "withdrawn": "The teacher took this invitation back. Ask for a new one.",
                "expired": "This link is too old. Ask the teacher for a new one.",
            }
            raise LinkSpent(texts[state], state=state, course_slug=course.slug)

    async def activate(self, command: ActivateInvitation) -> Enrolment:
        learner = principal().person()
        async with self._desk.work.begin() as unit:
            if known := await unit.once(command, Enrolment):
                return known
            row = await enrolments.by_token(unit.session, token_hash(command.token), lock=True)
            if row is None:
                raise InvitationNotFound
            course = await courses.shared(unit.session, row.course_id)
            if course is None:
                raise InvitationNotFound
            self._must_hold(row, course)
            grant = Grant(learner_id=learner, source="invitation", source_ref=str(row.id))
            place = await give_place(unit, course, grant)
            row.state, row.accepted_by, row.accepted_at = "accepted", learner, unit.now
            return unit.answer(shapes.enrolment_of(place))

    async def expire_invitations(self, _job: ExpireInvitations) -> None:
        """Close links that are late."""
        async with self._desk.work.begin() as unit:
            await enrolments.expire_invitations(unit.session, unit.now)
            unit.finish()
