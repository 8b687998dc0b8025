"""Whether a session of watching may still go on: who it belongs to, and a right that is asked for anew."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from suuupra.kernel.auth import Principal
from suuupra.kernel.problems import Late, Unavailable
from suuupra.services.vod.api import NotEntitled, PlaybackRights, RightQuery
from suuupra.services.vod.service.ground import Ground, is_house
from suuupra.services.vod.service.revoked import Revoked
from suuupra.services.vod.store import playbacks as playback_rows
from suuupra.services.vod.store.rows import Playback

NO_RIGHT = "You may not watch this video."
SIGNED_OUT = "Please sign in again to go on watching."
ENDED = "Your right to watch this video has ended."
OWNER, PUBLIC, HANDED, ASKED = "owner", "public", "handed", "asked"
BELIEVED_WHILE_AWAY = timedelta(minutes=10)


@dataclass(frozen=True)
class Belief:
    """When somebody last said that a session may go on, and until when."""

    asked_at: datetime
    until_at: datetime | None

    def keep_in(self, playback: Playback) -> None:
        """The newest word counts."""
        if self.asked_at > playback.asked_at:
            playback.asked_at, playback.until_at = self.asked_at, self.until_at


class Beliefs:
    """Looks at sessions when they beat or ask for a manifest."""

    def __init__(self, ground: Ground, revoked: Revoked) -> None:
        self._ground = ground
        self._revoked = revoked

    async def confirm(self, playback: Playback | None, who: Principal) -> Belief:
        """What is believed of a session; its right is asked for at most each 30 s. `NotEntitled`."""
        if playback is None:
            raise NotEntitled(NO_RIGHT)
        if playback.subject_id is not None and not is_house(who) and who.subject != playback.subject_id:
            raise NotEntitled(NO_RIGHT if who.is_person else SIGNED_OUT)
        if playback.revoked_at is not None:
            raise NotEntitled(playback.revoked_reason or ENDED)
        now, kept = self._ground.clock.now(), Belief(playback.asked_at, playback.until_at)
        is_over = kept.until_at is not None and kept.until_at <= now
        age_s = (now - kept.asked_at).total_seconds()
        is_fresh = age_s < self._ground.settings.right_ttl_s or playback.right_source in {OWNER, PUBLIC}
        if is_fresh or self._ground.rights is None:
            if is_over:
                raise NotEntitled(ENDED)
            return kept
        try:
            return await self._asked(self._ground.rights, playback, now)
        except (Unavailable, Late):
            if is_over:
                raise NotEntitled(ENDED) from None
            if now - kept.asked_at > BELIEVED_WHILE_AWAY:
                raise
            return kept

    async def _asked(self, rights: PlaybackRights, playback: Playback, now: datetime) -> Belief:
        query = RightQuery(
            asset_id=playback.asset_id,
            context_ref=playback.context_ref,
            subject=playback.subject_id,
            purpose="preview" if playback.purpose == "preview" else "stream",
        )
        right = await rights.may_play(query)
        if right.allowed:
            return Belief(now, right.until_at)
        reason = right.reason or ENDED
        async with self._ground.work.begin() as unit:
            row = await playback_rows.one(unit.session, playback.id, lock=True)
            if row is not None and row.revoked_at is None:
                row.revoked_at, row.revoked_reason = unit.now, reason
        self._revoked.add([playback.id], reason)
        raise NotEntitled(reason)

    async def remember(self, playback_id: UUID, belief: Belief) -> None:
        """A right was asked for anew outside a beat."""
        async with self._ground.work.begin() as unit:
            row = await playback_rows.one(unit.session, playback_id, lock=True)
            if row is not None:
                belief.keep_in(row)
