"""Posters: the right moment, the right size, and something for sound alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from suuupra.engines.media.control import Control, Watch
from suuupra.engines.media.problems import Cancelled
from suuupra.engines.media.stills import Look, best, fitted, judge, moments, poster
from suuupra.engines.media.values import Progress
from suuupra.engines.media.workshop import Workshop
from tests.covers import covers
from tests.engines.media.conftest import Opener
from tests.engines.media.sources import Studio

BLACK = "color=c=black:s=320x180:r=25:d=4"
SHARP = "testsrc2=s=320x180:r=25:d=3"


@covers("ENG-5", "VOD-8")
class TestPoster:
    async def test_it_is_taken_where_there_is_something_to_see(
        self, shop: Workshop, studio: Studio, opened: Opener, tmp_path: Path
    ) -> None:
        """Four black seconds, three of a blurred pattern, three of a sharp one, then black again."""
        graph = "[1]gblur=sigma=9[b];[0][b][2][3]concat=n=4"
        inputs = [word for form in (BLACK, SHARP, SHARP, BLACK) for word in ("-f", "lavfi", "-i", form)]
        studio.make(
            "scenes.mp4", *inputs, "-filter_complex", graph, "-c:v", "libx264", "-preset", "ultrafast"
        )
        seen: list[Progress] = []
        drawn = await poster(shop, await opened("scenes.mp4"), tmp_path, Watch(seen.append))
        assert 7000 <= drawn.at_ms < 10_000
        assert [one.frames_done for one in seen] == list(range(1, 11))
        for path in (drawn.jpeg, drawn.webp):
            assert path is not None
            with Image.open(path) as picture:
                assert picture.size == (drawn.width, drawn.height) == (320, 180)
        assert list(shop.temp.iterdir()) == []

    @pytest.mark.parametrize(
        ("name", "size"),
        [
            ("portrait.mp4", (180, 320)),
            ("one.mp4", (320, 180)),
            ("hdr.mp4", (320, 180)),
            ("wide_points.mp4", (320, 180)),
            ("black.mp4", (320, 180)),
        ],
    )
    async def test_every_kind_of_picture_has_one_upright(
        self, name: str, size: tuple[int, int], shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        drawn = await poster(shop, await opened(name), tmp_path)
        with Image.open(drawn.jpeg) as picture:
            assert picture.size == size

    async def test_sound_alone_gets_its_wave(self, shop: Workshop, opened: Opener, tmp_path: Path) -> None:
        drawn = await poster(shop, await opened("voice.mp3"), tmp_path)
        with Image.open(drawn.jpeg) as picture:
            assert picture.size == (1280, 720)
            shades = picture.convert("L").histogram()
        assert sum(shades[200:]) > 100_000  # the paper
        assert sum(shades[:120]) > 10_000  # the wave

    async def test_a_smaller_binary_draws_less_and_still_draws(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        ffmpeg = shop.ffmpeg
        poor = replace(
            ffmpeg, encoders=ffmpeg.encoders - {"libwebp"}, filters=ffmpeg.filters - {"showwavespic"}
        )
        drawn = await poster(replace(shop, ffmpeg=poor), await opened("voice.mp3"), tmp_path)
        assert drawn.webp is None
        assert drawn.jpeg.exists()

    async def test_it_can_be_cancelled(self, shop: Workshop, opened: Opener, tmp_path: Path) -> None:
        control = Control()
        watch = Watch(lambda _progress: control.cancel(), control)
        with pytest.raises(Cancelled):
            await poster(shop, await opened("silent.mp4"), tmp_path, watch)
        assert list(shop.temp.iterdir()) == []


@covers("ENG-5")
class TestJudged:
    def test_sharper_scores_higher_and_a_cut_is_unfit(self) -> None:
        sharp = Image.effect_noise((160, 90), 80)
        blurred = sharp.filter(ImageFilter.GaussianBlur(3))
        assert judge(0, [sharp] * 5).sharpness > 2 * judge(0, [blurred] * 5).sharpness
        assert judge(0, [sharp] * 5).is_fit
        white = Image.new("L", (160, 90), 255)
        assert not judge(0, [sharp, sharp, sharp, white, white]).is_fit
        assert not judge(0, [Image.new("L", (160, 90), 3)] * 5).is_fit

    def test_where_nothing_is_fit_the_brightest_is_taken(self) -> None:
        dark = Look(0, 0, 9.0, 2.0, is_fit=False)
        grey = Look(1, 0, 1.0, 20.0, is_fit=False)
        assert best([dark, grey]) is grey

    @given(st.integers(0, 12 * 3_600_000))
    def test_moments_lie_inside_and_rise(self, duration_ms: int) -> None:
        found = moments(duration_ms)
        assert len(found) == 10
        assert found == sorted(found)
        assert all(0 <= at <= duration_ms for at in found)

    @given(st.integers(2, 8192), st.integers(2, 8192), st.integers(2, 2000))
    def test_a_fitted_size_is_even_and_never_larger(self, width: int, height: int, long_px: int) -> None:
        fit = fitted((width, height), long_px)
        assert all(side % 2 == 0 and side >= 2 for side in fit)
        assert max(fit) <= max(2, min(long_px, max(width, height)) + 1)
