"""Sound, segments, playlists: one timeline, told the same way by boxes, by text and by foreign readers."""

import subprocess
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import m3u8
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suuupra.engines.media.boxes import SYNC_FLAGS, Fragment, Samples, box, write_moof
from suuupra.engines.media.encode import EncodeChunk, Part, encode_chunk
from suuupra.engines.media.fragments import fragments, init_of
from suuupra.engines.media.grid import Grid, grid_of
from suuupra.engines.media.hls import MEDIA_NAME, average_bps, hls_master, hls_media, peak_bps, target_s
from suuupra.engines.media.package import (
    AUDIO,
    Cut,
    Rendition,
    Sound,
    cut_audio,
    cut_video,
    present,
    segment_name,
    sound_border,
)
from suuupra.engines.media.problems import NotPlayable
from suuupra.engines.media.remux import progressive, with_index
from suuupra.engines.media.sound import EncodeAudio, encode_audio
from suuupra.engines.media.values import Presentation, Rung
from suuupra.engines.media.workshop import Workshop
from tests.covers import covers
from tests.engines.media.conftest import Opener
from tests.engines.media.sources import Studio, joined, shown_numbers
from tests.engines.media.test_grid import GRIDS

RUNGS = (Rung("96p", 160, 96, 20, 400), Rung("48p", 80, 48, 20, 200))
LONGEST = 5  # segments of a made-up presentation


@dataclass(frozen=True)
class Made:
    """A finished presentation on disk."""

    grid: Grid
    folder: Path
    presentation: Presentation
    cuts: dict[str, list[Cut]]


async def make(shop: Workshop, opened: Opener, name: str, folder: Path, gop: int | None = None) -> Made:
    source = await with_index(shop, await opened(name), folder / "indexed.mkv")
    grid = grid_of(source.probe)
    grid = replace(grid, gop_frames=gop or grid.gop_frames)
    cuts: dict[str, list[Cut]] = {}
    if source.probe.audio:
        sound = await encode_audio(shop, EncodeAudio(source, grid, folder))
        cuts[AUDIO] = [await cut_audio(sound, grid, folder / AUDIO)]
    for index in range(grid.chunks if source.probe.video else 0):
        for part in (await encode_chunk(shop, EncodeChunk(source, grid, RUNGS, index, folder))).parts:
            cut = await cut_video(part, grid, index, folder / part.rung.name)
            cuts.setdefault(part.rung.name, []).append(cut)
    presentation = presented(grid, cuts, source.probe.audio.language if source.probe.audio else "")
    (folder / "master.m3u8").write_text(hls_master(presentation))
    for track in presentation.tracks:
        (folder / track.name / MEDIA_NAME).write_text(hls_media(presentation, track.name))
    return Made(grid, folder, presentation, cuts)


def presented(grid: Grid, cuts: dict[str, list[Cut]], language: str) -> Presentation:
    sizes = {name: tuple(size for cut in several for size in cut.sizes) for name, several in cuts.items()}
    renditions = [
        Rendition(rung, cuts[rung.name][0].codec, sizes[rung.name]) for rung in RUNGS if rung.name in cuts
    ]
    first = cuts.get(AUDIO, [None])[0]
    sound = Sound(first.codec, first.channels, sizes[AUDIO], language) if first else None
    return present(grid, renditions, sound, is_complete=True)


def decoded(ffmpeg: str, playlist: Path, stream: str) -> int:
    """Frames a foreign player's demuxer gets out of a playlist."""
    command = [ffmpeg, "-v", "error", "-nostdin", "-allowed_extensions", "ALL", "-i", str(playlist)]
    command += ["-map", stream, "-f", "null", "-progress", "pipe:1", "-"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    return [int(line[6:]) for line in done.stdout.splitlines() if line.startswith("frame=")][-1]


@covers("ENG-4", "VOD-5")
class TestSegments:
    @pytest.mark.parametrize("gop", [5, None])
    async def test_every_rung_is_whole_in_order_and_cut_at_the_same_ticks(
        self, gop: int | None, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        made = await make(shop, opened, "numbers.mp4", tmp_path, gop)
        for rung in RUNGS:
            track = made.presentation.track(rung.name)
            assert len(track.segments) == made.grid.segments
            end = 0
            for segment in track.segments:
                path = tmp_path / rung.name / segment_name(segment.index)
                assert path.stat().st_size == segment.size_bytes
                with path.open("rb") as file:
                    (placed,) = fragments(file, init_of(tmp_path / rung.name / "init.mp4")[1].defaults)
                fragment = placed.fragment
                assert (fragment.start_ticks, fragment.sequence) == (end, segment.index + 1)
                assert (segment.start_ticks, segment.duration_ticks) == (end, fragment.duration_ticks)
                assert fragment.is_independent
                end += fragment.duration_ticks
            assert Fraction(end, track.timescale) == made.grid.duration_s
            whole = joined(tmp_path / rung.name, tmp_path / f"{rung.name}.mp4")
            assert shown_numbers(whole) == list(range(made.grid.frames_total))
            assert len({cut.init_sha256 for cut in made.cuts[rung.name]}) == 1

    async def test_presentation_times_rise_without_a_gap(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        made = await make(shop, opened, "numbers.mkv", tmp_path, 5)
        with av.open(str(joined(tmp_path / "96p", tmp_path / "whole.mp4"))) as container:
            stamps = [frame.pts for frame in container.decode(video=0)]
        assert stamps == [frame * made.grid.ticks_per_frame for frame in range(made.grid.frames_total)]

    async def test_a_chunk_that_does_not_fit_the_grid_is_refused(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("numbers.mp4")
        grid = replace(grid_of(source.probe), gop_frames=5)
        part = (await encode_chunk(shop, EncodeChunk(source, grid, RUNGS[:1], 0, tmp_path))).parts[0]
        with pytest.raises(NotPlayable, match="not as long"):
            await cut_video(part, replace(grid, gop_frames=6), 0, tmp_path / "other")
        with pytest.raises(NotPlayable, match="segments the grid asks for"):
            await cut_video(part, grid, 2, tmp_path / "other")

    async def test_a_chunk_of_another_encoder_is_refused(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("numbers.mp4")
        grid = replace(grid_of(source.probe), gop_frames=5)
        parts: list[Part] = []
        for index, encoder in ((0, "libx264"), (1, "libopenh264")):
            rung = replace(RUNGS[0], encoder=encoder)
            order = EncodeChunk(source, grid, (rung,), index, tmp_path)
            parts += (await encode_chunk(shop, order)).parts
        await cut_video(parts[0], grid, 0, tmp_path / "96p")
        with pytest.raises(NotPlayable, match="another way"):
            await cut_video(parts[1], grid, 1, tmp_path / "96p")


@covers("ENG-4", "VOD-5")
class TestSound:
    async def test_an_hour_of_sound_takes_little_memory(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened("voice.wav")
        real = await encode_audio(shop, EncodeAudio(source, grid_of(source.probe), tmp_path))
        grid = Grid(25, 1, 50, 25 * 3600)
        frames = sound_border(grid, grid.segments)
        long = tmp_path / "long.mp4"
        with long.open("wb") as file:
            file.write(init_of(real)[0])
            for first in range(0, frames, 200):
                count = min(200, frames - first)
                samples = Samples((1024,) * count, (9,) * count, (SYNC_FLAGS,) * count, (0,) * count)
                file.write(write_moof(Fragment(1, first * 1024, samples)) + box(b"mdat", bytes(9 * count)))
        tracemalloc.start()
        cut = await cut_audio(long, grid, tmp_path / "long")
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(cut.sizes) == grid.segments == 900
        assert peak_bytes < 3 << 20

    async def test_picture_and_sound_stay_together(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        made = await make(shop, opened, "flash.mp4", tmp_path)
        bright = first_bright_s(joined(tmp_path / "96p", tmp_path / "v.mp4"))
        loud = first_loud_s(joined(tmp_path / AUDIO, tmp_path / "a.mp4"))
        assert abs(bright - 6) <= 0.04
        assert abs(loud - bright) <= 0.04
        assert made.presentation.audio is not None
        assert made.presentation.audio.duration_s == made.grid.duration_s

    async def test_late_and_early_sound_is_moved_to_its_place(
        self, shop: Workshop, studio: Studio, opened: Opener, tmp_path: Path
    ) -> None:
        flash = str(studio.get("flash.mp4"))
        late = ["-i", flash, "-itsoffset", "1.5", "-i", flash, "-map", "0:v", "-map", "1:a", "-c", "copy"]
        studio.make("late.mkv", *late)
        await make(shop, opened, "late.mkv", tmp_path)
        loud = first_loud_s(joined(tmp_path / AUDIO, tmp_path / "a.mp4"))
        assert abs(loud - 7.5) <= 0.04

    @pytest.mark.parametrize(
        ("name", "channels"), [("surround.mkv", 2), ("voice.mp3", 1), ("voice.wav", 1), ("lesson.mp4", 1)]
    )
    async def test_any_sound_becomes_48_khz_stereo_or_mono(
        self, name: str, channels: int, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        source = await opened(name)
        grid = grid_of(source.probe)
        path = await encode_audio(shop, EncodeAudio(source, grid, tmp_path))
        header = init_of(path)[1]
        assert (header.codec, header.timescale, header.channels) == ("mp4a.40.2", 48_000, channels)
        assert (
            await encode_audio(replace(shop, temp=Path("/nowhere")), EncodeAudio(source, grid, tmp_path))
            == path
        )

    async def test_sound_alone_plays_and_is_cut_every_four_seconds(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        made = await make(shop, opened, "voice.mp3", tmp_path)
        assert [track.kind for track in made.presentation.tracks] == ["audio"]
        master = m3u8.loads((tmp_path / "master.m3u8").read_text())
        assert [variant.uri for variant in master.playlists] == ["audio/index.m3u8"]
        media = m3u8.loads((tmp_path / AUDIO / MEDIA_NAME).read_text())
        assert [round(one.duration) for one in media.segments][:2] == [4, 4]
        with av.open(str(joined(tmp_path / AUDIO, tmp_path / "a.mp4"))) as container:
            samples = sum(frame.samples for frame in container.decode(audio=0))
        assert abs(samples / 48_000 - 9) < 0.1

    @given(GRIDS)
    def test_sound_borders_rise_and_lie_within_half_a_frame_of_the_pictures(self, grid: Grid) -> None:
        several = [*range(min(grid.segments, 50)), grid.segments - 1]
        for segment in several:
            start, end = sound_border(grid, segment), sound_border(grid, segment + 1)
            assert start < end
            if segment:
                heard = Fraction(start * 1024 - 1024, 48_000)
                assert abs(heard - grid.border(segment) / grid.fps) <= Fraction(512, 48_000)


def first_bright_s(path: Path) -> float:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if sum(bytes(frame.reformat(format="gray").planes[0])[:5000]) > 128 * 5000:
                return float(frame.time or 0)
    raise AssertionError("nothing bright")


def first_loud_s(path: Path) -> float:
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            levels = memoryview(bytes(frame.planes[0])).cast("f")
            for place, level in enumerate(levels[: frame.samples]):
                if abs(level) > 0.3:
                    return float(frame.time or 0) + place / frame.sample_rate
    raise AssertionError("nothing loud")


@st.composite
def presentations(draw: st.DrawFn) -> Presentation:
    """Any grid of some segments, one to three rungs, with or without sound, growing or done."""
    grid = draw(GRIDS)
    grid = replace(grid, frames_total=min(grid.frames_total, LONGEST * grid.segment_frames))
    sizes = st.lists(st.integers(200, 3_000_000), min_size=grid.segments, max_size=grid.segments).map(tuple)
    names = draw(st.lists(st.sampled_from([1080, 720, 480]), min_size=1, unique=True))
    rungs = [Rung(f"{px}p", px * 16 // 9, px, 23, px * 4) for px in sorted(names, reverse=True)]
    renditions = [Rendition(rung, "avc1.64001f", draw(sizes)) for rung in rungs]
    label = draw(st.text(max_size=8))
    sound = draw(
        st.none() | st.builds(Sound, st.just("mp4a.40.2"), st.just(2), sizes, st.just("hi"), st.just(label))
    )
    if draw(st.booleans()):
        return present(grid, renditions, sound, is_complete=True)
    some = draw(st.integers(1, grid.segments))
    return present(
        grid, [replace(one, sizes=one.sizes[:some]) for one in renditions], sound, is_complete=False
    )


@covers("ENG-4", "VOD-5")
class TestPlaylists:
    @given(presentations())
    @settings(max_examples=40)
    def test_a_foreign_parser_reads_the_media_list_as_it_was_meant(self, presentation: Presentation) -> None:
        for track in presentation.tracks:
            read = m3u8.loads(hls_media(presentation, track.name))
            assert [one.uri for one in read.segments] == [segment_name(one.index) for one in track.segments]
            assert read.is_endlist == presentation.is_complete
            assert read.playlist_type == ("vod" if presentation.is_complete else "event")
            assert (read.version, read.media_sequence) == (7, 0)
            assert [one.uri for one in read.segment_map] == ["init.mp4"]
            told_us = sum(round(one.duration * 1_000_000) for one in read.segments)
            assert abs(Fraction(told_us, 1_000_000) - track.duration_s) <= Fraction(1, 2_000_000)
            assert all(one.duration <= read.target_duration for one in read.segments)
            assert read.target_duration == target_s(presentation)

    @given(presentations())
    @settings(max_examples=40)
    def test_a_foreign_parser_reads_the_master_as_it_was_meant(self, presentation: Presentation) -> None:
        read = m3u8.loads(hls_master(presentation))
        sound = presentation.audio
        assert read.is_variant
        assert [one.uri for one in read.playlists] == [f"{t.name}/{MEDIA_NAME}" for t in presentation.video]
        for variant, track in zip(read.playlists, presentation.video, strict=True):
            about = variant.stream_info
            assert about.resolution == (track.width, track.height)
            assert abs(about.frame_rate - track.fps_num / track.fps_den) < 0.001
            assert about.codecs == ",".join([track.codec, *([sound.codec] if sound else [])])
            assert about.bandwidth >= about.average_bandwidth > 0
            assert (about.audio == "aud") == (sound is not None)
        assert [one.uri for one in read.media] == ([f"{AUDIO}/{MEDIA_NAME}"] if sound else [])

    @given(presentations())
    @settings(max_examples=40)
    def test_all_tracks_cover_the_same_intervals(self, presentation: Presentation) -> None:
        firsts = presentation.tracks[0]
        for track in presentation.tracks:
            for segment, other in zip(track.segments, firsts.segments, strict=True):
                start = Fraction(segment.start_ticks, track.timescale)
                wanted = Fraction(other.start_ticks, firsts.timescale)
                assert abs(start - wanted) <= (Fraction(512, 48_000) if track.kind == "audio" else 0)
            ends = [one.start_ticks + one.duration_ticks for one in track.segments]
            assert all(end == after.start_ticks for end, after in zip(ends, track.segments[1:], strict=False))

    @given(presentations())
    @settings(max_examples=40)
    def test_the_peak_is_that_of_the_worst_run_and_never_below_the_mean(
        self, presentation: Presentation
    ) -> None:
        target = target_s(presentation)
        for track in presentation.tracks:
            assert peak_bps(track, target) == slow_peak(track, target)
            assert average_bps(track) > 0

    def test_a_growing_list_names_the_cap_and_an_incomplete_one_is_never_called_done(self) -> None:
        grid = Grid(25, 1, 50, 1000)
        rung = Rung("480p", 854, 480, 23, 1000)
        growing = present(grid, [Rendition(rung, "avc1.64001f", (1000, 1000))], None, is_complete=False)
        assert "BANDWIDTH=1000000," in hls_master(growing)
        assert "#EXT-X-ENDLIST" not in hls_media(growing, "480p")
        with pytest.raises(ValueError, match="of 10"):
            present(grid, [Rendition(rung, "avc1.64001f", (1000, 1000))], None, is_complete=True)

    def test_an_unknown_track_is_no_track(self) -> None:
        with pytest.raises(KeyError):
            hls_media(Presentation((), is_complete=True), "../secret")


def slow_peak(track: Any, target: int) -> int:
    """The definition of RFC 8216 said word by word."""
    rates = []
    for first in range(len(track.segments)):
        for last in range(first, len(track.segments)):
            run = track.segments[first : last + 1]
            seconds = Fraction(sum(one.duration_ticks for one in run), track.timescale)
            if Fraction(target, 2) <= seconds <= Fraction(3 * target, 2):
                rates.append(sum(one.size_bytes for one in run) * 8 / seconds)
    return -(-max(rates) // 1) if rates else average_bps(track)


@covers("ENG-4", "VOD-5", "VOD-6")
class TestPlayed:
    async def test_a_foreign_player_gets_every_frame_of_each_rung(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        made = await make(shop, opened, "lesson.mp4", tmp_path)
        for rung in RUNGS:
            frames = decoded(shop.ffmpeg.path, tmp_path / rung.name / MEDIA_NAME, "0:v:0")
            assert frames == made.grid.frames_total == 150
        assert decoded(shop.ffmpeg.path, tmp_path / "master.m3u8", "0:v:0") == 150

    @pytest.mark.parametrize("name", ["one.mp4", "short.mp4", "silent.mp4", "live.webm"])
    async def test_a_frame_a_moment_no_sound_and_no_index_all_play(
        self, name: str, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        made = await make(shop, opened, name, tmp_path)
        frames = decoded(shop.ffmpeg.path, tmp_path / "96p" / MEDIA_NAME, "0:v:0")
        assert frames == made.grid.frames_total
        assert (made.presentation.audio is None) == (name in {"one.mp4", "silent.mp4"})
        assert len(made.presentation.tracks[0].segments) == 1

    async def test_progressive_is_the_same_pictures_with_its_index_in_front(
        self, shop: Workshop, opened: Opener, tmp_path: Path
    ) -> None:
        made = await make(shop, opened, "flash.mp4", tmp_path)
        target = tmp_path / "lesson.mp4"
        await progressive(shop, [tmp_path / "96p", tmp_path / AUDIO], target, 10_000)
        kinds = list(top_kinds(target.read_bytes()))
        assert kinds.index(b"moov") < kinds.index(b"mdat")
        assert abs(first_loud_s(target) - first_bright_s(target)) <= 0.04
        with av.open(str(target)) as container:
            assert sum(1 for _ in container.decode(video=0)) == made.grid.frames_total
        packets = [packet_bytes(path) for path in (target, joined(tmp_path / "96p", tmp_path / "v.mp4"))]
        assert packets[0] == packets[1]
        assert list(shop.temp.iterdir()) == []

    async def test_progressive_of_missing_segments_is_refused(self, shop: Workshop, tmp_path: Path) -> None:
        (tmp_path / "96p").mkdir()
        with pytest.raises(NotPlayable, match="missing"):
            await progressive(shop, [tmp_path / "96p"], tmp_path / "x.mp4", 1000)


def top_kinds(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        yield data[at + 4 : at + 8]
        at += int.from_bytes(data[at : at + 4], "big")


def packet_bytes(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]
