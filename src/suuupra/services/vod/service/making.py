"""How each step makes its files: beside, in the folder of a bench, then whole into the store."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from suuupra.engines.media.control import Watch
from suuupra.engines.media.encode import EncodeChunk, encode_chunk
from suuupra.engines.media.grid import Grid
from suuupra.engines.media.package import INIT_NAME, Cut, cut_audio, cut_video
from suuupra.engines.media.remux import with_index
from suuupra.engines.media.sound import EncodeAudio, encode_audio
from suuupra.engines.media.stills import poster
from suuupra.engines.media.values import Ladder, Probe, Rung, Source
from suuupra.kernel.work import Unit
from suuupra.services.vod.rules import encoding as rules
from suuupra.services.vod.service.ground import POSTER, SOUND, Ground, index_key, prefix
from suuupra.services.vod.service.progressive import Parts, make_progressive
from suuupra.services.vod.service.scanning import PROBES
from suuupra.services.vod.service.workroom import Workroom
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store.rows import Rendition, Revision, Track

SEGMENT_TYPE = "video/iso.segment"
MP4_TYPE = "video/mp4"
Record = Callable[[Unit, Revision], Awaitable[None]]


@dataclass(frozen=True)
class Order:
    """A step to be made, with all that it needs of its revision."""

    asset_id: UUID
    number: int
    name: str
    chunk: int
    step_id: UUID
    frames_total: int
    tries: int
    upload_id: UUID
    source_key: str
    source_sha256: str
    probe: Probe
    ladder: Ladder
    grid: Grid
    started: float = 0.0

    @property
    def place(self) -> tuple[UUID, int]:
        """Asset and revision."""
        return self.asset_id, self.number

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """Those that this step makes."""
        if not self.ladder.rungs or self.name not in {rules.FIRST, rules.REST}:
            return ()
        return (self.ladder.first,) if self.name == rules.FIRST else self.ladder.rest

    def key(self, *parts: str) -> str:
        """Where a file of this revision is kept."""
        return "/".join((prefix(*self.place), *parts))


class Making:
    """One method a kind of step; what it returns is written in the unit that ends the step."""

    def __init__(self, ground: Ground, workroom: Workroom) -> None:
        self._ground = ground
        self._workroom = workroom

    async def make(self, order: Order, watch: Watch) -> Record:
        """Make the files of a step."""
        makers: dict[str, Callable[[Order, Watch], Awaitable[Record]]] = {
            rules.INDEX: self._index,
            rules.AUDIO: self._audio,
            rules.FIRST: self._chunk,
            rules.REST: self._chunk,
            rules.POSTER: self._poster,
            rules.PACKAGE: self._package,
        }
        return await makers[order.name](order, watch)

    @contextlib.asynccontextmanager
    async def _source(self, order: Order) -> AsyncIterator[Source]:
        async with (
            self._ground.objects.local(order.source_key) as path,
            self._workroom.readable(path) as lent,
        ):
            yield Source(lent, order.probe, order.source_sha256)

    async def _index(self, order: Order, watch: Watch) -> Record:
        shop = await self._workroom.shop()
        async with self._workroom.bench() as folder, self._source(order) as source:
            indexed = await with_index(shop, source, folder / "indexed.mkv", watch)
            key = index_key(order.upload_id)
            await self._ground.objects.put(key, indexed.path, "video/x-matroska")
        probe = PROBES.dump_python(indexed.probe, mode="json")

        async def record(_: Unit, revision: Revision) -> None:
            revision.index_key, revision.probe = key, probe

        return record

    async def _audio(self, order: Order, watch: Watch) -> Record:
        shop = await self._workroom.shop()
        async with self._workroom.bench() as folder:
            async with self._source(order) as source:
                path = await encode_audio(shop, EncodeAudio(source, order.grid, folder), watch)
            cut = await cut_audio(path, order.grid, folder / SOUND)
            await self._store(order, SOUND, cut)
        stream = order.probe.audio

        async def record(unit: Unit, revision: Revision) -> None:
            revision.stored_bytes += sum(cut.sizes)
            unit.session.add(
                Track(
                    id=unit.new_id(),
                    asset_id=order.asset_id,
                    revision=order.number,
                    kind="audio",
                    codec=cut.codec,
                    channels=cut.channels,
                    sizes=list(cut.sizes),
                    language=stream.language if stream else "",
                )
            )

        return record

    async def _chunk(self, order: Order, watch: Watch) -> Record:
        shop = await self._workroom.shop()
        cuts: dict[str, Cut] = {}
        async with self._workroom.bench() as folder:
            async with self._source(order) as source:
                wanted = EncodeChunk(source, order.grid, order.rungs, order.chunk, folder)
                chunk = await encode_chunk(shop, wanted, watch)
            await self._ground.faults.at("vod.chunk.encoded")
            for part in chunk.parts:
                name = part.rung.name
                cuts[name] = await cut_video(part, order.grid, order.chunk, folder / name)
                await self._store(order, name, cuts[name])
            await self._ground.faults.at("vod.chunk.kept")

        async def record(unit: Unit, revision: Revision) -> None:
            rows = await asset_rows.renditions(unit.session, *order.place, lock=True)
            for row in rows:
                if row.name in cuts:
                    _take_over(row, cuts[row.name], order.grid)
            made = sum(sum(cut.sizes) for cut in cuts.values())
            revision.stored_bytes += made
            revision.reserved_bytes = max(0, revision.reserved_bytes - made)

        return record

    async def _store(self, order: Order, track: str, cut: Cut) -> None:
        """Header once, then the segments in order."""
        objects, init = self._ground.objects, cut.paths[0].parent / INIT_NAME
        kept = await objects.head(order.key(track, INIT_NAME))
        if kept is None:
            await objects.put(order.key(track, INIT_NAME), init, MP4_TYPE)
        elif kept.etag != cut.init_sha256:
            raise RuntimeError(f"the header of {track} differs between chunks")
        for path in cut.paths:
            await objects.put(order.key(track, path.name), path, SEGMENT_TYPE)

    async def _poster(self, order: Order, watch: Watch) -> Record:
        shop = await self._workroom.shop()
        async with self._workroom.bench() as folder:
            async with self._source(order) as source:
                drawn = await poster(shop, source, folder, watch)
            await self._ground.objects.put(order.key(POSTER), drawn.jpeg, "image/jpeg")

        async def record(_: Unit, revision: Revision) -> None:
            revision.has_poster = True

        return record

    async def _package(self, order: Order, watch: Watch) -> Record:
        tracks = [(order.ladder.first.name, order.grid.segments)] if order.ladder.rungs else []
        if order.probe.audio is not None:
            tracks.append((SOUND, order.grid.segments))
        duration_ms = round(order.grid.duration_s * 1000)
        size = await make_progressive(
            self._ground, self._workroom, Parts(prefix(*order.place), tuple(tracks), duration_ms), watch
        )

        async def record(_: Unit, revision: Revision) -> None:
            revision.has_mp4, revision.stored_bytes = True, revision.stored_bytes + size

        return record


def _take_over(row: Rendition, cut: Cut, grid: Grid) -> None:
    """Sizes of a chunk's segments at their places; the rung is done once there is no gap."""
    sizes = list(row.sizes)
    sizes[cut.first_segment : cut.first_segment + len(cut.sizes)] = cut.sizes
    row.sizes, row.codec, row.init_sha256 = sizes, cut.codec, cut.init_sha256
    seconds = float(grid.duration_s)
    row.average_kbps = round(sum(sizes) * 8 / 1000 / seconds)
    row.state = "making"
    if 0 not in sizes:
        row.state = "ready"
        lengths = [grid.frames_in(place) / float(grid.fps) for place in range(grid.segments)]
        row.peak_kbps = round(max(size * 8 / 1000 / s for size, s in zip(sizes, lengths, strict=True)))
