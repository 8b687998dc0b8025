"""A short film for the demo: slides drawn here, a calm tone, encoded once and kept by its hash."""

import asyncio
import hashlib
import math
import struct
import tempfile
import wave
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from suuupra.engines.media.binary import Ffmpeg

SIZE = (1280, 720)
GROUND, INK, SPARK = (33, 40, 84), (160, 190, 255), (247, 118, 64)
RATE_HZ = 24_000
SLIDE_S = 5
LINES, MIDDLE = 11, 5


async def film(folder: Path, slides: list[str], ffmpeg_path: str = "") -> bytes:
    """An MP4 with one slide each five seconds; made once for the same words."""
    digest = hashlib.sha256("\n".join(slides).encode()).hexdigest()[:16]
    kept = folder / f"film-{digest}.mp4"
    if not await asyncio.to_thread(kept.is_file):
        found = await Ffmpeg.find(ffmpeg_path)
        with tempfile.TemporaryDirectory() as name:
            await asyncio.to_thread(_draw_all, Path(name), slides)
            await _encode(Path(found.path), Path(name), len(slides))
            await asyncio.to_thread(_keep, Path(name) / "film.mp4", kept)
    return await asyncio.to_thread(kept.read_bytes)


def _draw_all(folder: Path, slides: list[str]) -> None:
    for number, words in enumerate(slides):
        _slide(number, words).save(folder / f"slide-{number:02d}.png")
    _tone(folder / "tone.wav", len(slides) * SLIDE_S)


def _slide(number: int, words: str) -> Image.Image:
    image = Image.new("RGB", SIZE, GROUND)
    pen = ImageDraw.Draw(image)
    for row in range(LINES):
        swell = 26 * math.exp(-(((row - MIDDLE) / 2.2) ** 2))
        heights = (
            330 + row * 30 + swell * math.sin(x / 90 + number + row * 0.3) for x in range(0, SIZE[0], 8)
        )
        points = list(zip(range(0, SIZE[0], 8), heights, strict=True))
        pen.line(points, fill=SPARK if row == MIDDLE else INK, width=4)
    pen.multiline_text((90, 90), words, font=ImageFont.load_default(54), fill=(255, 255, 255), spacing=16)
    pen.text((SIZE[0] - 120, SIZE[1] - 70), str(number + 1), font=ImageFont.load_default(36), fill=INK)
    return image


def _tone(path: Path, seconds: int) -> None:
    """A soft chord that changes with each slide."""
    frames = bytearray()
    for index in range(seconds * RATE_HZ):
        at = index / RATE_HZ
        base = 196 * 2 ** ((int(at) // SLIDE_S % 4) / 6)
        level = sum(math.sin(2 * math.pi * base * part * at) / part for part in (1, 1.5, 2)) * 0.09
        frames += struct.pack("<h", int(32_000 * level))
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(bytes(frames))


async def _encode(ffmpeg: Path, folder: Path, count: int) -> None:
    partial = folder / "film.mp4"
    command = [
        *(str(ffmpeg), "-nostdin", "-loglevel", "error", "-y"),
        *("-framerate", f"1/{SLIDE_S}", "-i", str(folder / "slide-%02d.png"), "-i", str(folder / "tone.wav")),
        *("-r", "25", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac", "-b:a", "96k", "-t", str(count * SLIDE_S), "-movflags", "+faststart", str(partial)),
    ]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, complaint = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the demo film could not be made: {complaint.decode()[-300:]}")


def _keep(made: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(made.read_bytes())
