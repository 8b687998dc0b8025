"""A disk store of the test's own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from suuupra.kernel.clock import FrozenClock
from suuupra.platform.keys import FileKeys
from suuupra.platform.objects import DiskObjects


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 24, 12, tzinfo=UTC))


@pytest.fixture
def store(tmp_path: Path, clock: FrozenClock) -> DiskObjects:
    return DiskObjects(tmp_path / "objects", FileKeys(tmp_path / "keys"), clock)
