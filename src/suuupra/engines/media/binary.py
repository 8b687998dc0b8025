"""One ffmpeg, found and described. Features follow what the binary lists, never its version."""

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from suuupra.engines.media.problems import ChildDied, Unsupported
from suuupra.engines.media.run import Cage, run_program

DESCRIBE = Cage(cpu_s=20, wall_s=20.0, niceness=0)
LISTS = ("encoders", "decoders", "filters", "muxers", "demuxers", "protocols")
NEEDED = {
    "aac": "sound cannot be encoded",
    "mp4": "nothing can be packaged",
    "matroska": "files without an index are refused",
}
WISHED = {
    "zscale": "HDR pictures are shown flat",
    "tonemap": "HDR pictures are shown flat",
    "libwebp": "posters are JPEG only",
    "showwavespic": "sound alone gets no drawn poster",
    "bwdif": "interlaced pictures keep their combs",
}


@dataclass(frozen=True, slots=True)
class Lack:
    """A feature the binary has not, and what becomes smaller by it."""

    feature: str
    effect: str


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """`licence` is "GPL-3.0", "GPL-2.0", "LGPL-3.0", "LGPL-2.1" or "nonfree", by its own configuration."""

    path: str
    version: str
    licence: str
    encoders: frozenset[str]
    decoders: frozenset[str]
    filters: frozenset[str]
    muxers: frozenset[str]
    demuxers: frozenset[str]
    protocols: frozenset[str]

    @classmethod
    async def find(cls, setting: str = "") -> "Ffmpeg":
        """The binary of the setting, else of the wheel, else on the path; `Unsupported`.

        A setting that names no program is an error, not an invitation to look elsewhere.
        """
        path = _locate(setting)
        if not path:
            raise Unsupported("No ffmpeg was found.", feature="ffmpeg")
        try:
            version = await _ask(path, "-version")
            lists = {name: _names(name, await _ask(path, f"-{name}")) for name in LISTS}
        except ChildDied as died:
            raise Unsupported(f"{path} does not answer: {died.detail}", feature="ffmpeg") from died
        return cls(path, _version_of(version), _licence_of(version), **lists)

    def can(self, *features: str) -> bool:
        """Whether each is an encoder, filter, muxer or protocol here."""
        return all(
            feature in self.encoders | self.filters | self.muxers | self.protocols for feature in features
        )

    def need(self, *features: str) -> None:
        """`Unsupported` with the first that is missing."""
        for feature in features:
            if not self.can(feature):
                effect = (NEEDED | WISHED).get(feature, "this step cannot run")
                raise Unsupported(f"This ffmpeg has no {feature}: {effect}.", feature=feature)

    def lacks(self) -> tuple[Lack, ...]:
        """For `doctor` and health: what is missing and what that means."""
        missing = [Lack(name, effect) for name, effect in (NEEDED | WISHED).items() if not self.can(name)]
        if not self.can("libx264"):
            effect = "pictures take more bits (OpenH264)" if self.can("libopenh264") else "no video"
            missing.append(Lack("libx264", effect))
        return tuple(missing)


def _locate(setting: str) -> str:
    found = setting or _of_the_wheel() or shutil.which("ffmpeg") or ""
    return str(Path(found).resolve()) if found else ""


def _of_the_wheel() -> str:
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return ""


async def _ask(path: str, question: str) -> list[str]:
    answer: list[str] = []
    await run_program(
        [path, "-hide_banner", "-nostdin", question],
        DESCRIBE,
        lambda line: answer.append(line.decode("utf-8", "replace")),
    )
    return answer


def _version_of(lines: Iterable[str]) -> str:
    return next((match[1] for line in lines if (match := re.match(r"ffmpeg version (\S+)", line))), "unknown")


def _licence_of(lines: Iterable[str]) -> str:
    built = " ".join(line for line in lines if line.startswith("configuration:"))
    if "--enable-nonfree" in built:
        return "nonfree"
    third = "--enable-version3" in built
    if "--enable-gpl" in built:
        return "GPL-3.0" if third else "GPL-2.0"
    return "LGPL-3.0" if third else "LGPL-2.1"


def _names(listing: str, lines: list[str]) -> frozenset[str]:
    """Names out of one of ffmpeg's tables: "flags name description", after a legend; protocols are bare."""
    if listing == "protocols":
        return frozenset(line.strip() for line in lines if line.startswith("  "))
    rows = (re.match(r"\s[A-Z.| ]{2,7}\s+([\w,]+)\s", line + " ") for line in lines)
    return frozenset(name for row in rows if row for name in row[1].split(","))
