"""Plain frozen values that every part of the engine speaks in; units stand in the names."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may be. The defaults are those of the service's plan (vod, section 7)."""

    side_px: int = 8192
    pixels: int = 40_000_000
    streams: int = 8
    duration_ms: int = 12 * 3_600_000
    duration_error: float = 0.05
    wall_s: float = 120.0
    memory_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream as measured. `rotation` is degrees clockwise (0, 90, 180, 270) that show it upright."""

    index: int
    kind: str  # "video", "audio", "picture" (cover art) or "other"
    codec: str
    profile: str = ""
    width: int = 0
    height: int = 0
    rotation: int = 0
    sar_num: int = 1
    sar_den: int = 1
    fps_num: int = 0
    fps_den: int = 1
    is_vfr: bool = False
    is_interlaced: bool = False
    pix_fmt: str = ""
    transfer: str = ""
    primaries: str = ""
    matrix: str = ""
    is_full_range: bool = False
    channels: int = 0
    rate_hz: int = 0
    language: str = ""
    start_ms: int = 0
    end_ms: int = 0

    @property
    def is_hdr(self) -> bool:
        """PQ (SMPTE ST 2084) or HLG (ARIB STD-B67)."""
        return self.transfer in {"smpte2084", "arib-std-b67"}

    @property
    def upright(self) -> tuple[int, int]:
        """(width, height) in square pixels after rotation, not yet rounded to even."""
        width = max(1, round(self.width * Fraction(self.sar_num or 1, self.sar_den or 1)))
        return (self.height, width) if self.rotation in {90, 270} else (width, self.height)


@dataclass(frozen=True, slots=True)
class Probe:
    """A file as measured. `container` is ffmpeg's demuxer name; times count from the file's first stamp."""

    container: str
    duration_ms: int
    size_bytes: int
    is_indexed: bool
    streams: tuple[Stream, ...]
    warnings: tuple[str, ...] = ()

    def _first(self, kind: str) -> Stream | None:
        return next((stream for stream in self.streams if stream.kind == kind), None)

    @property
    def video(self) -> Stream | None:
        """The first real video; cover art is none."""
        return self._first("video")

    @property
    def audio(self) -> Stream | None:
        return self._first("audio")


@dataclass(frozen=True, slots=True)
class Source:
    """A probed local file; `sha256` is of the upload and keys every chunk made from it."""

    path: Path
    probe: Probe
    sha256: str


@dataclass(frozen=True, slots=True)
class Rung:
    """One height of the ladder. `name` is "480p" by the short side; the sides are the picture's."""

    name: str
    width: int
    height: int
    crf: int
    cap_kbps: int
    encoder: str = "libx264"
    preset: str = "veryfast"

    @property
    def short_px(self) -> int:
        return min(self.width, self.height)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Tallest rung first. `reason` says why it is this one; empty for sound alone."""

    rungs: tuple[Rung, ...]
    reason: str

    @property
    def first(self) -> Rung:
        """The rung that runs ahead: 480p, else the tallest below it, else the lowest there is."""
        return next((rung for rung in self.rungs if rung.short_px <= FIRST_RUNG_PX), self.rungs[-1])

    @property
    def rest(self) -> tuple[Rung, ...]:
        return tuple(rung for rung in self.rungs if rung is not self.first)


FIRST_RUNG_PX = 480


@dataclass(frozen=True, slots=True)
class Progress:
    """Never falls within one call. `speed` is times real time, `eta_s` counts only time not paused."""

    frames_done: int
    frames_total: int
    speed: float
    eta_s: float

    @property
    def percent(self) -> float:
        return 100.0 * self.frames_done / self.frames_total if self.frames_total else 100.0


@dataclass(slots=True, unsafe_hash=True)  # never changed; a frozen one takes thrice as long to make
class Segment:
    """`start_ticks` and `duration_ticks` in the track's timescale, on the presentation's clock."""

    index: int
    start_ticks: int
    duration_ticks: int
    size_bytes: int
    is_independent: bool = True


@dataclass(frozen=True, slots=True)
class Track:
    """`name` is its folder. Width, height and fps are 0 for sound, channels 0 for pictures."""

    name: str
    kind: str  # "video" or "audio"
    codec: str
    timescale: int
    segments: tuple[Segment, ...]
    width: int = 0
    height: int = 0
    fps_num: int = 0
    fps_den: int = 1
    cap_kbps: int = 0
    channels: int = 0
    language: str = ""
    label: str = ""

    @property
    def duration_s(self) -> Fraction:
        """Exact."""
        return Fraction(sum(one.duration_ticks for one in self.segments), self.timescale)


@dataclass(frozen=True, slots=True)
class Presentation:
    """What manifests are drawn from: video tracks tallest first, at most one sound."""

    tracks: tuple[Track, ...]
    is_complete: bool

    @property
    def video(self) -> tuple[Track, ...]:
        return tuple(track for track in self.tracks if track.kind == "video")

    @property
    def audio(self) -> Track | None:
        return next((track for track in self.tracks if track.kind == "audio"), None)

    def track(self, name: str) -> Track:
        """The track of that folder; `KeyError`."""
        return {track.name: track for track in self.tracks}[name]
