"""Synthetic sources, made by ffmpeg on first use: patterns, tones, and frames that carry their own number."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

BITS, BAR_PX = 10, 16
WIDTH, HEIGHT = BITS * BAR_PX, 96
NUMBERS = (
    f"color=c=black:s={WIDTH}x{HEIGHT}:r={{fps}}:d={{s}},"
    f"geq=lum='if(mod(floor(N/pow(2,floor(X/{BAR_PX}))),2),235,16)':cb=128:cr=128"
)
PATTERN = "testsrc2=s={size}:r={fps}:d={s}"
TONE = "sine=f=440:r=48000:d={s}"
X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
HDR = ["-pix_fmt", "yuv420p10le", "-color_primaries", "bt2020", "-color_trc", "smpte2084"]
HDR += ["-colorspace", "bt2020nc", "-x265-params"]
HDR += ["log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"]


def lavfi(form: str, **values: Any) -> list[str]:
    return ["-f", "lavfi", "-i", form.format(**values)]


def pattern(size: str = "320x180", fps: str = "25", s: float = 6) -> list[str]:
    return lavfi(PATTERN, size=size, fps=fps, s=s)


def numbers(fps: str, s: float) -> list[str]:
    return lavfi(NUMBERS, fps=fps, s=s)


RECIPES: dict[str, list[str]] = {
    "lesson.mp4": [*pattern("854x480"), *lavfi(TONE, s=6), *X264, "-c:a", "aac", "-shortest"],
    "numbers.mp4": [*numbers("25", 16), *X264, "-g", "70", "-bf", "3", "-b_strategy", "0"],
    "numbers.mkv": [*numbers("30000/1001", 14), *X264, "-g", "1000", "-bf", "2"],
    "numbers.ts": [*numbers("25", 14), *X264, "-g", "50", "-bf", "2"],
    "silent.mp4": [*pattern(s=3), *X264],
    "one.mp4": [*pattern(s=1), "-frames:v", "1", *X264],
    "short.mp4": [*pattern(s=0.3), *lavfi(TONE, s=0.3), *X264, "-c:a", "aac"],
    "fast.mp4": [*pattern(fps="240", s=1), *X264],
    "uneven.mp4": [*numbers("30", 4), "-vf", "select='lt(n,60)+not(mod(n,7))'", "-fps_mode", "vfr", *X264],
    "hdr.mp4": [*pattern(fps="24", s=2), "-c:v", "libx265", "-preset", "ultrafast", *HDR],
    "voice.mp3": [*lavfi("sine=f=300:r=8000:d=9"), "-ac", "1", "-c:a", "libmp3lame"],
    "voice.wav": [*lavfi("sine=f=300:r=8000:d=2"), "-ac", "1"],
    "surround.mkv": [
        *pattern(s=2),
        *lavfi("anoisesrc=d=2,aformat=channel_layouts=5.1"),
        *(*X264, "-c:a", "ac3"),
    ],
    "black.mp4": [*lavfi("color=c=black:s=320x180:r=25:d=3"), *X264],
    "portrait.mp4": [*pattern("180x320", s=2), *X264],
    "wide_points.mp4": [*pattern("240x180", s=2), "-vf", "setsar=4/3", *X264],
    "combs.mp4": [
        *pattern("320x180", fps="50", s=2),
        *("-vf", "tinterlace=4,setfield=tff", "-flags", "+ilme+ildct", "-field_order", "tt", *X264),
    ],
    "flash.mp4": [
        *lavfi("color=c=black:s=160x96:r=25:d=10,drawbox=c=white:t=fill:enable='between(t,6,6.4)'"),
        *lavfi("aevalsrc='if(between(t,6,6.4),sin(2*PI*1000*t),0)':s=44100:d=10"),
        *(*X264, "-c:a", "aac"),
    ],
    "huge.mkv": [*lavfi("color=s=9000x16:r=5:d=1"), "-c:v", "ffv1"],
    "live.webm": [
        *(*pattern(s=3), *lavfi(TONE, s=3), "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8"),
        *("-c:a", "libopus", "-f", "webm", "-live", "1"),
    ],
    "odd_start.ts": [*numbers("25", 14), *X264, "-g", "50", "-output_ts_offset", "95400"],
}


@dataclass(frozen=True)
class Studio:
    """A folder of sources; each is made once."""

    ffmpeg: str
    folder: Path

    def get(self, name: str) -> Path:
        path = self.folder / name
        return path if path.exists() else self.make(name, *RECIPES[name])

    def make(self, name: str, *arguments: str) -> Path:
        path = self.folder / name
        command = [self.ffmpeg, "-v", "error", "-nostdin", "-y", *arguments, str(path)]
        subprocess.run(command, check=True, timeout=50)
        return path


def shown_numbers(path: Path) -> list[int]:
    """The numbers that the frames of a file carry, in the order in which they are shown."""
    with av.open(str(path)) as container:
        return [_number(frame) for frame in container.decode(video=0)]


def _number(frame: Any) -> int:
    plane = frame.reformat(format="gray").planes[0]
    row = bytes(plane)[plane.line_size * (frame.height // 2) :]
    bar = frame.width / BITS
    return sum(1 << bit for bit in range(BITS) if row[int(bar * (bit + 0.5))] > 128)


def joined(folder: Path, target: Path) -> Path:
    """Header and segments of a track as one file."""
    pieces = [folder / "init.mp4", *sorted(folder.glob("seg-*.m4s"))]
    target.write_bytes(b"".join(piece.read_bytes() for piece in pieces))
    return target
