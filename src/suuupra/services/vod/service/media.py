"""What players read: manifests drawn from rows, segments and files out of the store, all under a grant."""

import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from pydantic import TypeAdapter

from suuupra.engines.media.grid import grid_of
from suuupra.engines.media.hls import MEDIA_NAME, hls_master, hls_media
from suuupra.engines.media.package import Rendition, Sound, present
from suuupra.engines.media.values import FIRST_RUNG_PX, Rung
from suuupra.kernel.call import principal
from suuupra.kernel.problems import NotFound
from suuupra.kernel.stores import StoredObject
from suuupra.services.vod.api import GrantRefused, NotReady
from suuupra.services.vod.rules import grants
from suuupra.services.vod.rules.encoding import present_prefix
from suuupra.services.vod.service.believing import ENDED
from suuupra.services.vod.service.ground import MP4, POSTER, SOUND, Ground, prefix
from suuupra.services.vod.service.playing import PlaybackDesk
from suuupra.services.vod.service.revoked import Revoked
from suuupra.services.vod.service.scanning import PROBES
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store.rows import Rendition as Row

K = TypeVar("K")
V = TypeVar("V")
RUNGS: TypeAdapter[Rung] = TypeAdapter(Rung)
MASTER = "master.m3u8"
TRACK = re.compile(rf"(\d{{1,4}}p|{SOUND})/(init\.mp4|seg-\d{{5,7}}\.m4s|{re.escape(MEDIA_NAME)})")
KEPT_HEADS = 4096
KEPT_TEXTS = 256
SENTENCES = {
    "forged": "This address was altered.",
    "expired": "This address has expired.",
    "height": "This quality is not open to you.",
}


@dataclass(frozen=True)
class Place:
    """What an address names. `file` is the path below the revision."""

    grant: str
    asset_id: UUID
    revision: int
    file: str

    @property
    def prefix(self) -> str:
        """What the grant must be for."""
        return f"{self.asset_id}/{self.revision}"

    @property
    def key(self) -> str:
        """Where the file is kept."""
        return f"{prefix(self.asset_id, self.revision)}/{self.file}"


class MediaDesk:
    """Answers `/media/{grant}/{asset}/{revision}/…`."""

    def __init__(self, ground: Ground, playing: PlaybackDesk, revoked: Revoked) -> None:
        self._ground = ground
        self._playing = playing
        self._revoked = revoked
        self._heads: OrderedDict[str, StoredObject] = OrderedDict()
        self._texts: OrderedDict[tuple[str, int | None], str] = OrderedDict()

    async def admit(self, place: Place) -> grants.Grant:
        """The grant of an address, believed; `GrantRefused` with code and sentence."""
        try:
            grant = grants.read(
                self._playing.key_of, place.grant, place.prefix, self._ground.clock.now().timestamp()
            )
        except grants.GrantInvalid as invalid:
            raise GrantRefused(SENTENCES.get(invalid.code, ""), code=invalid.code) from None
        if (reason := await self._revoked.reason(grant.session)) is not None:
            raise GrantRefused(reason or ENDED, code="revoked")
        if not grant.allows(_height_of(place.file)):
            raise GrantRefused(SENTENCES["height"], code="height")
        return grant

    async def manifest(self, place: Place) -> str:
        """Playlist text. The session is looked at anew: a right that has ended says its reason here."""
        grant = await self.admit(place)
        playback = await self._playing.session_of(grant.session)
        belief = await self._playing.beliefs.confirm(playback, principal())
        if playback is not None and belief.asked_at > playback.asked_at:
            await self._playing.beliefs.remember(playback.id, belief)
        kept = (f"{place.prefix}/{place.file}", grant.height_max)
        if kept in self._texts:
            self._texts.move_to_end(kept)
            return self._texts[kept]
        text, is_final = await self._drawn(place, grant)
        if is_final:
            _keep(self._texts, kept, text, KEPT_TEXTS)
        return text

    async def _drawn(self, place: Place, grant: grants.Grant) -> tuple[str, bool]:
        """The text, and whether it will never change."""
        async with self._ground.work.read() as session:
            revision = await asset_rows.revision(session, place.asset_id, place.revision)
            rows = await asset_rows.renditions(session, place.asset_id, place.revision)
            heard = await asset_rows.sound(session, place.asset_id, place.revision)
        if revision is None or revision.playable_at is None:
            raise NotFound
        shown, is_complete = listed([row for row in rows if grant.allows(row.height)])
        if rows and not shown:
            raise NotReady
        sound = None
        if heard is not None:
            sound = Sound(heard.codec, heard.channels, tuple(heard.sizes), heard.language, heard.label)
        grid = grid_of(PROBES.validate_python(revision.probe))
        pictures = [_rendition(row) for row in shown]
        presentation = present(grid, pictures, sound, is_complete=is_complete)
        try:
            if place.file == MASTER:
                return hls_master(presentation), revision.ready_at is not None
            return hls_media(presentation, place.file.partition("/")[0]), revision.ready_at is not None
        except KeyError:
            raise NotFound from None

    async def file(self, place: Place) -> StoredObject:
        """A segment, header, poster or MP4 that the grant opens; `NotFound` for any other name."""
        await self.admit(place)
        if place.file not in {POSTER, MP4} and not TRACK.fullmatch(place.file):
            raise NotFound
        known = self._heads.get(place.key)
        if known is None:
            known = await self._ground.objects.head(place.key)
            if known is None:
                raise NotFound
            _keep(self._heads, place.key, known, KEPT_HEADS)
        return known

    def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Bytes of a file that was admitted."""
        return self._ground.objects.get(key, start, end)


def _height_of(file: str) -> int:
    """The short side of what a file shows, 0 where it has none; the MP4 is the first rung."""
    track = file.partition("/")[0].removesuffix("p")
    return int(track) if track.isdigit() else FIRST_RUNG_PX if file == MP4 else 0


def listed(rows: Sequence[Row]) -> tuple[list[Row], bool]:
    """The rungs that a player is told of: the first as far as it is there, the others once they are whole."""
    first = next((row for row in rows if row.is_first), None)
    if first is not None and first.state != "ready":
        return [first], False
    return [row for row in rows if row.state == "ready"], True


def _rendition(row: Row) -> Rendition:
    there = present_prefix(row.sizes)
    return Rendition(RUNGS.validate_python(row.rung), row.codec, tuple(row.sizes[:there]))


def _keep(kept: "OrderedDict[K, V]", key: K, value: V, most: int) -> None:
    """What is complete never changes under its address; the longest unused is forgotten."""
    kept[key] = value
    while len(kept) > most:
        kept.popitem(last=False)
