"""An upload whose line breaks two hundred times arrives whole."""

import random

import pytest

from tests.covers import covers
from tests.services.vod.cinema import Cinema
from tests.services.vod.films import film
from tests.services.vod.routes.test_tus_clients import cut_and_go_on


@covers("VOD-1", "VOD-19")
@pytest.mark.timeout(300)
async def test_cut_at_two_hundred_random_bytes(cinema: Cinema) -> None:
    body = film("long.mp4").read_bytes() + random.Random(11).randbytes(64 * 1024 * 1024)
    await cut_and_go_on(cinema, body, 200, seed=11)
