"""States of an upload, whether a file goes on, and what first bytes say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suuupra.services.vod.api import UploadState
from suuupra.services.vod.rules.uploads import (
    ENDED,
    FOLLOWS,
    OPEN,
    WORKING,
    Claim,
    foreign_kind,
    is_same_file,
    is_video_type,
    may_follow,
)
from tests.covers import covers

KEPT = Claim("lesson.mp4", 1000, "ab" * 32)


@covers("VOD-1")
def test_every_state_but_the_ends_leads_on_and_the_ends_to_nothing() -> None:
    assert set(FOLLOWS) == set(UploadState)
    assert set(UploadState) == OPEN | WORKING | ENDED
    assert {state for state in UploadState if not FOLLOWS[state]} == ENDED
    assert not may_follow(UploadState.ACCEPTED, UploadState.REJECTED)
    assert may_follow(UploadState.RECEIVING, UploadState.SCANNING)


@covers("VOD-1")
@pytest.mark.parametrize(
    ("claim", "same"),
    [
        (Claim(), True),
        (Claim("lesson.mp4", 1000, "ab" * 32), True),
        (Claim(head_sha256=""), True),
        (Claim("other.mp4"), False),
        (Claim(length_bytes=1001), False),
        (Claim(head_sha256="cd" * 32), False),
    ],
)
def test_a_file_goes_on_by_name_size_and_head(claim: Claim, *, same: bool) -> None:
    assert is_same_file(KEPT, claim) is same


@covers("VOD-4")
@pytest.mark.parametrize(
    "kind", ["video/mp4", "video/webm;codecs=vp9", "audio/mpeg", "", "application/octet-stream"]
)
def test_types_that_may_be_media_pass(kind: str) -> None:
    assert is_video_type(kind)


@covers("VOD-4")
@pytest.mark.parametrize("kind", ["text/html", "image/png", "application/zip", "application/x-mpegURL"])
def test_types_that_are_none_do_not(kind: str) -> None:
    assert not is_video_type(kind)


@covers("VOD-4")
@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "a playlist"),
        (b"\xef\xbb\xbf \n#EXTM3U\n", "a playlist"),
        (b"PK\x03\x04....", "an archive or an office document"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"MZ\x90\x00", "a program"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        ("Dear all, this is नमस्ते text. ".encode() * 40, "text"),
    ],
)
def test_what_is_certainly_no_media_is_named(head: bytes, words: str) -> None:
    assert foreign_kind(head, is_whole=True) == words


@covers("VOD-4")
@pytest.mark.parametrize(
    "head",
    [
        b"\x00\x00\x00\x20ftypisom",
        b"\x1a\x45\xdf\xa3\x93",
        b"RIFF\x24\x00\x00\x00AVI ",
        b"ID3\x03\x00\x00",
        b"G@\x00\x10" + bytes(600),
    ],
)
def test_beginnings_of_media_pass(head: bytes) -> None:
    assert foreign_kind(head, is_whole=False) == ""


@covers("VOD-4")
@settings(deadline=None)
@given(st.binary(min_size=1, max_size=20))
def test_a_few_bytes_of_a_longer_file_are_never_called_text(head: bytes) -> None:
    assert foreign_kind(head, is_whole=False) != "text"
