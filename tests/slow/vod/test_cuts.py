"""An upload whose line breaks two hundred times arrives whole."""

import pytest

from tests.covers import covers
from tests.services.vod.cinema import Cinema
from tests.services.vod.routes.test_tus_clients import cut_and_go_on


@covers("VOD-1", "VOD-19")
@pytest.mark.timeout(300)
async def test_cut_at_two_hundred_random_bytes(cinema: Cinema) -> None:
    await cut_and_go_on(cinema, "long.mp4", 200, seed=11)
