"""From what PyAV says of a stream and the stamps of its packets to a `Stream` value, in the probe child."""

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Any

from av.stream import Disposition

from suuupra.engines.media.formats import is_known_codec
from suuupra.engines.media.values import Stream

ATTACHED = Disposition.attached_pic | Disposition.timed_thumbnails
FULL_RANGE = 2
ODD_SHARE = 0.02  # of steps that may differ before a rate counts as variable
HEADER_TRUST = Fraction(1, 500)
TRANSFERS = {1: "bt709", 6: "smpte170m", 14: "bt2020-10", 16: "smpte2084", 18: "arib-std-b67"}
PRIMARIES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 12: "smpte432"}
MATRICES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc", 10: "bt2020c"}


@dataclass
class Seen:
    """What was noticed of one stream while its packets passed. Times in ms from the file's first stamp."""

    stream: Any  # one of av's stream classes; their common base lacks what is read here
    stamps: list[int] = field(default_factory=list)  # in ticks of the stream
    start_ms: int | None = None
    end_ms: int = 0
    first: Any = None  # the first frame, and one near the end
    last: Any = None

    def ms(self, ticks: int) -> int:
        """Nearest millisecond; whole numbers, since there may be millions of packets."""
        base = self.base
        return (2000 * ticks * base.numerator + base.denominator) // (2 * base.denominator)

    @cached_property
    def base(self) -> Fraction:
        return Fraction(self.stream.time_base or Fraction(1, 1000))

    @cached_property
    def usual_ticks(self) -> int:
        """What a packet lasts that does not say so."""
        rate = self.stream.average_rate if self.stream.type == "video" else None
        return round(1 / (rate * self.base)) if rate else 0

    @property
    def changes_size(self) -> bool:
        if self.kind != "video" or self.first is None or self.last is None:
            return False
        return bool((self.first.width, self.first.height) != (self.last.width, self.last.height))

    def believe_the_index(self, demuxer: str, origin_ms: int) -> None:
        """Reordered packets of uneven length overshoot the end; a table of frames knows it."""
        if demuxer == "mov" and self.stream.frames and self.stream.duration:
            stated_ms = self.ms((self.stream.start_time or 0) + self.stream.duration) - origin_ms
            self.end_ms = min(self.end_ms, stated_ms)

    @cached_property
    def kind(self) -> str:
        if self.stream.type not in {"video", "audio"} or self.stream.codec_context is None:
            return "other"
        if self.stream.disposition & ATTACHED:
            return "picture"
        return str(self.stream.type) if is_known_codec(self.stream.type, self.codec) else "other"

    @property
    def codec(self) -> str:
        context = self.stream.codec_context
        return str(context.codec.canonical_name) if context is not None else ""

    def value(self) -> Stream:
        basic = {
            "index": self.stream.index,
            "kind": self.kind,
            "codec": self.codec,
            "profile": str(self.stream.profile or ""),
            "language": self.stream.language if self.stream.language not in {None, "und"} else "",
            "start_ms": self.start_ms or 0,
            "end_ms": self.end_ms,
        }
        if self.kind == "audio":
            context = self.stream.codec_context
            return Stream(**basic, channels=context.channels, rate_hz=context.sample_rate)
        return Stream(**basic, **self._picture()) if self.kind == "video" else Stream(**basic)

    def _picture(self) -> dict[str, Any]:
        context, frame = self.stream.codec_context, self.first
        sar = self.stream.sample_aspect_ratio or Fraction(1)
        rate, is_vfr = self._rate()
        return {
            "width": frame.width if frame else context.width,
            "height": frame.height if frame else context.height,
            "rotation": -90 * round(frame.rotation / 90) % 360 if frame else 0,
            "sar_num": sar.numerator,
            "sar_den": sar.denominator,
            "fps_num": rate.numerator,
            "fps_den": rate.denominator,
            "is_vfr": is_vfr,
            "is_interlaced": bool(frame and frame.interlaced_frame),
            "pix_fmt": str(context.pix_fmt or ""),
            "transfer": TRANSFERS.get(int(context.color_trc), ""),
            "primaries": PRIMARIES.get(int(context.color_primaries), ""),
            "matrix": MATRICES.get(int(context.colorspace), ""),
            "is_full_range": int(context.color_range) == FULL_RANGE or "yuvj" in str(context.pix_fmt),
        }

    def _rate(self) -> tuple[Fraction, bool]:
        return rate_of(self.stamps, self.base, Fraction(self.stream.average_rate or 0))


def rate_of(stamps: list[int], base: Fraction, header: Fraction) -> tuple[Fraction, bool]:
    """Frames a second, and whether they vary; from stamps in ticks of `base` and from what the header says.

    A variable stream has the rate of its median step, or of its average where that is higher: the rate of
    what moves.
    """
    steps = [after - before for before, after in pairwise(sorted(set(stamps)))]
    if not steps:
        return header, False
    step_s = Fraction(median(steps)) * base
    slack_s = step_s / 5 + Fraction(1, 1000)  # containers that count milliseconds round
    even = [step for step in steps if abs(step * base - step_s) <= slack_s]
    measured = len(even) / (sum(even) * base)
    is_odd = len(steps) - len(even) > ODD_SHARE * len(steps)
    if is_odd or (header and abs(header * step_s - 1) > Fraction(1, 20)):
        average = len(steps) / (sum(steps) * base)
        return max(measured, average).limit_denominator(1001), is_odd
    rounding = Fraction(1, sum(even))
    is_honest = bool(header) and abs(header / measured - 1) <= HEADER_TRUST + rounding
    return (header if is_honest else measured).limit_denominator(1001), False
