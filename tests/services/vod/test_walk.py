"""From a file to a watched second, through the doors that people use."""

import m3u8
import pytest

from tests.covers import covers
from tests.services.vod.conftest import OpenCinema


@covers("VOD-1", "VOD-5", "VOD-11", "VOD-13", "VOD-14", "VOD-21")
@pytest.mark.parametrize("binding", ["local", "remote"])
async def test_a_film_is_sent_encoded_played_and_watched(open_cinema: OpenCinema, binding: str) -> None:
    async with open_cinema(binding=binding) as cinema:
        asset = await cinema.ready()
        assert asset.duration_ms == 5000
        plan = await cinema.plan(asset=asset)
        browser = cinema.browser(cinema.teacher)
        master = m3u8.loads((await browser.get(plan.hls)).text, uri=f"http://testserver{plan.hls}")
        (variant,) = master.playlists
        listed = m3u8.loads((await browser.get(variant.absolute_uri)).text, uri=variant.absolute_uri)
        assert listed.is_endlist
        assert abs(sum(segment.duration for segment in listed.segments) - 5) < 0.001
        for segment in listed.segments:
            got = await browser.get(segment.absolute_uri)
            assert got.status_code == 200
            assert got.content[4:8] == b"moof"
        beat = await browser.post(plan.beat_url, json={"intervals": [[0, 4000]], "position_ms": 4000})
        assert beat.status_code == 200, beat.text
        assert set(beat.json()) == {"grant", "position_ms"}
