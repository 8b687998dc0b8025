"""The video of a lesson: a ticket to send a file, the link that waits for it, and what vod says of it."""

from contextlib import suppress
from uuid import UUID

from pydantic import Field

from suuupra.kernel.audit import audited
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Command, Message, Query
from suuupra.kernel.problems import Invalid, Unavailable
from suuupra.kernel.work import Unit
from suuupra.services.content.api import LessonNotFound
from suuupra.services.content.service import drafting, standing
from suuupra.services.content.service.desk import Desk, recount
from suuupra.services.content.service.drafting import Draft
from suuupra.services.content.store import courses, media
from suuupra.services.content.store.rows import MediaLink
from suuupra.services.vod import api as vod

AWAY = "Video is away for a moment. What you wrote is saved; try the upload again later."


class OpenLessonUpload(Command):
    """A file for a video lesson; where one is ready, this one will take its place."""

    course_id: UUID
    lesson_id: UUID
    name: str = Field(min_length=1, max_length=300)
    length_bytes: int = Field(ge=1)
    media_type: str = Field(default="", max_length=200)
    head_sha256: str = Field(default="", max_length=64)


class AttachMedia(Command):
    """An asset of one's own becomes the video of the lesson."""

    course_id: UUID
    lesson_id: UUID
    media_id: UUID


class LessonMediaQuery(Query):
    course_id: UUID
    lesson_id: UUID


class UploadDesk(Message):
    """What the editor shows of a lesson's video. `permille` and `eta_s` are the encoder's."""

    state: str = "none"
    media_id: UUID | None = None
    reason: str = ""
    duration_ms: int = 0
    permille: int = 0
    eta_s: float | None = None
    poster_url: str = ""
    name: str = ""
    replacing_id: UUID | None = None
    replacing_reason: str = ""
    is_away: bool = False


NOT_TO_BE_RESUMED = (
    vod.UploadUnknown,
    vod.UploadExpired,
    vod.UploadEnded,
    vod.UploadComplete,
    vod.WrongFile,
)


class LessonMediaDesk:
    """Use cases of uploads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def open_upload(self, command: OpenLessonUpload) -> vod.UploadTicket:
        """The ticket of vod; the link is stored under its id at once, so that a closed tab loses nothing."""
        async with self._desk.work.begin() as unit:
            draft = await drafting.opened(unit, principal(), command.course_id)
            await _video_node(draft, command.lesson_id)
            link = await media.link(unit.session, command.lesson_id)
            owner, replaces, waiting = draft.course.owner_id, _replaced(link), _waiting(link)
        uploads = self._desk.neighbours.uploads
        if uploads is None:
            raise Unavailable(AWAY)
        order = vod.OpenUpload(
            owner_id=owner,
            name=command.name,
            length_bytes=command.length_bytes,
            media_type=command.media_type,
            head_sha256=command.head_sha256,
            replaces=replaces,
        )
        ticket = await _open(uploads, order, waiting)
        async with self._desk.work.begin() as unit:
            draft = await drafting.opened(unit, principal(), command.course_id)
            await _video_node(draft, command.lesson_id)
            await wait_for(draft, command.lesson_id, ticket.id, replaces)
        return ticket

    async def attach(self, command: AttachMedia) -> None:
        """`Invalid` for an asset that is not one's own."""
        assets = self._desk.neighbours.assets
        async with self._desk.work.read() as session:
            standing.must_edit(await standing.asker(session, principal(), course_id=command.course_id))
        if assets is None:
            raise Unavailable(AWAY)
        try:
            asset = await assets.get(vod.AssetQuery(id=command.media_id))
        except vod.AssetUnknown as error:
            raise Invalid.at("/media_id", "This video is not one of yours.") from error
        async with self._desk.work.begin() as unit:
            draft = await drafting.opened(unit, principal(), command.course_id)
            await _video_node(draft, command.lesson_id)
            if asset.owner_id != draft.course.owner_id:
                raise Invalid.at("/media_id", "This video is not one of yours.")
            await wait_for(draft, command.lesson_id, asset.id, None)
            await _take_state(unit, command.lesson_id, asset)

    async def retry(self, command: LessonMediaQuery) -> None:
        """Encode the failed file once more, without sending it again."""
        assets = self._desk.neighbours.assets
        link = await self._link(command)
        if assets is None or link is None:
            raise Unavailable(AWAY)
        await assets.retry(vod.RetryEncoding(asset_id=link.media_id, reason="asked by its author"))
        async with self._desk.work.begin() as unit:
            held = await media.link(unit.session, command.lesson_id, lock=True)
            if held is not None and held.state == "failed" and held.media_id == link.media_id:
                held.state, held.reason = "awaiting", ""
                await courses.bump_media(unit.session, held.course_id)

    async def look(self, query: LessonMediaQuery) -> UploadDesk:
        """The link, and what vod knows at this moment; vod away says so and hides nothing."""
        link = await self._link(query)
        if link is None:
            return UploadDesk()
        desk = UploadDesk(
            state=link.state,
            media_id=link.media_id,
            reason=link.reason,
            duration_ms=link.duration_ms,
            replacing_id=link.replacing_id,
            replacing_reason=link.replacing_reason,
        )
        assets = self._desk.neighbours.assets
        if assets is None:
            return desk.model_copy(update={"is_away": True})
        try:
            asset = await assets.get(vod.AssetQuery(id=link.media_id))
        except vod.AssetUnknown:
            return desk
        except Unavailable:
            return desk.model_copy(update={"is_away": True})
        facts = {
            "permille": asset.permille,
            "eta_s": asset.eta_s,
            "poster_url": asset.poster_url,
            "name": asset.name,
        }
        return desk.model_copy(update=facts)

    async def unattached(self, owner: UUID) -> tuple[vod.Asset, ...]:
        """One's own assets that no lesson shows."""
        assets = self._desk.neighbours.assets
        if assets is None:
            return ()
        page = await assets.page(vod.AssetsQuery(owner_id=owner, limit=100))
        async with self._desk.work.read() as session:
            used = await media.attached(session, [asset.id for asset in page.items])
        return tuple(asset for asset in page.items if asset.id not in used and asset.state != "deleted")

    async def _link(self, query: LessonMediaQuery) -> MediaLink | None:
        async with self._desk.work.read() as session:
            found = await standing.asker(session, principal(), course_id=query.course_id)
            standing.must_edit(found)
            link = await media.link(session, query.lesson_id)
        if link is not None and link.course_id != query.course_id:
            raise LessonNotFound
        return link


async def _video_node(draft: Draft, lesson_id: UUID) -> None:
    node = await drafting.node_of(draft, lesson_id)
    if node.kind != "video":
        raise LessonNotFound("This lesson has no video.")


def _replaced(link: MediaLink | None) -> UUID | None:
    """The asset whose file a new upload replaces: one that plays or will; a failed one is left behind."""
    return link.media_id if link is not None and link.state in {"playable", "ready"} else None


def _waiting(link: MediaLink | None) -> UUID | None:
    """The upload that the lesson waits for, perhaps begun on another device."""
    if link is None or link.replacing_id is not None:
        return link.replacing_id if link is not None else None
    return link.media_id if link.state == "awaiting" else None


async def _open(uploads: vod.Uploads, order: vod.OpenUpload, waiting: UUID | None) -> vod.UploadTicket:
    """Goes on at the byte where the same file is brought once more; else a new upload."""
    if waiting is not None and order.head_sha256:
        with suppress(*NOT_TO_BE_RESUMED):
            return await uploads.open(order.model_copy(update={"resumes": waiting}))
    return await uploads.open(order)


async def wait_for(draft: Draft, lesson_id: UUID, upload_id: UUID, replaces: UUID | None) -> None:
    """Store what the lesson waits for."""
    session = draft.unit.session
    link = await media.link(session, lesson_id, lock=True)
    if link is None:
        session.add(
            MediaLink(
                node_id=lesson_id,
                course_id=draft.course.id,
                media_id=upload_id,
                state="awaiting",
                linked_at=draft.unit.now,
            )
        )
    elif replaces is not None and link.media_id == replaces:
        link.replacing_id, link.replacing_reason = upload_id, ""
        if draft.course.live_revision_id is not None:
            draft.unit.publish(
                audited(
                    "content.media.replaced", f"course:{draft.course.id}", after={"lesson": str(lesson_id)}
                )
            )
    else:
        link.media_id, link.state, link.reason = upload_id, "awaiting", ""
        link.duration_ms, link.media_revision = 0, 0
        link.replacing_id, link.replacing_reason = None, ""
    if link is None or link.replacing_id is None:  # a replacement is seen when it is whole, edition or not
        await drafting.touched(draft)
    await courses.bump_media(session, draft.course.id)


async def _take_state(unit: Unit, lesson_id: UUID, asset: vod.Asset) -> None:
    """An attached asset may be ready already."""
    states = {"playable": "playable", "ready": "ready", "failed": "failed"}
    link = await media.link(unit.session, lesson_id, lock=True)
    if link is not None and asset.state in states:
        link.state, link.duration_ms = states[asset.state], asset.duration_ms
        link.media_revision, link.reason = asset.revision, asset.reason


async def mark_playable(unit: Unit, event: vod.FirstRungReady) -> None:
    """The beginning plays; a replacement stays out of sight until it is whole."""
    for link in await media.by_asset(unit.session, event.asset_id):
        if link.state in {"awaiting", "failed"} and event.revision >= link.media_revision:
            link.state, link.reason = "playable", ""
            link.duration_ms, link.media_revision = event.duration_ms, event.revision
            await courses.bump_media(unit.session, link.course_id)
            unit.announce(media_topic(link.node_id), {"state": "playable"})


async def mark_ready(unit: Unit, event: vod.AssetReady) -> None:
    """All of it plays. Of two revisions the newer one wins, in whatever order they are told."""
    for link in await media.by_asset(unit.session, event.asset_id):
        if event.revision < link.media_revision or (
            event.revision == link.media_revision and link.state == "ready"
        ):
            continue
        is_replacement = link.media_revision > 0 and event.revision > link.media_revision
        link.state, link.reason = "ready", ""
        link.duration_ms, link.media_revision = event.duration_ms, event.revision
        if is_replacement:
            link.replacing_id, link.replacing_reason, link.replaced_at = None, "", unit.now
        await courses.bump_media(unit.session, link.course_id)
        recount(unit, link.course_id)
        unit.announce(media_topic(link.node_id), {"state": "ready"})


async def mark_failed(unit: Unit, event: vod.AssetFailed) -> None:
    """Encoding gave up. What played before still does."""
    for link in await media.by_asset(unit.session, event.asset_id):
        if link.state == "ready":
            if event.revision > link.media_revision:
                link.replacing_id, link.replacing_reason = None, event.reason
        elif event.revision >= link.media_revision:
            link.state, link.reason = "failed", event.reason
        await courses.bump_media(unit.session, link.course_id)
        unit.announce(media_topic(link.node_id), {"state": link.state})


async def mark_rejected(unit: Unit, event: vod.UploadRejected) -> None:
    """Refused, expired or taken back. A replacement changes nothing but what the author reads.

    Who took a file back knows it: nothing is said, and a lesson without a film is as before.
    """
    for link in await media.by_upload(unit.session, event.upload_id):
        state = link.state
        if link.replacing_id == event.upload_id:
            link.replacing_id, link.replacing_reason = None, "" if event.is_taken_back else event.reason
        elif state == "awaiting" and event.is_taken_back:
            state = "none"
            await unit.session.delete(link)
        elif state in {"awaiting", "failed"}:
            state = "failed"
            link.state, link.reason = state, event.reason
        await courses.bump_media(unit.session, link.course_id)
        unit.announce(media_topic(link.node_id), {"state": state})


def media_topic(lesson_id: UUID) -> str:
    """The hub's topic of a lesson's video, for the editor."""
    return f"content.media:{lesson_id}"
