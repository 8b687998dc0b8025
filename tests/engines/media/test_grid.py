"""The grid and the ladder: laws of whole frames, and the fixed heights."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.engines.media.grid import RATES, Grid, grid_of, nearest_rate
from suuupra.engines.media.ladder import fixed_ladder
from suuupra.engines.media.values import Probe, Stream
from tests.covers import covers

RATE = st.sampled_from(RATES)
GRIDS = st.builds(
    lambda rate, frames: Grid(rate.numerator, rate.denominator, round(2 * rate), frames),
    RATE,
    st.integers(1, 12 * 3600 * 60),
)


def probed(width: int = 1920, height: int = 1080, **fields: Any) -> Probe:
    video = Stream(0, "video", "h264", width=width, height=height, fps_num=25, end_ms=10_000)
    return Probe("mov", 10_000, 1, is_indexed=True, streams=(replace(video, **fields),))


@covers("ENG-3", "ENG-4")
class TestGrid:
    @given(GRIDS)
    def test_segments_tile_the_frames_and_chunks_tile_the_segments(self, grid: Grid) -> None:
        borders = [grid.border(k) for k in range(grid.segments + 1)]
        assert borders[0] == 0
        assert borders[-1] == grid.frames_total
        assert all(before < after for before, after in pairwise(borders))
        assert sum(len(grid.chunk_segments(i)) for i in range(grid.chunks)) == grid.segments
        assert sum(len(grid.chunk_frames(i)) for i in range(grid.chunks)) == grid.frames_total

    @given(GRIDS)
    def test_a_frame_is_a_whole_number_of_ticks_and_all_frames_are_the_duration(self, grid: Grid) -> None:
        assert Fraction(grid.timescale, grid.ticks_per_frame) == grid.fps
        assert Fraction(grid.frames_total * grid.ticks_per_frame, grid.timescale) == grid.duration_s
        assert grid.segment_frames % grid.gop_frames == 0

    @given(st.fractions(Fraction(1, 4), 1000).filter(bool))
    def test_the_rate_is_one_of_ten_and_none_is_nearer(self, fps: Fraction) -> None:
        rate = nearest_rate(fps)
        assert rate in RATES
        assert all(max(rate / fps, fps / rate) <= max(other / fps, fps / other) for other in RATES)

    @pytest.mark.parametrize(
        ("fps", "rate"),
        [("240", "60"), ("29.97", "30000/1001"), ("15", "24000/1001"), ("25", "25"), ("59.9", "60000/1001")],
    )
    def test_rates_people_meet(self, fps: str, rate: str) -> None:
        assert nearest_rate(Fraction(fps)) == Fraction(rate)

    def test_sound_that_outlasts_the_picture_by_its_padding_adds_no_frame(self) -> None:
        video = Stream(0, "video", "h264", fps_num=25, end_ms=4000)
        near = Probe("mov", 4080, 1, is_indexed=True, streams=(video,))
        far = Probe("mov", 9000, 1, is_indexed=True, streams=(video,))
        assert grid_of(near).frames_total == 100
        assert grid_of(far).frames_total == 225

    def test_one_frame_and_no_picture_have_a_grid(self) -> None:
        still = Stream(0, "video", "h264", fps_num=30, end_ms=33)
        assert grid_of(Probe("mov", 33, 1, is_indexed=True, streams=(still,))).frames_total == 1
        sound = Stream(0, "audio", "aac", channels=2)
        assert grid_of(Probe("mov", 9000, 1, is_indexed=True, streams=(sound,))).segments == 3


@covers("VOD-5")
class TestLadder:
    def test_full_hd_gets_all_five_with_the_planned_caps(self) -> None:
        ladder = fixed_ladder(probed())
        assert [(rung.name, rung.width, rung.cap_kbps) for rung in ladder.rungs] == [
            *[("1080p", 1920, 4500), ("720p", 1280, 2500), ("480p", 854, 1000)],
            *[("360p", 640, 600), ("240p", 426, 300)],
        ]
        assert ladder.first.name == "480p"
        assert [rung.name for rung in ladder.rest] == ["1080p", "720p", "360p", "240p"]

    @given(st.integers(2, 8192), st.integers(2, 8192), st.sampled_from([0, 90, 180, 270]))
    def test_no_rung_is_larger_than_the_source_and_all_sides_are_even(
        self, width: int, height: int, rotation: int
    ) -> None:
        ladder = fixed_ladder(probed(width, height, rotation=rotation))
        upright = (height, width) if rotation in {90, 270} else (width, height)
        for rung in ladder.rungs:
            assert rung.width % 2 == rung.height % 2 == 0
            assert rung.short_px <= max(2, min(upright))
            assert (rung.width >= rung.height) == (upright[0] >= upright[1]) or rung.width == rung.height
        assert ladder.first in ladder.rungs

    def test_portrait_and_rotation_are_kept(self) -> None:
        assert fixed_ladder(probed(1080, 1920)).rungs[0].name == "1080p"
        turned = fixed_ladder(probed(1280, 720, rotation=90)).rungs[0]
        assert (turned.width, turned.height) == (720, 1280)

    def test_wide_points_become_square(self) -> None:
        wide = fixed_ladder(probed(1440, 1080, sar_num=4, sar_den=3)).rungs[0]
        assert (wide.width, wide.height) == (1920, 1080)

    def test_a_small_source_has_one_rung_of_its_own(self) -> None:
        ladder = fixed_ladder(probed(160, 97))
        assert [(rung.name, rung.width, rung.height) for rung in ladder.rungs] == [("96p", 158, 96)]
        assert ladder.first is ladder.rungs[0]
        assert ladder.rest == ()

    def test_sound_alone_has_no_rung(self) -> None:
        sound = Stream(0, "audio", "aac", channels=2)
        assert fixed_ladder(Probe("mp3", 9000, 1, is_indexed=True, streams=(sound,))).rungs == ()
