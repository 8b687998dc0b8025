"""Sessions of watching: a right becomes a plan with a signed grant; beats renew it and are credited."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Nothing
from suuupra.kernel.work import Unit
from suuupra.services.vod.api import (
    AssetState,
    AssetUnknown,
    NotEntitled,
    NotReady,
    OpenPlayback,
    PlaybackCompleted,
    PlaybackPlan,
    PlaybackProgressed,
    PlaybackStarted,
    PlayRight,
    RenewPlayback,
    RevokePlayback,
    RightQuery,
    WatchedQuery,
)
from suuupra.services.vod.api import Watched as WatchedView
from suuupra.services.vod.rules import grants, watching
from suuupra.services.vod.service.believing import (
    ASKED,
    ENDED,
    HANDED,
    NO_RIGHT,
    OWNER,
    PUBLIC,
    Beliefs,
)
from suuupra.services.vod.service.ground import MP4, POSTER, Ground
from suuupra.services.vod.service.revoked import Revoked
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store import playbacks as playback_rows
from suuupra.services.vod.store.rows import Asset, Playback, Revision, Watched

RIGHT_CLASS = "grant"


@dataclass(frozen=True)
class Decision:
    """Who said that it may be played, and how."""

    right: PlayRight
    source: str


class PlaybackDesk:
    """Implements the door `Playback`."""

    def __init__(self, ground: Ground, revoked: Revoked) -> None:
        self._ground = ground
        self._revoked = revoked
        self.beliefs = Beliefs(ground, revoked)

    def key_of(self, kid: str) -> bytes:
        """The key of a day."""
        return self._ground.keys.derive(RIGHT_CLASS, kid)

    async def open(self, command: OpenPlayback) -> PlaybackPlan:
        who = principal()
        async with self._ground.work.read() as session:
            asset = await asset_rows.one(session, command.asset_id)
        if asset is None or asset.state == AssetState.DELETED:
            raise AssetUnknown
        decision = await self._decide(who, asset, command)
        if not decision.right.allowed:
            raise NotEntitled(decision.right.reason or NO_RIGHT)
        async with self._ground.work.begin() as unit:
            if known := await unit.once(command, PlaybackPlan):
                return known
            revision = await asset_rows.revision(unit.session, asset.id, asset.revision)
            if revision is None or revision.playable_at is None:
                raise NotReady(asset.reason)
            playback = await self._begin(unit, who, command, decision, revision)
            return unit.answer(self.plan(playback, revision, playback.position_ms))

    async def _decide(self, who: Principal, asset: Asset, command: OpenPlayback) -> Decision:
        """A handed right, the owner, everybody's video; else whoever owns the context is asked."""
        if command.right is not None:
            return Decision(command.right, HANDED)
        if who.is_person and who.subject == asset.owner_id:
            return Decision(PlayRight(allowed=True), OWNER)
        if asset.visibility == "public":
            return Decision(PlayRight(allowed=True), PUBLIC)
        if self._ground.rights is None:
            return Decision(PlayRight(allowed=False), ASKED)
        query = RightQuery(
            asset_id=asset.id, context_ref=command.context_ref, subject=who.subject, purpose=command.purpose
        )
        return Decision(await self._ground.rights.may_play(query), ASKED)

    async def _begin(
        self, unit: Unit, who: Principal, command: OpenPlayback, decision: Decision, revision: Revision
    ) -> Playback:
        subject = who.subject if who.is_person else None
        resume_ms = command.resume_ms
        if not resume_ms and subject and decision.source != HANDED:
            resume_ms = await playback_rows.resume_point(unit.session, subject, revision.asset_id)
        playback = Playback(
            id=unit.new_id(),
            asset_id=revision.asset_id,
            revision=revision.number,
            subject_id=subject,
            context_ref=command.context_ref,
            purpose=command.purpose,
            opened_at=unit.now,
            renewed_at=unit.now,
            asked_at=unit.now,
            duration_ms=revision.duration_ms,
            right_source=decision.source,
            until_at=decision.right.until_at,
            height_max=decision.right.height_max,
            position_ms=watching.resume_at(resume_ms, revision.duration_ms),
        )
        unit.session.add(playback)
        await unit.session.flush()
        unit.session.add(Watched(playback_id=playback.id, intervals=[], earned_ms=watching.GRACE_MS))
        unit.publish(
            PlaybackStarted(
                playback_id=playback.id,
                asset_id=playback.asset_id,
                context_ref=playback.context_ref,
                subject=subject,
            )
        )
        return playback

    def plan(
        self, playback: Playback, revision: Revision, resume_ms: int, credited_ms: int = 0
    ) -> PlaybackPlan:
        """Addresses under a fresh grant."""
        expires_at = self._ground.clock.now() + timedelta(seconds=self._ground.settings.grant_ttl_s)
        if playback.until_at is not None:
            expires_at = min(expires_at, playback.until_at)
        place = f"{playback.asset_id}/{playback.revision}"
        grant = grants.write(
            self.key_of,
            grants.Grant(playback.id, int(expires_at.timestamp()), playback.height_max),
            place,
        )
        base = f"/media/{grant}/{place}"
        return PlaybackPlan(
            id=playback.id,
            hls=f"{base}/master.m3u8",
            mp4=f"{base}/{MP4}" if revision.has_mp4 else "",
            poster=f"{base}/{POSTER}" if revision.has_poster else "",
            grant=grant,
            expires_at=expires_at,
            resume_ms=resume_ms,
            duration_ms=playback.duration_ms,
            beat_url=f"/api/v1/playbacks/{playback.id}/beats",
            beat_s=self._ground.settings.beat_s,
            is_growing=revision.state in asset_rows.MAKING,
            credited_ms=credited_ms,
        )

    async def renew(self, command: RenewPlayback) -> PlaybackPlan:
        who = principal()
        async with self._ground.work.read() as session:
            playback = await playback_rows.one(session, command.id)
        belief = await self.beliefs.confirm(playback, who)
        async with self._ground.work.begin() as unit:
            row = await playback_rows.one(unit.session, command.id, lock=True)
            if row is None:
                raise NotEntitled(NO_RIGHT)
            if row.revoked_at is not None:
                raise NotEntitled(row.revoked_reason or ENDED)
            revision = await asset_rows.revision(unit.session, row.asset_id, row.revision)
            if revision is None:
                raise AssetUnknown
            belief.keep_in(row)
            credited_ms = await _credit(unit, row, command)
            return self.plan(row, revision, row.position_ms, credited_ms)

    async def revoke(self, command: RevokePlayback) -> Nothing:
        reason = command.reason or ENDED
        async with self._ground.work.begin() as unit:
            ended = await playback_rows.revoke(
                unit.session, command.subject, command.assets, unit.now, reason
            )
        self._revoked.add(ended, reason)
        return Nothing()

    async def watched(self, query: WatchedQuery) -> WatchedView:
        async with self._ground.work.read() as session:
            return WatchedView(intervals=await playback_rows.union(session, query.subject, query.asset_id))

    async def session_of(self, playback_id: UUID) -> Playback | None:
        """The row of a session."""
        async with self._ground.work.read() as session:
            return await playback_rows.one(session, playback_id)


async def _credit(unit: Unit, playback: Playback, command: RenewPlayback) -> int:
    """Believe as much as the server's clock allows, merge it, and tell."""
    watched = await playback_rows.watched(unit.session, playback.id)
    wall_s = (unit.now - playback.renewed_at).total_seconds()
    purse = watching.Purse(watched.earned_ms, watched.credited_ms).after(wall_s, command.speed)
    purse, accepted = purse.credit(command.intervals, playback.duration_ms)
    seen = playback_rows.as_intervals(watched.intervals)
    union = watching.merged((*seen, *accepted))
    watched.intervals = playback_rows.as_ranges(union)
    watched.earned_ms, watched.credited_ms = purse.earned_ms, purse.credited_ms
    watched.stalls += command.stalls
    playback.renewed_at = unit.now
    playback.position_ms = min(command.position_ms, playback.duration_ms)
    if playback.subject_id is not None:
        await playback_rows.remember(
            unit.session, playback.subject_id, playback.asset_id, playback.position_ms, unit.now
        )
    _publish_progress(unit, playback, accepted)
    if playback.completed_at is None and watching.is_completed(union, playback.duration_ms):
        playback.completed_at = unit.now
        unit.publish(
            PlaybackCompleted(
                playback_id=playback.id,
                asset_id=playback.asset_id,
                context_ref=playback.context_ref,
                subject=playback.subject_id,
            )
        )
    return watching.length_ms(accepted)


def _publish_progress(unit: Unit, playback: Playback, accepted: tuple[watching.Interval, ...]) -> None:
    unit.publish(
        PlaybackProgressed(
            playback_id=playback.id,
            asset_id=playback.asset_id,
            context_ref=playback.context_ref,
            position_ms=playback.position_ms,
            intervals=accepted,
            subject=playback.subject_id,
            duration_ms=playback.duration_ms,
        )
    )
