import asyncio
import re

import pytest

from suuupra.kernel.auth import Principal
from suuupra.kernel.problems import TooMany, Unauthenticated
from suuupra.services.content.api import (
    ActivateInvitation,
    CourseNotFound,
    CourseNotOpen,
    CourseNotPublished,
    EnrolmentQuery,
    InvitationNotFound,
    InvitationsQuery,
    InviteLearners,
    LinkSpent,
    OpenInvitation,
    RevokeEnrolment,
    WithdrawCourse,
    WithdrawInvitation,
)
from suuupra.services.content.service.desk import ExpireInvitations
from suuupra.services.content.service.inviting import link_token
from tests.covers import covers
from tests.house import StartHouse
from tests.services.content.classroom import Classroom, Written, somebody, teacher

ADDRESS = "asha@example.org"


async def invite(room: Classroom, course: Written, *addresses: str) -> list[str]:
    with room.as_(course.author):
        found = await room.content.enrolments.invite(
            InviteLearners(course_id=course.id, addresses=addresses or (ADDRESS,))
        )
    return [item.outcome for item in found.items]


async def link(room: Classroom, course: Written) -> str:
    """The secret of the newest open invitation, as its mail has it."""
    with room.as_(course.author):
        page = await room.content.enrolments.invitations(InvitationsQuery(course_id=course.id))
    return link_token(room.content.desk.keys, page.items[0].id)


async def use(room: Classroom, token: str, who: Principal) -> str:
    with room.as_(who):
        try:
            return (await room.content.enrolments.activate(ActivateInvitation(token=token))).state
        except LinkSpent as spent:
            return str(spent.members["state"])


@covers("CON-16")
async def test_a_mailed_link_lets_in_whoever_presses_its_button(own_room: Classroom) -> None:
    room = own_room
    course = await room.publish(admission="granted", title="Monsoon maths")
    assert await invite(room, course) == ["sent"]
    await room.house.run_until_idle()
    mail = (await room.house.mails(to=ADDRESS))[0]
    assert "Monsoon maths" in mail.subject
    token = re.search(r"/join/([\w-]+)", mail.text)
    assert token is not None
    assert token[1] == await link(room, course)
    with room.as_(room.learner):
        offer = await room.content.enrolments.offer(OpenInvitation(token=token[1]))
        assert offer.course.id == course.id
        assert not offer.is_enrolled
        place = await room.content.enrolments.activate(ActivateInvitation(token=token[1]))
        assert (place.state, place.source) == ("active", "invitation")


@covers("CON-16")
async def test_looking_spends_nothing_and_needs_no_account(room: Classroom) -> None:
    course = await room.publish(admission="granted")
    await invite(room, course)
    token = await link(room, course)
    with room.as_(room.nobody):
        for _ in range(3):
            await room.content.enrolments.offer(OpenInvitation(token=token))
        with pytest.raises(Unauthenticated):
            await room.content.enrolments.activate(ActivateInvitation(token=token))
    assert await use(room, token, room.learner) == "active"


@covers("CON-16")
async def test_of_two_who_open_one_link_one_comes_in(own_room: Classroom) -> None:
    room = own_room
    course = await room.publish(admission="granted")
    await invite(room, course)
    token = await link(room, course)
    people = [somebody() for _ in range(6)]
    found = await asyncio.gather(*(use(room, token, who) for who in people))
    assert sorted(found) == ["accepted"] * 5 + ["active"]


@covers("CON-16")
async def test_an_address_invited_twice_keeps_its_first_link(room: Classroom) -> None:
    course = await room.publish(admission="granted")
    await invite(room, course)
    token = await link(room, course)
    assert await invite(room, course, " ASHA@Example.org ", "ravi@example.org", "nonsense") == [
        "standing",
        "sent",
        "refused",
    ]
    assert await use(room, token, room.learner) == "active"


@covers("CON-16")
async def test_links_taken_back_late_or_forged_open_nothing(own_room: Classroom) -> None:
    room = own_room
    course = await room.publish(admission="granted")
    await invite(room, course)
    token = await link(room, course)
    with room.as_(course.author):
        page = await room.content.enrolments.invitations(InvitationsQuery(course_id=course.id))
        withdrawal = WithdrawInvitation(course_id=course.id, invitation_id=page.items[0].id)
        await room.content.enrolments.withdraw_invitation(withdrawal)
        await room.content.enrolments.withdraw_invitation(withdrawal)
    assert await use(room, token, room.learner) == "withdrawn"
    await invite(room, course)
    late = await link(room, course)
    room.clock.advance(30 * 86_400)
    assert await use(room, late, room.learner) == "expired"
    await room.content.enrolments.expire_invitations(ExpireInvitations())
    assert await use(room, late, room.learner) == "expired"
    with room.as_(room.learner), pytest.raises(InvitationNotFound):
        await room.content.enrolments.activate(ActivateInvitation(token="forged"))
    assert await invite(room, course) == ["sent"], "a late one does not stand in the way"


@covers("CON-16")
async def test_only_the_author_of_a_published_course_invites(room: Classroom) -> None:
    draft, course = await room.write(), await room.publish()
    with pytest.raises(CourseNotPublished, match="Publish the course"):
        await invite(room, draft)
    command = InviteLearners(course_id=course.id, addresses=(ADDRESS,))
    for who in (teacher(), room.learner, room.reviewer):
        with room.as_(who):
            with pytest.raises(CourseNotFound):
                await room.content.enrolments.invite(command)
            with pytest.raises(CourseNotFound):
                await room.content.enrolments.invitations(InvitationsQuery(course_id=course.id))
    await invite(room, course)
    token = await link(room, course)
    with room.as_(course.author):
        await room.content.courses.withdraw(WithdrawCourse(course_id=course.id, reason="Not now."))
    with room.as_(room.learner), pytest.raises(CourseNotOpen):
        await room.content.enrolments.activate(ActivateInvitation(token=token))


@covers("CON-16")
async def test_a_days_mails_have_an_end(start_house: StartHouse) -> None:
    async with start_house("content", content_invitations_a_day_max="3") as house:
        room = Classroom(house)
        course = await room.publish(admission="granted")
        assert await invite(room, course, "a@x.org", "b@x.org") == ["sent", "sent"]
        with pytest.raises(TooMany):
            await invite(room, course, "c@x.org", "d@x.org")


@covers("CON-16")
async def test_a_removed_learner_comes_back_by_a_new_invitation(room: Classroom) -> None:
    course = await room.publish()
    place = await room.join(course)
    with room.as_(course.author):
        await room.content.enrolments.revoke(RevokeEnrolment(enrolment_id=place.id, reason="A mistake."))
    await invite(room, course)
    assert await use(room, await link(room, course), room.learner) == "active"
    with room.as_(room.learner):
        back = await room.content.enrolments.get(EnrolmentQuery(course_id=course.id))
    assert back is not None
    assert (back.id, back.reason) == (place.id, "")
