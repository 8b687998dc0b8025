"""Mail and bell: what people are told, in the words of `messages/`, once for each thing that happened."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from uuid import UUID

from suuupra.kernel.session import Session
from suuupra.services.content.api import CaseState
from suuupra.services.content.service.desk import Desk, RegisterMessages, Tell
from suuupra.services.content.service.inviting import address_of, link_token
from suuupra.services.content.service.standing import APPROVE
from suuupra.services.content.store import approvals, courses, enrolments, revisions
from suuupra.services.content.store.rows import ApprovalCase, Course, Invitation
from suuupra.services.identity import api as identity
from suuupra.services.notifications import api as notifications

OWNER = "content"
NEXT: Mapping[bool, str] = {
    False: "It is in the catalogue now.",
    True: "Press “Publish” in the editor when you want it in the catalogue.",
}


def templates() -> tuple[notifications.Template, ...]:
    """All words that we ship."""
    found = []
    folder = files("suuupra.services.content") / "messages"
    for path in sorted(folder.iterdir(), key=lambda one: one.name):
        if path.name.endswith(".toml"):
            for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
                locale = path.name.removesuffix(".toml")
                found.append(
                    notifications.Template.model_validate(
                        {"key": f"{OWNER}.{name}", "locale": locale, **table}
                    )
                )
    return tuple(found)


class Telling:
    """Jobs that ask notifications. Each may run again: (what, which) is said once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def register(self, _job: RegisterMessages) -> None:
        """Our words, told at each start."""
        await self._desk.neighbours.templates.register(
            notifications.RegisterTemplates(owner=OWNER, templates=templates())
        )
        async with self._desk.work.begin() as unit:
            unit.finish()

    async def tell(self, job: Tell) -> None:
        """Read, ask, done: no unit is open while a port is asked."""
        if job.about == "invited":
            await self._invited(job.subject_id)
        elif job.about in {"enrolled", "removed"}:
            await self._of_place(job)
        else:
            await self._of_case(job)
        async with self._desk.work.begin() as unit:
            unit.finish()

    async def _invited(self, invitation_id: UUID) -> None:
        async with self._desk.work.read() as session:
            row = await enrolments.invitation(session, invitation_id)
            course = await _course(session, row.course_id) if row else None
        if row is None or course is None or row.state != "open":
            return
        address = address_of(self._desk.keys, row)
        await self._desk.neighbours.users.invite(identity.Invite(address=address))
        await self._desk.neighbours.messages.send(
            notifications.SendMessage(
                template=f"{OWNER}.invited",
                asked_by=OWNER,
                dedup_key=f"invited:{row.id}",
                address=address,
                variables={
                    "teacher": await self.name_of(row.invited_by),
                    "course": course.title,
                    "link": f"/join/{link_token(self._desk.keys, row.id)}",
                    "until": _date(row),
                },
                expires_at=row.expires_at,
            )
        )

    async def _of_place(self, job: Tell) -> None:
        async with self._desk.work.read() as session:
            row = await enrolments.row(session, job.subject_id)
            course = await _course(session, row.course_id) if row else None
        if row is None or course is None:
            return
        if job.about == "enrolled":
            at = row.activated_at
            variables = {"course": course.title, "link": f"/learn/{course.slug}"}
            joiner = {
                "learner": await self.name_of(row.learner_id),
                "course": course.title,
                "link": f"/teach/courses/{course.id}/students",
            }
            await self._send("joined", course.owner_id, f"{row.id}:{at.isoformat()}", joiner)
        else:
            at = row.ended_at or row.activated_at
            variables = {
                "course": course.title,
                "reason": row.reason or "No reason was given.",
                "link": f"/courses/{course.slug}",
            }
        await self._send(job.about, row.learner_id, f"{row.id}:{at.isoformat()}", variables)

    async def _of_case(self, job: Tell) -> None:
        async with self._desk.work.read() as session:
            case = await approvals.case(session, job.subject_id)
            course = await _course(session, case.course_id) if case else None
            title = (await revisions.root_of(session, case.revision_id)).title if case else ""
        if case is None or course is None:
            return
        if job.about == "submitted":
            await self._ask_reviewers(case, title)
        elif case.state == _decided(job.about):
            variables = {"course": title, "link": f"/teach/courses/{course.id}"}
            if job.about == "approved":
                variables["next"] = NEXT[case.publish_later]
            else:
                variables["reasons"] = "\n".join(f"– {reason}" for reason in case.reasons)
            await self._send(job.about, case.author_id, str(case.id), variables)

    async def _ask_reviewers(self, case: ApprovalCase, title: str) -> None:
        """Everybody who may decide, page by page; the author is not asked."""
        teacher = await self.name_of(case.author_id)
        variables = {"teacher": teacher, "course": title, "link": f"/admin/approvals/{case.id}"}
        cursor: str | None = None
        while True:
            page = await self._desk.neighbours.directory.holders(
                identity.HolderQuery(permission=APPROVE, cursor=cursor, limit=200)
            )
            for reviewer in page.items:
                if reviewer != case.author_id:
                    await self._send("submitted", reviewer, f"{case.id}:{reviewer}", variables)
            if (cursor := page.next) is None:
                return

    async def _send(self, about: str, recipient: UUID, key: str, variables: Mapping[str, str]) -> None:
        await self._desk.neighbours.messages.send(
            notifications.SendMessage(
                template=f"{OWNER}.{about}",
                asked_by=OWNER,
                dedup_key=f"{about}:{key}",
                recipient_id=recipient,
                variables=dict(variables),
            )
        )

    async def name_of(self, person: UUID) -> str:
        """How people know them."""
        cards = await self._desk.neighbours.directory.cards(identity.CardQuery(ids=(person,)))
        return cards.cards[0].name if cards.cards else "A teacher"


async def _course(session: Session, course_id: UUID) -> Course | None:
    return (await courses.by_ids(session, [course_id])).get(course_id)


def _decided(about: str) -> CaseState:
    return "approved" if about == "approved" else "sent_back"


def _date(row: Invitation) -> str:
    return f"{row.expires_at.day} {row.expires_at:%b %Y}"
