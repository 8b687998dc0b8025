"""Why a video does not play: one look at everything that stands between a press on Play and a picture."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal
from uuid import UUID

from suuupra.engines.media.package import INIT_NAME, segment_name
from suuupra.kernel.messages import Message
from suuupra.kernel.problems import Problem
from suuupra.services.vod.api import AssetState, UploadState
from suuupra.services.vod.rules import encoding, grants
from suuupra.services.vod.rules.uploads import OPEN
from suuupra.services.vod.service.ground import MP4, POSTER, SOUND, Ground, prefix
from suuupra.services.vod.service.playing import PlaybackDesk
from suuupra.services.vod.service.views import Picture, pace, pictures
from suuupra.services.vod.service.workroom import Workroom
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store import steps as step_rows
from suuupra.services.vod.store.rows import Revision, Track

STILL = timedelta(minutes=10)
Name = Literal["asset", "upload", "scan", "queue", "encoder", "objects", "grant", "events", "room"]
State = Literal["well", "note", "wrong"]


class Finding(Message):
    """One fact about the part of that name. `effect` ends with what helps, which stands alone as `remedy`."""

    name: str
    state: Literal["well", "note", "wrong"]
    effect: str
    remedy: str = ""


def found(name: Name, state: State, text: str, remedy: str = "") -> Finding:
    """A finding in words."""
    return Finding(name=name, state=state, effect=f"{text} {remedy}".strip(), remedy=remedy)


class Diagnosis:
    """`suuupra doctor video <id>` asks this."""

    def __init__(self, ground: Ground, playing: PlaybackDesk, workroom: Workroom) -> None:
        self._ground = ground
        self._playing = playing
        self._workroom = workroom

    async def diagnose(self, asset_id: UUID) -> list[Finding]:
        """Everything that was looked at, what is wrong first."""
        async with self._ground.work.read() as session:
            asset = await asset_rows.one(session, asset_id)
            if asset is None:
                return [found("asset", "wrong", "There is no video of this id.", "Look up the id again.")]
            (picture,) = await pictures(session, [asset])
            live = picture.live
            sound = await asset_rows.sound(session, asset_id, asset.revision) if live else None
            queue = await pace(session)
            steps = (
                await step_rows.of_revision(session, asset_id, picture.newest.number)
                if picture.newest
                else []
            )
        now = self._ground.clock.now()
        facts = [*_of_asset(picture, live), *_of_upload(picture)]
        for step in steps:
            place = f"{step.name} {step.chunk + 1}"
            if step.state == encoding.FAILED:
                facts.append(found("queue", "wrong", f"Step {place} failed: {step.error}", "Try it again."))
            elif step.state not in encoding.ENDED and step.changed_at < now - STILL:
                text = f"Step {place} has not moved since {step.changed_at:%H:%M} UTC. {step.error}".strip()
                facts.append(found("queue", "wrong", text, "See whether the worker runs."))
        if picture.newest and picture.newest.state in asset_rows.MAKING:
            facts.append(_of_queue(picture, queue.eta_s(asset.owner_id)))
        facts.append(await self._of_encoder())
        if live is not None:
            facts += await self._of_objects(live, picture, sound)
            facts.append(self._of_grant(live))
            facts.append(_of_events(live))
        facts.append(await self._of_room())
        order = {"wrong": 0, "note": 1, "well": 2}
        return sorted(facts, key=lambda one: order[one.state])

    async def _of_encoder(self) -> Finding:
        try:
            shop = await self._workroom.shop()
        except Problem as problem:
            return found("encoder", "wrong", problem.detail or problem.title, "Set SUUUPRA_VOD_FFMPEG.")
        lacks = ", ".join(lack.effect for lack in shop.ffmpeg.lacks())
        text = f"ffmpeg {shop.ffmpeg.version} answers." + (f" Smaller: {lacks}." if lacks else "")
        return found("encoder", "well", text)

    async def _of_objects(self, live: Revision, picture: Picture, sound: Track | None) -> list[Finding]:
        """Every header, some segments of each track by size, poster and MP4."""
        below = prefix(live.asset_id, live.number)
        wanted: dict[str, int | None] = {}
        tracks = [
            (rung.name, rung.sizes)
            for rung in picture.rungs
            if rung.revision == live.number and rung.state == "ready"
        ]
        tracks += [(SOUND, sound.sizes)] if sound else []
        for name, sizes in tracks:
            wanted[f"{below}/{name}/{INIT_NAME}"] = None
            for place in _spread(len(sizes)):
                wanted[f"{below}/{name}/{segment_name(place)}"] = sizes[place]
        wanted |= {f"{below}/{POSTER}": None} if live.has_poster else {}
        wanted |= {f"{below}/{MP4}": None} if live.has_mp4 else {}
        missing = []
        for key, size in wanted.items():
            stored = await self._ground.objects.head(key)
            if stored is None or (size is not None and stored.size_bytes != size):
                missing.append(key)
        if missing:
            text = f"{len(missing)} of {len(wanted)} files are missing or cut short, first {missing[0]}."
            return [found("objects", "wrong", text, "Restore the objects from the backup, or upload again.")]
        return [found("objects", "well", f"All {len(wanted)} files that were looked at are there.")]

    def _of_grant(self, live: Revision) -> Finding:
        """Sign and read one, as a player would."""
        place, now_s = f"{live.asset_id}/{live.number}", self._ground.clock.now().timestamp()
        ttl_s = self._ground.settings.grant_ttl_s
        text = grants.write(self._playing.key_of, grants.Grant(live.asset_id, int(now_s) + ttl_s), place)
        try:
            grants.read(self._playing.key_of, text, place, now_s)
        except grants.GrantInvalid as invalid:
            return found("grant", "wrong", f"A fresh grant is {invalid.code}.", "Compare the clocks.")
        return found("grant", "well", f"Grants are signed and live for {ttl_s} s.")

    async def _of_room(self) -> Finding:
        free, total = await self._ground.objects.free_bytes()
        text = f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB are free."
        settings = self._ground.settings
        least = max(settings.reserve_bytes, int(total * settings.reserve_percent / 100))
        if free < least:
            return found("room", "wrong", text, "Make room: uploads and encodings wait.")
        return found("room", "well", text)


def _of_asset(picture: Picture, live: Revision | None) -> Iterator[Finding]:
    asset = picture.asset
    words = f"“{asset.name}” is {asset.state}" + (f": {asset.reason}" if asset.reason else ".")
    if asset.state == AssetState.DELETED:
        yield found("asset", "wrong", words, "Upload it again; deleted videos are kept for 30 days.")
    elif live is None or live.playable_at is None:
        is_failed = asset.state == AssetState.FAILED
        remedy = "Begin its encoding anew, or upload it again." if is_failed else "Wait for its first rung."
        yield found("asset", "wrong" if is_failed else "note", words, remedy)
    else:
        yield found("asset", "well", f"{words} Revision {live.number} plays.")


def _of_upload(picture: Picture) -> Iterator[Finding]:
    upload = picture.upload
    if upload is None:
        return
    text = f"The upload is {upload.state}, {upload.offset_bytes} of {upload.length_bytes} bytes."
    if upload.state in {UploadState.REJECTED, UploadState.EXPIRED}:
        yield found("upload", "wrong", f"{text} {upload.reason}", "Upload the file again.")
    elif upload.state in OPEN:
        yield found("upload", "note", text, f"It waits until {upload.expires_at:%d %b %H:%M} UTC.")
    elif upload.state != UploadState.ACCEPTED:
        yield found("scan", "note", f"{text} {upload.reason}".strip(), "See whether the worker runs.")
    else:
        yield found("scan", "well", f"The file was accepted, scan: {upload.scan_state or 'none'}.")


def _of_queue(picture: Picture, eta_s: float | None) -> Finding:
    done = encoding.permille(picture.stages) / 10
    left = f", about {eta_s / 60:.0f} min left" if eta_s is not None else ""
    return found("queue", "note", f"Encoding is at {done:.0f} %{left}.")


def _of_events(live: Revision) -> Finding:
    if live.ready_at is None:
        return found("events", "note", "vod.asset_ready.v1 comes when all rungs are there.")
    return found("events", "well", f"vod.asset_ready.v1 was published at {live.ready_at:%Y-%m-%d %H:%M} UTC.")


def _spread(count: int) -> list[int]:
    """First, middle, last."""
    return sorted({0, count // 2, count - 1}) if count else []
