"""`Access` and `Playback`: may this person open it, and a ticket to watch; answered to vod too."""

from uuid import UUID

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.problems import Forbidden, Unavailable
from suuupra.services.content.api import (
    AccessQuery,
    AccessVerdict,
    CourseGone,
    CourseNotFound,
    LessonNotFound,
    MediaNotReady,
    MediaState,
    OpenPlayback,
    PlaybackTicket,
    Reason,
)
from suuupra.services.content.rules import outline
from suuupra.services.content.rules.outline import Bone
from suuupra.services.content.service import standing
from suuupra.services.content.service.desk import Desk, RevokeViewing
from suuupra.services.content.service.editing import RevisionView
from suuupra.services.content.service.media import AWAY
from suuupra.services.content.service.reading import Sight, sight
from suuupra.services.content.service.standing import ADMINISTER, APPROVE
from suuupra.services.content.store import courses, media
from suuupra.services.vod import api as vod

CONTEXT = "content"
PLAYS = frozenset({"playable", "ready"})


def context_ref(course_id: UUID, lesson_id: UUID) -> str:
    """What vod keeps of a lesson, and gives back."""
    return f"{CONTEXT}:{course_id}:{lesson_id}"


def parsed_ref(reference: str) -> tuple[UUID, UUID] | None:
    """Course and lesson; None for a reference of another service."""
    kind, _, rest = reference.partition(":")
    course, _, lesson = rest.partition(":")
    if kind != CONTEXT:
        return None
    try:
        return UUID(course), UUID(lesson)
    except ValueError:
        return None


class Watching:
    """Both ports, and `vod.PlaybackRights`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def decide(self, query: AccessQuery) -> AccessVerdict:
        who = principal()
        if query.subject_id is not None and query.subject_id != who.subject:
            await self._may_ask_about_others(who, query.course_id)
            who = Principal(kind="person", subject=query.subject_id)
        try:
            seen = await sight(self._desk, who, course_id=query.course_id)
        except (CourseNotFound, CourseGone) as problem:
            return AccessVerdict(reasons=(Reason(code="not_there", text=problem.detail or problem.title),))
        row = seen.asker.stand.enrolment
        about = AccessVerdict(is_author=seen.asker.is_author, enrolment_id=row.id if row else None)
        return about.model_copy(update=_verdict(seen, query.lesson_id))

    async def _may_ask_about_others(self, who: Principal, course_id: UUID) -> None:
        if who.kind == "service" or who.may(ADMINISTER):
            return
        async with self._desk.work.read() as session:
            stand = await courses.stand(session, who.subject, course_id=course_id)
        if stand is None or stand.course.owner_id != who.subject:
            raise Forbidden("Ask about yourself.")

    async def ticket(self, command: OpenPlayback) -> PlaybackTicket:
        """Decides, then hands the right along: vod does not ask back."""
        seen = await sight(
            self._desk,
            principal(),
            course_id=command.course_id,
            slug=command.slug,
            as_student=command.as_student,
        )
        bone = await self._playable(seen, command)
        stood = seen.stood.get(bone.id)
        playback = self._desk.neighbours.playback
        if playback is None or bone.media_id is None:
            raise Unavailable(AWAY)
        enrolment = seen.asker.stand.enrolment
        right = vod.PlayRight(allowed=True, until_at=enrolment.ends_at if enrolment else None)
        is_preview = bone.is_free_preview and not (seen.viewer.facts.is_enrolled or seen.asker.sees_all)
        command_below = vod.OpenPlayback(
            asset_id=bone.media_id,
            context_ref=context_ref(seen.course.id, bone.id),
            purpose="preview" if is_preview else "stream",
            right=right,
            resume_ms=resume_ms(stood.position_ms if stood else 0, bone.duration_ms),
        )
        return ticket_of(await self._open(playback, command_below, bone.media_state))

    async def _playable(self, seen: Sight, command: OpenPlayback) -> Bone:
        pair = seen.skeleton.find(command.lesson_id)
        if pair is None or pair[1].kind != "video":
            raise LessonNotFound
        verdict = outline.may_open(pair[1], seen.viewer)
        if not verdict.allowed:
            raise standing.refuse(seen.asker, verdict, seen.viewer)
        bone = pair[1]
        if bone.media_state not in PLAYS:
            raise MediaNotReady(
                bone.media_reason or "This video is still being prepared.",
                state=bone.media_state,
                reason=bone.media_reason,
            )
        return bone

    async def review_ticket(self, found: RevisionView) -> PlaybackTicket:
        """For whoever was allowed to read the revision; its author and reviewers watch as a preview."""
        playback = self._desk.neighbours.playback
        if playback is None or found.media_id is None or found.lesson is None:
            raise Unavailable(AWAY)
        command = vod.OpenPlayback(
            asset_id=found.media_id,
            context_ref=context_ref(found.course_id, found.lesson.id),
            purpose="preview",
            right=vod.PlayRight(allowed=True),
        )
        return ticket_of(await self._open(playback, command, "awaiting"))

    async def _open(
        self, playback: vod.Playback, command: vod.OpenPlayback, state: MediaState
    ) -> vod.PlaybackPlan:
        try:
            return await playback.open(command)
        except (vod.NotReady, vod.AssetUnknown) as problem:
            raise MediaNotReady(problem.detail or problem.title, state=state, reason="") from problem

    async def may_play(self, query: vod.RightQuery) -> vod.PlayRight:
        """Asked by vod while a session lasts; no port is called here, so nobody waits in a circle."""
        reference = parsed_ref(query.context_ref)
        if reference is None:
            return vod.PlayRight(allowed=False, reason="This video belongs to nothing that is known here.")
        course_id, lesson_id = reference
        who = principal()
        if not who.is_person or who.subject != query.subject:
            who = Principal(kind="person", subject=query.subject) if query.subject else Principal()
        if who.may(APPROVE):
            return await self._reviewer_right(course_id, lesson_id, query.asset_id)
        try:
            seen = await sight(self._desk, who, course_id=course_id)
            pair = seen.skeleton.find(lesson_id)
        except (CourseNotFound, CourseGone) as problem:
            return vod.PlayRight(allowed=False, reason=problem.title)
        if pair is None and seen.asker.sees_all:
            return vod.PlayRight(allowed=True)
        if pair is None or pair[1].media_id != query.asset_id:
            return vod.PlayRight(allowed=False, reason=LessonNotFound.title)
        why = standing.why_shut(seen.asker, pair[1], seen.viewer)
        row = seen.asker.stand.enrolment
        return vod.PlayRight(
            allowed=not why,
            reason=" ".join(reason.text for reason in why),
            until_at=row.ends_at if row else None,
        )

    async def _reviewer_right(self, course_id: UUID, lesson_id: UUID, asset_id: UUID) -> vod.PlayRight:
        """Reviewers watch what hangs on the lesson, in whatever edition they read it."""
        async with self._desk.work.read() as session:
            link = await media.link(session, lesson_id)
        allowed = link is not None and link.course_id == course_id and link.media_id == asset_id
        return vod.PlayRight(allowed=allowed, reason="" if allowed else LessonNotFound.title)

    async def revoke_viewing(self, job: RevokeViewing) -> None:
        """Ends sessions of somebody whose place ended. Runs at least once: revoking twice is revoking."""
        playback = self._desk.neighbours.playback
        async with self._desk.work.read() as session:
            stand = await courses.stand(session, job.learner_id, course_id=job.course_id)
            links = await media.of_course(session, job.course_id)
        is_back = stand is not None and stand.enrolment is not None and stand.enrolment.state == "active"
        if playback is not None and links and not is_back:
            reason = job.reason or "Your place in this course has ended."
            assets = tuple(link.media_id for link in links)
            await playback.revoke(vod.RevokePlayback(subject=job.learner_id, assets=assets, reason=reason))
        async with self._desk.work.begin() as unit:
            unit.finish()


def _verdict(seen: Sight, lesson_id: UUID | None) -> dict[str, object]:
    """The answer's fields for a course as a whole, or for one lesson of it."""
    if lesson_id is None:
        allowed = seen.asker.sees_all or seen.viewer.facts.is_enrolled
        why = () if allowed else (Reason(code="enrolled", text="Join the course first."),)
        return {"allowed": allowed, "reasons": why}
    pair = seen.skeleton.find(lesson_id)
    if pair is None:
        return {"reasons": (Reason(code="not_there", text=LessonNotFound.title),)}
    verdict = outline.may_open(pair[1], seen.viewer)
    return {
        "allowed": verdict.allowed,
        "reasons": standing.why_shut(seen.asker, pair[1], seen.viewer),
        "opens_at": verdict.opens_at,
        "is_preview": pair[1].is_free_preview and not seen.viewer.facts.is_enrolled,
    }


def resume_ms(position_ms: int, duration_ms: int) -> int:
    """Where one was; the beginning within the last five seconds (a tenth of a short film)."""
    tail_ms = min(5_000, duration_ms // 10)
    return 0 if duration_ms and position_ms > duration_ms - tail_ms else position_ms


def ticket_of(plan: vod.PlaybackPlan) -> PlaybackTicket:
    """Vod's plan in the words of this door."""
    return PlaybackTicket(
        playback_id=plan.id,
        hls=plan.hls,
        mp4=plan.mp4,
        poster=plan.poster,
        duration_ms=plan.duration_ms,
        resume_ms=plan.resume_ms,
        beat_url=plan.beat_url,
        beat_s=plan.beat_s,
        expires_at=plan.expires_at,
    )
