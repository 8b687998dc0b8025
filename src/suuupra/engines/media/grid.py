"""The time grid: one constant rate, closed GOPs of two seconds, segments of two, chunks of fifteen segments.

Every rung is cut at the same frames, so that any of them can be joined to any other. All arithmetic is in
whole frames and ticks; a fraction is rounded once, where it becomes text.
"""

from dataclasses import dataclass
from fractions import Fraction

from suuupra.engines.media.values import Probe, Stream

RATES = tuple(sorted(Fraction(whole * 1000, den) for whole in (24, 25, 30, 50, 60) for den in (1000, 1001)))
NOTIONAL_RATE = Fraction(25)
GOP_S = 2
SEGMENT_GOPS = 2
CHUNK_SEGMENTS = 15
TRAILING_SOUND_MS = 100


@dataclass(frozen=True, slots=True)
class Grid:
    """Where a presentation is cut. Segment and chunk numbers count from 0."""

    fps_num: int
    fps_den: int
    gop_frames: int
    frames_total: int

    @property
    def fps(self) -> Fraction:
        return Fraction(self.fps_num, self.fps_den)

    @property
    def segment_frames(self) -> int:
        """Of every segment but perhaps the last."""
        return SEGMENT_GOPS * self.gop_frames

    @property
    def segments(self) -> int:
        return -(-self.frames_total // self.segment_frames)

    @property
    def chunks(self) -> int:
        return -(-self.segments // CHUNK_SEGMENTS)

    @property
    def ticks_per_frame(self) -> int:
        return 1000 if self.fps_den == 1 else self.fps_den

    @property
    def timescale(self) -> int:
        """Ticks a second, such that a frame is a whole number of them."""
        return self.fps_num * self.ticks_per_frame // self.fps_den

    @property
    def duration_s(self) -> Fraction:
        return self.frames_total / self.fps

    def border(self, segment: int) -> int:
        """The frame segment `segment` starts at; the end for the number past the last."""
        return min(segment * self.segment_frames, self.frames_total)

    def borders(self, count: int) -> list[int]:
        """The borders of segments 0 to `count`, that one included."""
        step, end = self.segment_frames, self.frames_total
        return [min(segment * step, end) for segment in range(count + 1)]

    def frames_in(self, segment: int) -> int:
        return self.border(segment + 1) - self.border(segment)

    def chunk_segments(self, chunk: int) -> range:
        return range(chunk * CHUNK_SEGMENTS, min((chunk + 1) * CHUNK_SEGMENTS, self.segments))

    def chunk_frames(self, chunk: int) -> range:
        """Frame numbers, half open."""
        cut = self.chunk_segments(chunk)
        return range(self.border(cut.start), self.border(cut.stop))


def nearest(number: int, divisor: int) -> int:
    """Their quotient rounded to the nearest whole number, halves up; no fraction is made on the way."""
    return (2 * number + divisor) // (2 * divisor)


def nearest_rate(fps: Fraction) -> Fraction:
    """The rate of `RATES` nearest by ratio; above 60 it is 60, at equal distance the lower one."""
    return min(RATES, key=lambda rate: (max(rate / fps, fps / rate), rate))


def grid_of(probe: Probe) -> Grid:
    """The grid of a probed file; sound alone is cut on a notional grid of 25 frames a second."""
    video = probe.video
    rate = nearest_rate(Fraction(video.fps_num, video.fps_den)) if video and video.fps_num else NOTIONAL_RATE
    frames = max(1, round(Fraction(_length_ms(probe, video), 1000) * rate))
    return Grid(rate.numerator, rate.denominator, round(GOP_S * rate), frames)


def _length_ms(probe: Probe, video: Stream | None) -> int:
    """The picture rules where the sound outlasts it only by its own padding."""
    if video is None or probe.duration_ms - video.end_ms > TRAILING_SOUND_MS:
        return probe.duration_ms
    return video.end_ms
