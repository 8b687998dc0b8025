"""The fixed ladder: heights and caps by the short side, never above the source."""

from dataclasses import dataclass
from fractions import Fraction

from suuupra.engines.media.binary import Ffmpeg
from suuupra.engines.media.problems import Unsupported
from suuupra.engines.media.values import Ladder, Probe, Rung

H264_ENCODERS = ("libx264", "libopenh264")


@dataclass(frozen=True, slots=True)
class Policy:
    """`steps` are (short side in pixels, cap in kb/s), tallest first."""

    steps: tuple[tuple[int, int], ...] = ((1080, 4500), (720, 2500), (480, 1000), (360, 600), (240, 300))
    crf: int = 23
    encoder: str = "libx264"
    preset: str = "veryfast"


def policy_for(ffmpeg: Ffmpeg) -> Policy:
    """The policy this binary can keep: x264, else Cisco's OpenH264 (bits by rate instead of by quality)."""
    for encoder in H264_ENCODERS:
        if ffmpeg.can(encoder):
            return Policy(encoder=encoder)
    raise Unsupported("This ffmpeg has no H.264 encoder.", feature="h264")


DEFAULT_POLICY = Policy()


def fixed_ladder(probe: Probe, policy: Policy = DEFAULT_POLICY) -> Ladder:
    """Rungs for a probed file; a source below the lowest step gets one rung of its own size."""
    video = probe.video
    if video is None:
        return Ladder((), "sound alone")
    short = min(video.upright)
    steps = [step for step in policy.steps if step[0] <= short]
    if steps:
        return Ladder(tuple(_rung(video.upright, px, kbps, policy) for px, kbps in steps), "fixed ladder")
    lowest_px, lowest_kbps = policy.steps[-1]
    cap_kbps = max(64, lowest_kbps * short * short // (lowest_px * lowest_px))
    return Ladder((_rung(video.upright, max(2, short // 2 * 2), cap_kbps, policy),), "below the lowest step")


def _rung(upright: tuple[int, int], short_px: int, cap_kbps: int, policy: Policy) -> Rung:
    scale = Fraction(short_px, min(upright))
    width, height = (_even(side * scale) for side in upright)
    return Rung(f"{short_px}p", width, height, policy.crf, cap_kbps, policy.encoder, policy.preset)


def _even(side: Fraction) -> int:
    return max(2, 2 * round(side / 2))
