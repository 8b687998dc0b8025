"""Runs in a caged process of its own: opens an untrusted file with PyAV, measures it, prints one JSON line.

Imports before it drops its rights, since the environment may be closed to the account. A refusal is an answer
(`{"refused": [kind, word, sentence]}`), so that only a crash is a crash.
"""

import contextlib
import errno
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import av.logging
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet

from suuupra.engines.media import launch
from suuupra.engines.media.formats import (
    DEMUXERS,
    FILE_ONLY,
    HEAD_BYTES,
    STATES_ITS_LENGTH,
    demuxer_of,
    looks_like_playlist,
)
from suuupra.engines.media.streams import Seen
from suuupra.engines.media.values import Limits

HEAD_MS = 5_000
TAIL_MS = 10_000
HEAD_PACKETS = 20_000
SLACK_MS = 1_000  # padding, priming and rounding of short files
MS_PER_HOUR = 3_600_000


class RefusedError(Exception):
    """`kind` is "NotPlayable" or "TooBig"; `word` its reason or limit."""

    def __init__(self, kind: str, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.answer = {"refused": [kind, word, sentence]}


def main(arguments: list[str]) -> None:
    border = arguments.index("--")
    path, limits = arguments[border + 1], Limits(**json.loads(arguments[border + 2]))
    launch.confine(launch.read_orders(arguments[:border]))
    av.logging.set_level(av.logging.ERROR)
    try:
        answer = Measuring(path, limits).run()
    except RefusedError as refused:
        answer = refused.answer
    sys.stdout.write(json.dumps(answer) + "\n")


class Measuring:
    """One file, from its first bytes to its measured end."""

    def __init__(self, path: str, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.warnings: list[str] = []
        self.demuxer = self._sniff()
        self.container = self._open()
        self.origin_us = self.container.start_time or 0
        self.seen = [Seen(stream) for stream in self.container.streams]

    def run(self) -> dict[str, Any]:
        self._look_over()
        stated_ms = (self.container.duration or 0) // 1000
        self._within(stated_ms)
        is_whole = self._head()
        if any(seen.first is None for seen in self._main() if seen.kind == "video"):
            raise RefusedError("NotPlayable", "picture", "No picture of this file could be decoded.")
        if not is_whole:
            self._tail(stated_ms)
        for seen in self._main():
            seen.believe_the_index(self.demuxer, self.origin_us // 1000)
        duration_ms = max(seen.end_ms for seen in self._main())
        self._compare(stated_ms, duration_ms)
        if any(seen.changes_size for seen in self._main()):
            self.warnings.append("The picture changes its size on the way; all of it is scaled to the first.")
        return {
            "container": self.demuxer,
            "duration_ms": duration_ms,
            "is_indexed": self._is_indexed(),
            "streams": [asdict(seen.value()) for seen in self.seen],
            "warnings": self.warnings,
        }

    def _sniff(self) -> str:
        with Path(self.path).open("rb") as file:
            head = file.read(HEAD_BYTES)
        if not head:
            raise RefusedError("NotPlayable", "empty", "The file is empty.")
        if looks_like_playlist(head):
            raise RefusedError("NotPlayable", "playlist", "This is a list of addresses, not a video.")
        demuxer = demuxer_of(head)
        if not demuxer:
            raise RefusedError("NotPlayable", "format", "This is no kind of video or sound played here.")
        return demuxer

    def _open(self) -> InputContainer:
        allowed = {"format_whitelist": ",".join(DEMUXERS), "protocol_whitelist": FILE_ONLY}
        try:
            with av.logging.Capture(local=False) as log:
                return av.open(f"file:{self.path}", format=self.demuxer, container_options=allowed)
        except (FFmpegError, ValueError) as error:
            if isinstance(error, OSError) and error.errno == errno.ENOMEM:
                sentence = "Reading this file takes more memory than it is given."
                raise RefusedError("NotPlayable", "memory", sentence) from error
            if any("moov atom not found" in line[2] for line in log) or "moov atom" in str(error):
                sentence = "The file has no index (moov): the recording or the copy was cut off."
                raise RefusedError("NotPlayable", "truncated", sentence) from error
            raise RefusedError("NotPlayable", "format", "The file is damaged at its start.") from error

    def _look_over(self) -> None:
        """Counts and sizes, before a single frame is decoded."""
        limits = self.limits
        if len(self.seen) > limits.streams:
            sentence = f"The file holds {len(self.seen)} streams; {limits.streams} are allowed."
            raise RefusedError("TooBig", "streams", sentence)
        if not self._main():
            raise RefusedError(
                "NotPlayable", "streams", "The file holds neither picture nor sound played here."
            )
        for seen in self.seen:
            if seen.kind == "video":
                self._fits(seen.stream.codec_context)
                seen.stream.codec_context.thread_count = 1
        self._name_the_ignored()

    def _fits(self, picture: Any) -> None:
        limits = self.limits
        if (
            max(picture.width, picture.height) > limits.side_px
            or picture.width * picture.height > limits.pixels
        ):
            sentence = (
                f"The picture has {picture.width} × {picture.height} points, more than is decoded here."
            )
            raise RefusedError("TooBig", "picture", sentence)

    def _name_the_ignored(self) -> None:
        taken = {seen.stream.index for seen in self._main()}
        for seen in self.seen:
            if seen.stream.index not in taken:
                what = {"picture": "cover picture", "other": "stream"}.get(
                    seen.kind, f"further {seen.kind} stream"
                )
                codec = f" ({seen.codec})" if seen.codec else ""
                self.warnings.append(f"Stream {seen.stream.index}: {what}{codec} is not used.")

    def _main(self) -> list[Seen]:
        """The first real video and the first sound."""
        firsts = (next((one for one in self.seen if one.kind == kind), None) for kind in ("video", "audio"))
        return [one for one in firsts if one]

    def _head(self) -> bool:
        """Read the first seconds and decode a frame a stream; true if that was the whole file."""
        for number, (seen, packet, at_ms) in enumerate(self._packets()):
            if seen.kind == "video" and packet.pts is not None:
                seen.stamps.append(packet.pts)
            seen.first = seen.first or self._decode(seen, packet)
            if at_ms > HEAD_MS and all(one.first for one in self._main()):
                return False
            if at_ms > 4 * HEAD_MS or number > HEAD_PACKETS:
                return False
        for seen in self._main():
            seen.first = seen.first or self._decode(seen, None)
        return True

    def _tail(self, stated_ms: int) -> None:
        """Measure the end: from near the stated one, else by reading on to the last packet."""
        if self.demuxer in STATES_ITS_LENGTH and stated_ms > TAIL_MS:
            with contextlib.suppress(FFmpegError):
                self.container.seek(self.origin_us + (stated_ms - TAIL_MS) * 1000)
        keys: dict[int, Packet[Any]] = {}
        for seen, packet, _at_ms in self._packets():
            if seen.kind == "video" and packet.is_keyframe:
                keys[packet.stream_index] = packet
        for seen in self._main():
            if seen.kind == "video" and (key := keys.get(seen.stream.index)):
                seen.stream.codec_context.flush_buffers()
                seen.last = self._decode(seen, key) or self._decode(seen, None)

    def _decode(self, seen: Seen, packet: "Packet[Any] | None") -> Any:
        """The first frame this packet yields, or None; with None the decoder is emptied."""
        frame = None
        with contextlib.suppress(FFmpegError):
            frame = next(iter(seen.stream.codec_context.decode(packet)), None)
        if frame is not None and seen.kind == "video":
            self._fits(frame)
        return frame

    def _packets(self) -> Iterator[tuple[Seen, "Packet[Any]", int]]:
        """Packets that play, with their time; keeps each stream's ends and refuses what runs too long."""
        with contextlib.suppress(FFmpegError):
            for packet in self.container.demux():
                stamp = packet.pts if packet.pts is not None else packet.dts
                seen = self.seen[packet.stream_index]
                if not packet.size or stamp is None or seen.kind not in {"video", "audio"}:
                    continue
                at_ms = seen.ms(stamp) - self.origin_us // 1000
                seen.start_ms = at_ms if seen.start_ms is None else min(seen.start_ms, at_ms)
                end_ms = seen.ms(stamp + (packet.duration or seen.usual_ticks)) - self.origin_us // 1000
                seen.end_ms = max(seen.end_ms, end_ms)
                self._within(end_ms)
                yield seen, packet, at_ms

    def _within(self, duration_ms: int) -> None:
        if duration_ms > self.limits.duration_ms:
            hours = self.limits.duration_ms // MS_PER_HOUR
            raise RefusedError("TooBig", "duration", f"The file lasts longer than {hours} hours.")

    def _compare(self, stated_ms: int, measured_ms: int) -> None:
        """A length that is a promise must be kept; one that was only estimated is not looked at."""
        if measured_ms <= 0:
            raise RefusedError("NotPlayable", "duration", "The file holds nothing that lasts.")
        allowed_ms = max(SLACK_MS, stated_ms * self.limits.duration_error)
        if stated_ms and self.demuxer in STATES_ITS_LENGTH and abs(stated_ms - measured_ms) > allowed_ms:
            is_short = measured_ms < stated_ms
            said = (
                f"The file says it lasts {stated_ms / 1000:.1f} s and ends after {measured_ms / 1000:.1f} s"
            )
            why = ": the recording or the copy was cut off." if is_short else "."
            raise RefusedError("NotPlayable", "truncated" if is_short else "duration", said + why)

    def _is_indexed(self) -> bool:
        """Whether any moment of the picture can be entered without reading all before it."""
        videos = [seen for seen in self._main() if seen.kind == "video"]
        if not videos:
            return True
        if self.demuxer == "mov":
            return all(seen.stream.frames > 0 for seen in videos)  # fragments have no table of frames
        return self.demuxer == "matroska" and bool(self.container.duration)


if __name__ == "__main__":
    main(sys.argv[1:])
