"""Chunks: exactly the frames of the grid, in every rung; whole or not at all; never twice."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.engines.media.binary import Ffmpeg
from suuupra.engines.media.colour import colour_warnings
from suuupra.engines.media.control import Control, Watch
from suuupra.engines.media.encode import EncodeChunk, encode_chunk
from suuupra.engines.media.grid import Grid, grid_of
from suuupra.engines.media.ladder import fixed_ladder
from suuupra.engines.media.meter import Meter
from suuupra.engines.media.probe import probe
from suuupra.engines.media.problems import Cancelled, ChildDied, NotPlayable, Unsupported
from suuupra.engines.media.remux import with_index
from suuupra.engines.media.run import Account
from suuupra.engines.media.values import Progress, Rung, Source
from suuupra.engines.media.workshop import Workshop, sweep
from tests.covers import covers
from tests.engines.media.conftest import Opener, line_of
from tests.engines.media.sources import Studio, shown_numbers
from tests.engines.media.test_probe import changing
from tests.engines.media.test_run import until

SMALL_GOP = 5  # segments of ten frames and chunks of 150: many of them in few seconds
RUNGS = (Rung("96p", 160, 96, 20, 400), Rung("48p", 80, 48, 20, 200))
SLOW = (Rung("480p", 854, 480, 18, 4000, preset="placebo"),)


def fine(grid: Grid) -> Grid:
    return replace(grid, gop_frames=SMALL_GOP)


async def all_chunks(shop: Workshop, source: Source, grid: Grid, folder: Path) -> dict[str, list[int]]:
    """The numbers shown by each rung, chunk after chunk."""
    shown: dict[str, list[int]] = {}
    for index in range(grid.chunks):
        chunk = await encode_chunk(shop, EncodeChunk(source, grid, RUNGS, index, folder))
        assert chunk.frames == len(grid.chunk_frames(index))
        for part in chunk.parts:
            shown.setdefault(part.rung.name, []).extend(shown_numbers(part.path))
    return shown


@covers("ENG-3", "VOD-5")
class TestExact:
    @pytest.mark.parametrize("name", ["numbers.mp4", "numbers.mkv", "numbers.ts", "odd_start.ts"])
    async def test_every_chunk_shows_its_own_frames_of_the_source(
        self, name: str, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await with_index(shop, await opened(name), tmp_path / "indexed.mkv")
        grid = fine(grid_of(source.probe))
        assert grid.chunks >= 3
        shown = await all_chunks(shop, source, grid, tmp_path)
        assert shown["96p"] == list(range(grid.frames_total))
        assert shown["48p"] == shown["96p"]

    async def test_the_grid_of_a_real_minute_is_kept_too(
        self, shop: Workshop, studio: Studio, opened: Opener, tmp_path: Path
    ) -> None:
        whole = studio.make(
            "minute.mp4", "-stream_loop", "5", "-i", str(studio.get("numbers.mp4")), "-c", "copy"
        )
        source = await opened(whole.name)
        grid = grid_of(source.probe)
        assert (grid.chunks, grid.segments, grid.gop_frames) == (2, 24, 50)
        order = EncodeChunk(source, grid, RUNGS[1:], 1, tmp_path)
        (part,) = (await encode_chunk(shop, order)).parts
        assert shown_numbers(part.path) == [frame % 400 for frame in grid.chunk_frames(1)]

    async def test_uneven_frames_are_laid_on_the_grid(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("uneven.mp4")
        grid = fine(grid_of(source.probe))
        shown = (await all_chunks(shop, source, grid, tmp_path))["96p"]
        assert len(shown) == grid.frames_total
        assert shown[:60] == list(range(60))
        assert [number for number in sorted(set(shown)) if number >= 63] == list(range(63, 120, 7))
        assert Counter(shown)[70] == 7

    async def test_240_frames_a_second_become_60(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("fast.mp4")
        grid = grid_of(source.probe)
        (part,) = (await encode_chunk(shop, EncodeChunk(source, grid, RUNGS[1:], 0, tmp_path))).parts
        with av.open(str(part.path)) as container:
            assert sum(1 for _ in container.decode(video=0)) == grid.frames_total == 60

    async def test_a_picture_that_changes_its_size_is_scaled_to_the_first(
        self, shop: Workshop, studio: Studio, opened: Opener, tmp_path: Path
    ) -> None:
        source = replace(await opened("silent.mp4"), path=changing(studio, tmp_path))
        source = replace(source, probe=(await Opener(studio)(str(source.path))).probe)
        source = await with_index(shop, source, tmp_path / "indexed.mkv")
        grid = grid_of(source.probe)
        (part,) = (await encode_chunk(shop, EncodeChunk(source, grid, RUNGS[:1], 0, tmp_path))).parts
        with av.open(str(part.path)) as container:
            sizes = [(frame.width, frame.height) for frame in container.decode(video=0)]
        assert sizes == [(160, 96)] * 300


@covers("ENG-3")
class TestPicture:
    async def frame(self, shop: Workshop, source: Source, folder: Path) -> av.VideoFrame:
        rung = fixed_ladder(source.probe).rungs[0]
        (part,) = (
            await encode_chunk(shop, EncodeChunk(source, grid_of(source.probe), (rung,), 0, folder))
        ).parts
        with av.open(str(part.path)) as container:
            return next(container.decode(video=0))

    async def test_a_turned_clip_is_encoded_upright(
        self, shop: Workshop, studio: Studio, opened: Opener, tmp_path: Path
    ) -> None:
        studio.make("up.mp4", "-display_rotation", "90", "-i", str(studio.get("silent.mp4")), "-c", "copy")
        frame = await self.frame(shop, await opened("up.mp4"), tmp_path)
        assert (frame.width, frame.height, frame.rotation) == (180, 320, 0)

    async def test_hdr_is_tone_mapped_to_eight_bits_of_bt709(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("hdr.mp4")
        frame = await self.frame(shop, source, tmp_path)
        assert (frame.format.name, int(frame.color_trc), int(frame.colorspace)) == ("yuv420p", 1, 1)
        assert source.probe.video is not None
        assert colour_warnings(shop.ffmpeg, source.probe.video) == ()

    async def test_without_the_filter_hdr_is_flat_and_said_to_be(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("hdr.mp4")
        poor = replace(shop, ffmpeg=replace(shop.ffmpeg, filters=shop.ffmpeg.filters - {"zscale"}))
        frame = await self.frame(poor, source, tmp_path)
        assert frame.format.name == "yuv420p"
        assert source.probe.video is not None
        assert "flat" in colour_warnings(poor.ffmpeg, source.probe.video)[0]

    async def test_combs_are_removed_and_wide_points_made_square(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        combs = await self.frame(shop, await opened("combs.mp4"), tmp_path)
        assert not combs.interlaced_frame
        wide = await self.frame(shop, await opened("wide_points.mp4"), tmp_path)
        assert (wide.width, wide.height) == (320, 180)

    async def test_openh264_keeps_to_the_same_grid(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("numbers.mp4")
        grid = fine(grid_of(source.probe))
        rung = replace(RUNGS[0], encoder="libopenh264")
        (part,) = (await encode_chunk(shop, EncodeChunk(source, grid, (rung,), 1, tmp_path))).parts
        assert shown_numbers(part.path) == list(grid.chunk_frames(1))

    async def test_an_encoder_that_is_not_there_is_named(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("silent.mp4")
        rung = replace(RUNGS[0], encoder="libdreams")
        with pytest.raises(Unsupported, match="libdreams"):
            await encode_chunk(shop, EncodeChunk(source, grid_of(source.probe), (rung,), 0, tmp_path))


@covers("ENG-3", "VOD-11")
class TestResumed:
    async def test_a_finished_chunk_is_not_made_again_and_only_missing_rungs_are(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("silent.mp4")
        order = EncodeChunk(source, grid_of(source.probe), RUNGS, 0, tmp_path)
        first = await encode_chunk(shop, order)
        broken = replace(shop, ffmpeg=replace(shop.ffmpeg, path="/bin/false"))
        assert await encode_chunk(broken, order) == first
        stamp = first.parts[0].path.stat().st_mtime_ns
        first.parts[1].path.unlink()
        assert await encode_chunk(shop, order) == first
        assert first.parts[0].path.stat().st_mtime_ns == stamp

    async def test_another_source_place_or_setting_is_another_key(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("numbers.mp4")
        grid = fine(grid_of(source.probe))
        order = EncodeChunk(source, grid, RUNGS[1:], 0, tmp_path)
        others = [
            order,
            replace(order, source=replace(source, sha256="other")),
            replace(order, index=1),
            replace(order, rungs=(replace(RUNGS[1], crf=30),)),
            replace(order, grid=replace(grid, gop_frames=6)),
        ]
        keys = [(await encode_chunk(shop, one)).parts[0].key for one in others]
        assert len(set(keys)) == len(keys)

    async def test_progress_rises_to_the_end_and_never_falls(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        seen: list[Progress] = []
        source = await opened("lesson.mp4")
        grid = grid_of(source.probe)
        await encode_chunk(shop, EncodeChunk(source, grid, RUNGS, 0, tmp_path), Watch(seen.append))
        done = [progress.frames_done for progress in seen]
        assert done == sorted(done)
        assert (done[-1], seen[-1].frames_total, seen[-1].percent) == (
            grid.frames_total,
            grid.frames_total,
            100,
        )
        assert seen[-1].eta_s == 0


async def running(shop: Workshop, opened: Opener, folder: Path, watch: Watch) -> "asyncio.Future[object]":
    """A slow encode whose child has begun."""
    source = await opened("lesson.mp4")
    order = EncodeChunk(source, grid_of(source.probe), SLOW, 0, folder)
    task: asyncio.Future[object] = asyncio.ensure_future(encode_chunk(shop, order, watch))
    await until(lambda: encoders(shop) and any(shop.temp.rglob("*.mp4")))
    return task


def encoders(shop: Workshop) -> list[psutil.Process]:
    found = psutil.Process().children(recursive=True)
    return [one for one in found if line_of(one)[:1] == [shop.ffmpeg.path]]


def left(shop: Workshop, folder: Path) -> list[Path]:
    return [*shop.temp.iterdir(), *folder.glob("*.mp4"), *(Path(str(one.pid)) for one in encoders(shop))]


@covers("ENG-3")
class TestMeter:
    def test_garbled_lines_are_passed_over_and_the_count_never_falls(self) -> None:
        seen: list[Progress] = []
        meter = Meter(Watch(seen.append), 100, Fraction(25))
        told = [b"frame=40", b"frame=-7", b"fra\xffme=90", b"frame=" + b"9" * 5000, b"frame=20", b"frame=x"]
        for line in [*told, b"out_time_us=99999999", b"progress=continue", b"frame=250", b"progress=end"]:
            meter.read(line)
        assert [progress.frames_done for progress in seen] == [40, 100]

    @given(st.lists(st.binary(max_size=40)))
    def test_any_lines_are_survived(self, lines: list[bytes]) -> None:
        meter = Meter(Watch(lambda _progress: None), 100, Fraction(25))
        for line in [*lines, *(b"frame=" + line for line in lines), b"progress=end"]:
            meter.read(line)
        assert 0 <= meter.done <= 100


@covers("ENG-3")
class TestEnded:
    @pytest.mark.parametrize("seed", [1, 2, 3])
    async def test_killed_at_any_moment_it_is_whole_or_not_there(
        self, seed: int, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("silent.mp4")
        order = EncodeChunk(source, grid_of(source.probe), RUNGS, 0, tmp_path)
        task = asyncio.ensure_future(encode_chunk(shop, order))
        await until(lambda: encoders(shop) or task.done())
        await asyncio.sleep(random.Random(seed).uniform(0, 0.25))
        for encoder in encoders(shop):
            with contextlib.suppress(ProcessLookupError):  # it ended a moment ago
                os.kill(encoder.pid, signal.SIGKILL)
        await asyncio.wait([task])
        for path in tmp_path.glob("*.mp4"):
            assert len(shown_numbers(path)) == 75
        for part in (await encode_chunk(shop, order)).parts:
            assert len(shown_numbers(part.path)) == 75

    async def test_a_killed_encoder_is_told_and_leaves_no_half_file(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        task = await running(shop, opened, tmp_path, Watch())
        os.kill(encoders(shop)[0].pid, signal.SIGKILL)
        with pytest.raises(ChildDied) as died:
            await task
        assert died.value.members["exit"] == -signal.SIGKILL
        assert left(shop, tmp_path) == []

    async def test_cancelled_is_quick_and_leaves_nothing(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        control = Control()
        task = await running(shop, opened, tmp_path, Watch(control=control))
        control.cancel()
        async with asyncio.timeout(6):
            with pytest.raises(Cancelled):
                await task
        assert left(shop, tmp_path) == []

    async def test_a_cancelled_task_leaves_nothing(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        task = await running(shop, opened, tmp_path, Watch())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert left(shop, tmp_path) == []

    async def test_a_paused_encode_stands_and_goes_on_to_the_same_result(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        control, seen = Control(), list[Progress]()
        task = await running(shop, opened, tmp_path, Watch(seen.append, control))
        control.pause()
        await until(lambda: encoders(shop)[0].status() == psutil.STATUS_STOPPED)
        stood = len(seen)
        await asyncio.sleep(0.7)
        assert len(seen) <= stood + 1
        control.resume()
        await until(lambda: len(seen) > stood + 1 or task.done())
        task.cancel()
        await asyncio.wait([task])

    async def test_a_full_disk_is_told_and_leaves_nothing(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        mounted = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(shop.temp)]
        if os.geteuid() != 0 or subprocess.run(mounted, check=False, capture_output=True).returncode:
            pytest.skip("a small file system cannot be mounted here")
        try:
            source = await opened("lesson.mp4")
            order = EncodeChunk(source, grid_of(source.probe), RUNGS, 0, tmp_path)
            with pytest.raises(ChildDied, match=r"No space left|Error"):
                await encode_chunk(shop, order)
            assert left(shop, tmp_path) == []
        finally:
            subprocess.run(["umount", str(shop.temp)], check=True)

    async def test_what_dead_runs_left_is_swept(self, shop: Workshop) -> None:
        (shop.temp / "media-old").mkdir()
        (shop.temp / "media-old" / "half.mp4").write_bytes(b"half")
        (shop.temp / "kept.mp4").write_bytes(b"kept")
        assert sweep(shop.temp) == 1
        assert [path.name for path in shop.temp.iterdir()] == ["kept.mp4"]

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give rights away")
    async def test_encoders_run_as_the_account_and_results_are_ours(
        self, ffmpeg: Ffmpeg, opened: Opener, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        source = await opened("silent.mp4")
        open_folder = Path("/var/tmp") / f"suuupra-media-{os.getpid()}"  # noqa: S108 - reachable by others
        open_folder.mkdir(mode=0o711)
        try:
            copied = open_folder / "source.mp4"
            copied.write_bytes(source.path.read_bytes())
            copied.chmod(0o644)
            assert (await probe(copied, account=Account(65534, 65534))).duration_ms == 3000
            temp = open_folder / "temp"
            temp.mkdir(mode=0o711)
            shop = Workshop(ffmpeg, temp, Account(65534, 65534))
            order = EncodeChunk(replace(source, path=copied), grid_of(source.probe), RUNGS, 0, open_folder)
            for part in (await encode_chunk(shop, order)).parts:
                assert part.path.stat().st_uid == 0
        finally:
            for path in sorted(open_folder.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            open_folder.rmdir()


@covers("ENG-3")
class TestBroken:
    async def test_a_hole_in_the_middle_of_a_source_is_bridged(
        self, shop: Workshop, opened: Opener, studio: Studio, tmp_path: Path
    ) -> None:
        """Seconds of garbage: the picture before it stands still, and the grid is kept."""
        body = bytearray(studio.get("numbers.mp4").read_bytes())
        middle = len(body) // 2
        body[middle : middle + len(body) // 8] = bytes(len(body) // 8)
        path = tmp_path / "hole.mp4"
        path.write_bytes(body)
        source = Source(path, (await opened("numbers.mp4")).probe, "hole")
        grid = grid_of(source.probe)
        (part,) = (await encode_chunk(shop, EncodeChunk(source, grid, RUNGS[:1], 0, tmp_path))).parts
        assert len(shown_numbers(part.path)) == grid.frames_total

    async def test_a_source_without_a_single_picture_ends_in_a_problem(
        self, shop: Workshop, opened: Opener, studio: Studio, tmp_path: Path
    ) -> None:
        body = bytearray(studio.get("silent.mp4").read_bytes())
        start = body.index(b"mdat") + 4
        end = body.index(b"moov") - 4
        body[start:end] = bytes(end - start)
        path = tmp_path / "void.mp4"
        path.write_bytes(body)
        source = Source(path, (await opened("silent.mp4")).probe, "void")
        order = EncodeChunk(source, grid_of(source.probe), RUNGS[:1], 0, tmp_path)
        with pytest.raises((ChildDied, NotPlayable)):
            await encode_chunk(shop, order)
        assert left(shop, tmp_path) == [path]
