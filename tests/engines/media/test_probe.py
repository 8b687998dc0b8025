"""The probe: what is measured of good files, and the sentence each bad one gets."""

import os
import socket
import struct
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.engines.media.formats import demuxer_of
from suuupra.engines.media.grid import grid_of
from suuupra.engines.media.probe import probe
from suuupra.engines.media.problems import NotPlayable, TooBig
from suuupra.engines.media.run import Account
from suuupra.engines.media.streams import rate_of
from suuupra.engines.media.values import Limits
from tests.covers import covers
from tests.engines.media.sources import Studio

SECOND_MS = 1000


@covers("ENG-2", "VOD-4")
class TestMeasured:
    async def test_a_lesson(self, studio: Studio) -> None:
        found = await probe(studio.get("lesson.mp4"))
        assert (found.container, found.is_indexed, found.warnings) == ("mov", True, ())
        assert abs(found.duration_ms - 6000) <= 30
        assert found.size_bytes == studio.get("lesson.mp4").stat().st_size
        video, audio = found.video, found.audio
        assert video is not None
        assert audio is not None
        assert (video.codec, video.width, video.height, video.fps_num) == ("h264", 854, 480, 25)
        assert not video.is_vfr
        assert (audio.codec, audio.channels, audio.rate_hz) == ("aac", 1, 48000)

    @pytest.mark.parametrize("turn", [90, 180, 270])
    async def test_a_turned_phone_clip_is_shown_upright(self, studio: Studio, turn: int) -> None:
        source = studio.get("silent.mp4")
        path = studio.make(
            f"turned{turn}.mp4", "-display_rotation", str(turn), "-i", str(source), "-c", "copy"
        )
        video = (await probe(path)).video
        assert video is not None
        assert video.rotation == 360 - turn
        assert video.upright == ((320, 180) if turn == 180 else (180, 320))

    @pytest.mark.parametrize("kind", ["mkv", "avi", "flv", "ts", "mov", "m4v"])
    async def test_every_container_gives_the_same_length_and_rate(self, studio: Studio, kind: str) -> None:
        source = str(studio.get("lesson.mp4"))
        codecs = ["-c", "copy"] if kind != "avi" else ["-c:v", "mpeg4", "-c:a", "mp3"]
        found = await probe(studio.make(f"same.{kind}", "-i", source, *codecs))
        assert found.video is not None
        assert abs(found.duration_ms - 6000) <= 100
        assert grid_of(found).fps == 25
        assert found.is_indexed == (kind in {"mkv", "mov", "m4v"})

    async def test_fragments_and_recordings_without_a_length_are_measured_to_their_end(
        self, studio: Studio
    ) -> None:
        flags = ["-movflags", "frag_keyframe+empty_moov"]
        pieces = studio.make("pieces.mp4", "-i", str(studio.get("lesson.mp4")), "-c", "copy", *flags)
        for path, length_ms in ((pieces, 6000), (studio.get("live.webm"), 3000)):
            found = await probe(path)
            assert abs(found.duration_ms - length_ms) <= 100
            assert not found.is_indexed

    async def test_variable_rate_has_the_rate_of_what_moves(self, studio: Studio) -> None:
        video = (await probe(studio.get("uneven.mp4"))).video
        assert video is not None
        assert video.is_vfr
        assert Fraction(video.fps_num, video.fps_den) == 30

    async def test_hdr_interlace_and_wide_points_are_seen(self, studio: Studio) -> None:
        hdr, combs, wide = [
            (await probe(studio.get(n))).video for n in ("hdr.mp4", "combs.mp4", "wide_points.mp4")
        ]
        assert hdr is not None
        assert combs is not None
        assert wide is not None
        assert (hdr.transfer, hdr.primaries, hdr.matrix, hdr.is_hdr) == (
            "smpte2084",
            "bt2020",
            "bt2020nc",
            True,
        )
        assert combs.is_interlaced
        assert wide.upright == (320, 180)

    async def test_cover_art_data_and_a_second_picture_are_listed_and_not_used(self, studio: Studio) -> None:
        art = studio.make("art.jpg", "-f", "lavfi", "-i", "color=c=red:s=64x64:d=1", "-frames:v", "1")
        music = ["-i", str(studio.get("voice.mp3")), "-i", str(art), "-map", "0", "-map", "1", "-c", "copy"]
        album = await probe(studio.make("album.mp3", *music, "-disposition:v", "attached_pic"))
        assert album.video is None
        assert album.audio is not None
        assert [stream.kind for stream in album.streams] == ["audio", "picture"]
        silent, lesson = str(studio.get("silent.mp4")), str(studio.get("lesson.mp4"))
        two = ["-i", silent, "-i", lesson, "-map", "0:v", "-map", "1:v", "-map", "1:a", "-c", "copy"]
        both = await probe(studio.make("two.mkv", *two))
        assert both.video is not None
        assert both.video.width == 320
        assert both.warnings == ("Stream 1: further video stream (h264) is not used.",)

    async def test_a_change_of_size_is_warned_of(self, studio: Studio, tmp_path: Path) -> None:
        path = changing(studio, tmp_path)
        assert any("changes its size" in warning for warning in (await probe(path)).warnings)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give rights away")
    async def test_the_reader_runs_as_the_account(self, studio: Studio, tmp_path: Path) -> None:
        nobody = Account(65534, 65534)
        closed = tmp_path / "closed.mp4"
        closed.write_bytes(studio.get("silent.mp4").read_bytes())
        closed.chmod(0o600)
        with pytest.raises(Exception, match="Permission denied"):
            await probe(closed, account=nobody)


def changing(studio: Studio, folder: Path) -> Path:
    """12 s of 25 frames that get smaller after 6 s."""
    large = studio.make("large.ts", *_pattern("640x360"), "-f", "mpegts")
    small = studio.make("small.ts", *_pattern("320x240"), "-output_ts_offset", "6", "-f", "mpegts")
    path = folder / "changing.ts"
    path.write_bytes(large.read_bytes() + small.read_bytes())
    return path


def _pattern(size: str) -> list[str]:
    return ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d=6", "-c:v", "libx264", "-preset", "ultrafast"]


@contextmanager
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        yield server


@covers("ENG-2", "VOD-4")
class TestRefused:
    async def refuse(self, path: Path, limits: Limits = Limits()) -> str:  # noqa: B008 - frozen
        with pytest.raises((NotPlayable, TooBig)) as refused:
            await probe(path, limits)
        assert refused.value.status == 422
        assert refused.value.detail.endswith(".")
        members = refused.value.members
        return str(members.get("reason") or members["limit"])

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            (b"", "empty"),
            (b"Dear reader,\nthis is a letter.\n" * 200, "format"),
            (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "playlist"),
            (b"ffconcat version 1.0\nfile /etc/passwd\n", "playlist"),
            (b"<?xml version='1.0'?><MPD/>", "playlist"),
            (b"\x89PNG\r\n\x1a\n" + bytes(100), "format"),
            (b"PK\x03\x04" + bytes(1000), "format"),
            (b"\0\0\0\x18ftypmp42" + bytes(3000), "truncated"),
            (b"\x1aE\xdf\xa3" + bytes(3000), "format"),
        ],
    )
    async def test_what_is_no_media(self, tmp_path: Path, body: bytes, reason: str) -> None:
        path = tmp_path / "lesson.mp4"
        path.write_bytes(body)
        assert await self.refuse(path) == reason

    async def test_a_playlist_named_mp4_opens_nothing(self, tmp_path: Path) -> None:
        with listening() as server:
            address = f"http://127.0.0.1:{server.getsockname()[1]}/x.ts"
            for head in ("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n", "ffconcat version 1.0\nfile "):
                path = tmp_path / "lesson.mp4"
                path.write_text(head + address + "\n")
                await self.refuse(path)
            with pytest.raises(TimeoutError):
                server.accept()

    async def test_a_movie_that_points_elsewhere_opens_nothing(self, studio: Studio, tmp_path: Path) -> None:
        """A data reference (dref) to an address in a good file: read from the file, or not at all."""
        with listening() as server:
            body = studio.get("silent.mp4").read_bytes()
            address = b"http://127.0.0.1:%d/x" % server.getsockname()[1]
            assert b"url \0\0\0\1" in body
            path = tmp_path / "pointing.mp4"
            path.write_bytes(body.replace(b"url \0\0\0\1", b"url \0\0\0\0") + address)
            with suppress(NotPlayable):
                await probe(path)
            with pytest.raises(TimeoutError):
                server.accept()

    async def test_a_file_cut_off_in_its_content(self, studio: Studio, tmp_path: Path) -> None:
        front = studio.make(
            "front.mp4", "-i", str(studio.get("numbers.mp4")), "-c", "copy", "-movflags", "faststart"
        )
        path = tmp_path / "cut.mp4"
        path.write_bytes(front.read_bytes()[: front.stat().st_size // 2])
        assert await self.refuse(path) == "truncated"

    async def test_a_picture_too_large_to_decode(self, studio: Studio) -> None:
        assert await self.refuse(studio.get("huge.mkv")) == "picture"
        many = Limits(pixels=10_000)
        assert await self.refuse(studio.get("silent.mp4"), many) == "picture"

    async def test_a_frame_of_fifty_thousand_points_in_the_header(
        self, studio: Studio, tmp_path: Path
    ) -> None:
        body = studio.get("huge.mkv").read_bytes()
        width = b"\xb0\x82" + struct.pack(">H", 9000)
        assert width in body
        path = tmp_path / "vast.mkv"
        path.write_bytes(body.replace(width, b"\xb0\x82" + struct.pack(">H", 50_000)))
        assert await self.refuse(path) == "picture"

    async def test_too_many_streams(self, studio: Studio) -> None:
        maps = ["-map", "0:v"] * 9
        path = studio.make("nine.mkv", "-i", str(studio.get("silent.mp4")), *maps, "-c", "copy")
        assert await self.refuse(path) == "streams"

    async def test_twelve_hours_and_a_second(self, tmp_path: Path) -> None:
        assert await self.refuse(silence(tmp_path, 12 * 3600 + 1)) == "duration"

    async def test_just_under_twelve_hours_is_taken(self, tmp_path: Path) -> None:
        found = await probe(silence(tmp_path, 12 * 3600 - 1))
        assert found.duration_ms == (12 * 3600 - 1) * SECOND_MS

    async def test_a_length_that_is_a_lie(self, studio: Studio, tmp_path: Path) -> None:
        body = studio.get("numbers.mkv").read_bytes()
        mark = b"\x44\x89\x88"  # Duration, eight bytes, in milliseconds
        at = body.index(mark) + len(mark)
        for length_s, reason in ((3_600_000, "duration"), (60, "truncated"), (3, "duration")):
            path = tmp_path / f"lie{length_s}.mkv"
            path.write_bytes(body[:at] + struct.pack(">d", length_s * 1000.0) + body[at + 8 :])
            assert await self.refuse(path) == reason

    async def test_a_reader_out_of_room_or_time_says_so_about_the_file(self, studio: Studio) -> None:
        tight = replace(Limits(), memory_bytes=120 << 20)
        assert await self.refuse(studio.get("lesson.mp4"), tight) in {"memory", "crash", "format"}
        late = replace(Limits(), wall_s=0.01)
        assert await self.refuse(studio.get("lesson.mp4"), late) == "crash"

    async def test_garbled_files_never_get_past_the_child(self, studio: Studio, tmp_path: Path) -> None:
        body = bytearray(studio.get("silent.mp4").read_bytes())
        for seed in range(4):
            for place in range(40 + seed, len(body), 997 + 131 * seed):
                body[place] ^= 0x5A
            path = tmp_path / f"garbled{seed}.mp4"
            path.write_bytes(body)
            try:
                await probe(path)
            except (NotPlayable, TooBig):
                continue


def silence(folder: Path, seconds: int) -> Path:
    """A sound file of the stated length, sparse on disk."""
    path = folder / "long.wav"
    with path.open("wb") as file, wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.setnframes(8000 * seconds)
        sound.writeframesraw(b"\x80")
        file.truncate(44 + 8000 * seconds)
        sound._datawritten = 8000 * seconds  # type: ignore[attr-defined]
    return path


@covers("ENG-2")
class TestPure:
    @given(st.binary(max_size=600))
    def test_first_bytes_name_a_demuxer_of_ours_or_none(self, head: bytes) -> None:
        assert demuxer_of(head) in {"", "mov", "matroska", "avi", "mpegts", "flv", "wav", "mp3", "ogg"}

    @given(st.sampled_from([24, 25, 30, 50, 60]), st.integers(3, 200), st.integers(0, 1 << 33))
    def test_a_steady_rate_survives_stamps_in_milliseconds(self, fps: int, frames: int, start: int) -> None:
        stamps = [start + round(n * 1000 / fps) for n in range(frames)]
        rate, is_vfr = rate_of(stamps, Fraction(1, 1000), Fraction(fps))
        assert rate == fps
        assert not is_vfr

    def test_no_steps_leave_the_header_its_word(self) -> None:
        assert rate_of([7], Fraction(1, 90000), Fraction(30)) == (Fraction(30), False)
