"""Boxes: what is read of good files, what is written, and thousands of damaged ones that harm nobody."""

import random
import struct
import time
from dataclasses import replace
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suuupra.engines.media.boxes import (
    NON_SYNC,
    SYNC_FLAGS,
    TRUN_SIZE,
    Defaults,
    Fragment,
    Samples,
    box,
    boxes,
    read_fragment,
    starting_at,
    write_moof,
)
from suuupra.engines.media.codecs import read_header
from suuupra.engines.media.fragments import fragments, init_of, read_init
from suuupra.engines.media.problems import NotPlayable
from tests.covers import covers
from tests.engines.media.sources import Studio

CMAF = ["-f", "mp4", "-movflags", "+cmaf+empty_moov+frag_keyframe+skip_trailer"]
MUTATIONS = 5000


@pytest.fixture(scope="module")
def cmaf(studio: Studio) -> Path:
    return studio.make("cmaf.mp4", "-i", str(studio.get("numbers.mp4")), "-c", "copy", *CMAF)


@covers("ENG-4")
class TestRead:
    def test_fragments_agree_with_a_foreign_demuxer(self, cmaf: Path) -> None:
        with cmaf.open("rb") as file:
            _init, header = read_init(file)
            found = [placed.fragment for placed in fragments(file, header.defaults)]
        with av.open(str(cmaf)) as container:
            stream = container.streams.video[0]
            packets = [packet for packet in container.demux(stream) if packet.size]
        assert [size for fragment in found for size in fragment.samples.sizes] == [
            one.size for one in packets
        ]
        assert sum(one.duration_ticks for one in found) == sum(one.duration or 0 for one in packets)
        firsts = [packet for packet in packets if packet.is_keyframe]
        assert len(found) == len(firsts)
        assert all(fragment.is_independent for fragment in found)
        assert [one.start_ticks for one in found[1:]] == [
            sum(before.duration_ticks for before in found[: place + 1]) for place in range(len(found) - 1)
        ]

    @pytest.mark.parametrize(
        ("arguments", "codec"),
        [
            (
                ["-c:v", "libx264", "-profile:v", "high", "-level", "3.1", "-pix_fmt", "yuv420p"],
                "avc1.64001f",
            ),
            (["-c:v", "libx265", "-x265-params", "log-level=error", "-tag:v", "hvc1"], "hvc1.1.6.L60.90"),
            (["-c:v", "libsvtav1", "-preset", "12", "-pix_fmt", "yuv420p"], "av01.0.00M.08"),
        ],
    )
    def test_codec_strings_of_pictures(self, studio: Studio, arguments: list[str], codec: str) -> None:
        pattern = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=0.4", "-pix_fmt", "yuv420p"]
        path = studio.make(f"{codec}.mp4", *pattern, *arguments, *CMAF)
        header = init_of(path)[1]
        assert (header.kind, header.codec) == ("video", codec)

    def test_sound_has_its_codec_its_clock_and_its_priming(self, studio: Studio) -> None:
        tone = ["-f", "lavfi", "-i", "sine=r=48000:d=1", "-ac", "2", "-c:a", "aac"]
        flags = ["-f", "mp4", "-movflags", "+cmaf+delay_moov", "-frag_duration", "500000"]
        header = init_of(studio.make("tone.mp4", *tone, *flags))[1]
        assert (header.kind, header.codec, header.timescale) == ("audio", "mp4a.40.2", 48000)
        assert (header.priming_ticks, header.channels) == (1024, 2)


COUNTS = st.integers(0, 40)


@st.composite
def tables(draw: st.DrawFn) -> Samples:
    count = draw(COUNTS)
    number = st.integers(0, 2**31)

    def column(values: st.SearchStrategy[int]) -> tuple[int, ...]:
        even = st.builds(lambda value: (value,) * count, values)
        return draw(even | st.lists(values, min_size=count, max_size=count).map(tuple))

    flags = st.sampled_from([SYNC_FLAGS, NON_SYNC | 1 << 24])
    return Samples(column(number), column(number), column(flags), column(number.filter(lambda n: n < 2**31)))


@covers("ENG-4")
class TestWritten:
    @given(st.integers(0, 2**32 - 1), st.integers(0, 2**63), tables())
    @settings(max_examples=50)
    def test_a_fragment_reads_back_as_written(self, number: int, start: int, samples: Samples) -> None:
        fragment = Fragment(number, start, samples)
        moof = write_moof(fragment)
        assert read_fragment(moof, Defaults()) == fragment
        (offset,) = struct.unpack_from(">I", moof, moof.index(b"trun") + 12)
        assert offset == len(moof) + 8

    def test_a_header_is_given_one_edit_list(self, cmaf: Path) -> None:
        init, header = init_of(cmaf)
        told = starting_at(init, 1234)
        assert read_header(told) == replace(header, priming_ticks=1234)
        assert len(told) == len(init) + 36
        with pytest.raises(NotPlayable, match="already"):
            starting_at(told, 1)


class TestDamaged:
    @covers("ENG-2", "ENG-4")
    def test_five_thousand_mutations_end_in_a_value_or_in_the_declared_problem(self, cmaf: Path) -> None:
        chance = random.Random(7)
        good, header = init_of(cmaf)
        with cmaf.open("rb") as file:
            moof = next(fragments(file, header.defaults)).moof
        refused = 0
        started = time.monotonic()
        for _ in range(MUTATIONS):
            for body in (mutated(good, chance), mutated(moof, chance)):
                try:
                    read_header(body) if body.startswith(good[:8]) else read_fragment(body, header.defaults)
                except NotPlayable as problem:
                    refused += problem.members["reason"] == "boxes"
        assert refused > MUTATIONS // 2
        assert time.monotonic() - started < 20

    @covers("ENG-2")
    @given(st.binary(max_size=200))
    def test_any_bytes_end(self, body: bytes) -> None:
        for read in (
            read_header,
            lambda data: read_fragment(data, Defaults()),
            lambda data: list(boxes(data)),
        ):
            try:
                read(body)
            except NotPlayable:
                continue

    @covers("ENG-2")
    def test_a_count_without_bytes_behind_it_is_not_believed(self) -> None:
        for count, times in ((0xFFFF_FFFF, 1), (1 << 20, 3000)):
            trun = box(b"trun", struct.pack(">II", 0, count))
            tfdt = box(b"tfdt", struct.pack(">II", 0, 0))
            traf = box(b"traf", box(b"tfhd", bytes(8)), tfdt, trun * times)
            with pytest.raises(NotPlayable, match="too many samples"):
                read_fragment(box(b"moof", box(b"mfhd", bytes(8)), traf), Defaults(1, 1, 0))

    @covers("ENG-2")
    def test_several_runs_are_read_as_one(self) -> None:
        trun = box(b"trun", struct.pack(">IIII", TRUN_SIZE, 2, 30, 40))
        tfdt = box(b"tfdt", struct.pack(">II", 0, 7))
        traf = box(b"traf", box(b"tfhd", bytes(8)), tfdt, trun, trun)
        read = read_fragment(box(b"moof", box(b"mfhd", bytes(8)), traf), Defaults(5, 1, 0))
        assert read.samples.sizes == (30, 40, 30, 40)
        assert (read.duration_ticks, read.start_ticks) == (20, 7)

    @covers("ENG-2")
    def test_a_file_that_ends_in_the_middle_is_refused(self, cmaf: Path, tmp_path: Path) -> None:
        cut = tmp_path / "cut.mp4"
        cut.write_bytes(cmaf.read_bytes()[:-100])
        with cut.open("rb") as file, pytest.raises(NotPlayable, match="past the end"):
            list(fragments(file, read_init(file)[1].defaults))


def mutated(body: bytes, chance: random.Random) -> bytes:
    """Bytes changed, cut, repeated or overwritten with telling numbers."""
    data = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data))
        act = chance.randrange(4)
        if act == 0:
            data[place] = chance.randrange(256)
        elif act == 1 and place > 8:
            del data[place:]
        elif act == 2:
            data[place:place] = data[place : place + chance.randrange(64)]
        else:
            number = chance.choice([0, 1, 7, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
            data[place : place + 4] = struct.pack(">I", number)
    return bytes(data)
