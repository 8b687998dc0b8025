"""Small films, made by the engine's ffmpeg once and kept in the tests' cache: patterns and tones."""

import hashlib
import subprocess
from pathlib import Path

import imageio_ffmpeg

from tests.postgres import cache_folder

X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
AAC = ["-c:a", "aac", "-b:a", "64k"]


def pattern(seconds: float, size: str = "320x180", fps: int = 25) -> list[str]:
    return ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={fps}:d={seconds}"]


def tone(seconds: float) -> list[str]:
    return ["-f", "lavfi", "-i", f"sine=f=440:r=48000:d={seconds}"]


RECIPES: dict[str, list[str]] = {
    "short.mp4": [*pattern(5), *tone(5), *X264, *AAC, "-shortest"],
    "other.mp4": [*pattern(3), *tone(3), *X264, *AAC, "-shortest"],
    "silent.mp4": [*pattern(2), *X264],
    "two-rungs.mp4": [*pattern(4, "640x360"), *tone(4), *X264, *AAC, "-shortest"],
    "long.mp4": [*pattern(66, "160x90", 5), *X264],
    "voice.m4a": [*tone(3), *AAC],
    "endless.mp4": ["-f", "lavfi", "-i", "color=s=16x16:r=1:d=43201", *X264],
    "wide.mkv": ["-f", "lavfi", "-i", "color=s=9000x16:r=5:d=1", "-c:v", "ffv1"],
    "stream.ts": [*pattern(3), *X264, "-g", "50"],
}


def film(name: str) -> Path:
    """The file of a recipe."""
    recipe = RECIPES[name]
    digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]
    kept = cache_folder() / "films" / f"{digest}-{name}"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        partial = kept.with_name(f"partial-{kept.name}")
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *recipe, str(partial)]
        subprocess.run(command, check=True, timeout=50)
        partial.rename(kept)
    return kept
