"""Fixtures of the media engine: one ffmpeg and one folder of sources a session, a workshop a test."""

import contextlib
from pathlib import Path

import psutil
import pytest

from suuupra.engines.media.binary import Ffmpeg
from suuupra.engines.media.probe import probe
from suuupra.engines.media.values import Source
from suuupra.engines.media.workshop import Workshop
from tests.engines.media.sources import Studio


@pytest.fixture(scope="session")
async def ffmpeg() -> Ffmpeg:
    return await Ffmpeg.find()


@pytest.fixture(scope="session")
def studio(ffmpeg: Ffmpeg, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(ffmpeg.path, tmp_path_factory.mktemp("sources"))


@pytest.fixture
def shop(ffmpeg: Ffmpeg, tmp_path: Path) -> Workshop:
    temp = tmp_path / "temp"
    temp.mkdir()
    return Workshop(ffmpeg, temp, niceness=0)


class Opener:
    """Probes a source by name."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    async def __call__(self, name: str) -> Source:
        path = self.studio.get(name)
        return Source(path, await probe(path), sha256=name)


@pytest.fixture
def opened(studio: Studio) -> Opener:
    return Opener(studio)


def line_of(process: psutil.Process) -> list[str]:
    """The command line; of one that ended a moment ago, nothing."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return list(process.cmdline())
    return []
