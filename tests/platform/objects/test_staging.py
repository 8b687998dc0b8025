"""Objects that arrive piece by piece."""

import asyncio
import fcntl
import hashlib
import os
from pathlib import Path

import pytest

from suuupra.kernel.problems import Conflict, NotFound
from suuupra.platform.objects import DiskObjects
from tests.covers import covers

KEY = "vod/0190/original"


@covers("PLT-7")
async def test_pieces_become_an_object(store: DiskObjects) -> None:
    body = os.urandom(300_000)
    staged = store.staged(KEY)
    assert await staged.size_bytes() == 0
    for start in range(0, len(body), 100_000):
        assert await staged.append(start, body[start : start + 100_000]) == start + 100_000
    assert await store.head(KEY) is None
    async with staged.local() as path:
        assert path.read_bytes() == body
    stored = await staged.promote("video/mp4")
    assert (stored.key, stored.media_type) == (KEY, "video/mp4")
    assert stored.etag == hashlib.sha256(body).hexdigest()
    assert await staged.size_bytes() == 0


@covers("PLT-7")
async def test_another_process_goes_on_at_the_byte(store: DiskObjects, tmp_path: Path) -> None:
    await store.staged(KEY).append(0, b"first ")
    later = store.staged(KEY)
    assert await later.size_bytes() == 6
    await later.append(6, b"second")
    assert (await later.promote("text/plain")).etag == hashlib.sha256(b"first second").hexdigest()


@covers("PLT-7")
@pytest.mark.parametrize("offset", [0, 3, 7])
async def test_a_piece_at_another_byte_is_a_conflict(store: DiskObjects, offset: int) -> None:
    staged = store.staged(KEY)
    await staged.append(0, b"12345")
    with pytest.raises(Conflict) as caught:
        await staged.append(offset, b"x")
    assert caught.value.members == {"offset": 5}
    assert await staged.size_bytes() == 5


@covers("PLT-7")
async def test_of_many_writers_at_once_one_writes(store: DiskObjects) -> None:
    tries = [store.staged(KEY).append(0, bytes([n]) * 200_000) for n in range(8)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(answer == 200_000 for answer in answers) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 7
    async with store.staged(KEY).local() as path:
        assert len(set(path.read_bytes())) == 1


@covers("PLT-7")
async def test_a_writer_in_another_process_holds_the_place(store: DiskObjects) -> None:
    staged = store.staged(KEY)
    await staged.append(0, b"12345")
    async with staged.local() as path:
        with path.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(Conflict, match="Somebody else"):
                await staged.append(5, b"6")


@covers("PLT-7", "PLT-17")
async def test_promotion_is_repeated_without_harm(store: DiskObjects) -> None:
    staged = store.staged(KEY)
    await staged.append(0, b"film")
    first = await staged.promote("video/mp4")
    assert await staged.promote("video/mp4") == first
    with pytest.raises(NotFound):
        await store.staged("vod/never").promote("video/mp4")


@covers("PLT-7", "PLT-17")
async def test_killed_between_the_name_and_the_end_it_can_be_promoted_again_but_not_appended(
    store: DiskObjects, tmp_path: Path
) -> None:
    staged = store.staged(KEY)
    await staged.append(0, b"film")
    async with staged.local() as path:
        os.link(path, tmp_path / "as if placed")
        with pytest.raises(Conflict, match="promoted"):
            await staged.append(4, b"more")
    assert (await staged.promote("video/mp4")).size_bytes == 4


@covers("PLT-7")
async def test_discarding_forgets_everything(store: DiskObjects) -> None:
    staged = store.staged(KEY)
    await staged.append(0, b"film")
    for _ in range(2):
        await staged.discard()
    assert await staged.size_bytes() == 0
    with pytest.raises(NotFound):
        async with staged.local():
            pass
