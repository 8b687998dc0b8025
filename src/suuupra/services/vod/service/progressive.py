"""The progressive MP4: segments out of the store, one file back into it; nothing is encoded."""

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from suuupra.engines.media.control import Watch
from suuupra.engines.media.package import INIT_NAME, segment_name
from suuupra.engines.media.remux import progressive
from suuupra.services.vod.service.ground import MP4, Ground
from suuupra.services.vod.service.workroom import Workroom


@dataclass(frozen=True)
class Parts:
    """Tracks (name, how many segments) below a prefix: pictures first, then sound."""

    below: str
    tracks: tuple[tuple[str, int], ...]
    duration_ms: int


async def make_progressive(ground: Ground, workroom: Workroom, parts: Parts, watch: Watch) -> int:
    """Make it and keep it beside its parts; its size in bytes."""
    shop = await workroom.shop()
    async with workroom.bench() as folder:
        for track, segments in parts.tracks:
            (folder / track).mkdir()
            for name in (INIT_NAME, *(segment_name(place) for place in range(segments))):
                async with ground.objects.local(f"{parts.below}/{track}/{name}") as path:
                    await asyncio.to_thread(_fetch, path, folder / track / name)
        folders = [folder / track for track, _ in parts.tracks]
        made = await progressive(shop, folders, folder / MP4, parts.duration_ms, watch)
        stored = await ground.objects.put(f"{parts.below}/{MP4}", made, "video/mp4")
    return stored.size_bytes


def _fetch(path: Path, target: Path) -> None:
    """A second name where that is possible, else a copy."""
    try:
        os.link(path.resolve(), target)
    except OSError:
        shutil.copyfile(path, target)
