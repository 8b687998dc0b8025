"""Objects on disk: whole or not there, whatever is cut."""

import asyncio
import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suuupra.kernel.clock import SystemClock
from suuupra.kernel.problems import Conflict, NotFound, Unavailable
from suuupra.kernel.work import TransactionOpen, scoped
from suuupra.platform.keys import FileKeys
from suuupra.platform.objects import DiskObjects
from tests.covers import covers

KEY = "vod/0190/1/init.mp4"


async def everything(store: DiskObjects, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([block async for block in store.get(key, start, end)])


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if not path.is_dir())


async def pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@covers("PLT-7")
async def test_what_is_put_is_got_with_its_hash_and_type(store: DiskObjects, tmp_path: Path) -> None:
    body = os.urandom(2_500_000)
    (tmp_path / "source").write_bytes(body)
    for given_as in (body, tmp_path / "source", pieces(body, 70_000)):
        stored = await store.put(KEY, given_as, "video/mp4")
        assert stored == await store.head(KEY)
        assert (stored.key, stored.size_bytes, stored.media_type) == (KEY, len(body), "video/mp4")
        assert stored.etag == hashlib.sha256(body).hexdigest()
        assert await everything(store, KEY) == body
    assert await everything(store, KEY, 5, 12) == body[5:12]
    assert await everything(store, KEY, 2_499_999) == body[-1:]
    assert await everything(store, KEY, 9_999_999) == b""


@covers("PLT-7")
async def test_overwriting_leaves_one_file_and_the_new_facts(store: DiskObjects, tmp_path: Path) -> None:
    await store.put(KEY, b"first", "text/plain")
    await store.put(KEY, b"second one", "application/x-weird~type")
    found = await store.head(KEY)
    assert found is not None
    assert (found.size_bytes, found.media_type) == (10, "application/x-weird~type")
    assert len(files_below(tmp_path / "objects")) == 2


@covers("PLT-7")
async def test_only_new_never_replaces_even_in_a_race(store: DiskObjects) -> None:
    tries = [store.put(KEY, f"writer {n}".encode(), "text/plain", only_new=True) for n in range(12)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 11
    first = await everything(store, KEY)
    with pytest.raises(Conflict):
        await store.put(KEY, b"late", "text/plain", only_new=True)
    assert await everything(store, KEY) == first


@covers("PLT-7")
async def test_racing_writers_leave_bytes_and_facts_of_one_of_them(store: DiskObjects) -> None:
    bodies = [os.urandom(50_000 + n) for n in range(10)]
    await asyncio.gather(*(store.put(KEY, body, f"x/{len(body)}") for body in bodies))
    found = await store.head(KEY)
    assert found is not None
    body = await everything(store, KEY)
    assert (found.etag, found.media_type) == (hashlib.sha256(body).hexdigest(), f"x/{len(body)}")


@covers("PLT-7")
async def test_a_body_that_breaks_off_leaves_nothing(store: DiskObjects, tmp_path: Path) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield b"x" * 3_000_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.put(KEY, breaking(), "video/mp4")
    assert await store.head(KEY) is None
    assert files_below(tmp_path / "objects") == []


@covers("PLT-7", "PLT-17")
async def test_a_full_disk_says_so_keeps_no_half_object_and_recovers(
    store: DiskObjects, tmp_path: Path
) -> None:
    staged = store.staged("vod/up")
    await staged.append(0, b"a" * 500_000)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(Unavailable) as caught:
            await store.put(KEY, b"x" * 3_000_000, "video/mp4")
        with pytest.raises(Unavailable):
            await staged.append(500_000, b"b" * 3_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        signal.signal(signal.SIGXFSZ, old)
    assert caught.value.retry_after_s
    assert await store.head(KEY) is None
    assert await staged.size_bytes() == 500_000
    await store.put(KEY, b"x" * 3_000_000, "video/mp4")
    assert await staged.append(500_000, b"b") == 500_001


@covers("PLT-7")
@pytest.mark.parametrize(
    "key", ["../x", "a/../b", "/a", "a//b", "a/", "", "a/.hidden", "a b", "x" * 600, "a/.."]
)
async def test_a_key_that_could_lead_elsewhere_is_a_mistake(store: DiskObjects, key: str) -> None:
    with pytest.raises(ValueError, match="not an object key"):
        await store.put(key, b"x", "text/plain")


@covers("PLT-7")
async def test_no_write_inside_a_unit(store: DiskObjects) -> None:
    await store.put(KEY, b"x", "text/plain")
    staged = store.staged("vod/up")
    with scoped("unit"):
        for write in (
            store.put(KEY, b"y", "text/plain"),
            store.delete(KEY),
            store.copy(KEY, "b"),
            staged.append(0, b"x"),
            staged.promote("text/plain"),
            staged.discard(),
        ):
            with pytest.raises(TransactionOpen):
                await write
        assert await everything(store, KEY) == b"x"


@covers("PLT-7")
async def test_deleting_is_idempotent_and_leaves_no_empty_folder(store: DiskObjects, tmp_path: Path) -> None:
    await store.put(KEY, b"x", "text/plain")
    await store.put("vod/other", b"x", "text/plain")
    for _ in range(2):
        await store.delete(KEY)
    assert await store.head(KEY) is None
    with pytest.raises(NotFound):
        await everything(store, KEY)
    assert sorted(path.name for path in (tmp_path / "objects" / "kept").iterdir()) == ["vod"]
    assert not (tmp_path / "objects" / "kept" / "vod" / "0190").exists()


@covers("PLT-7")
@pytest.mark.parametrize("key", ["vod", "vod/0190", "vod/0190/1/init.mp4/deeper", "none"])
async def test_a_folder_or_what_lies_below_an_object_is_no_object(store: DiskObjects, key: str) -> None:
    await store.put(KEY, b"x", "text/plain")
    assert await store.head(key) is None
    await store.delete(key)
    with pytest.raises(NotFound):
        await everything(store, key)
    assert await everything(store, KEY) == b"x"


@covers("PLT-7")
async def test_copies_stand_on_their_own(store: DiskObjects) -> None:
    await store.put(KEY, b"shared", "video/mp4")
    copied = await store.copy(KEY, "vod/copy")
    await store.delete(KEY)
    assert (copied.key, copied.media_type) == ("vod/copy", "video/mp4")
    assert await everything(store, "vod/copy") == b"shared"
    with pytest.raises(NotFound):
        await store.copy(KEY, "vod/again")


segment = st.text("abc-._0", min_size=1, max_size=3).filter(lambda text: not text.startswith("."))
keys = st.lists(segment, min_size=2, max_size=3).map("/".join)


@covers("PLT-7")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(keys, max_size=12), st.sampled_from(["", "a", "a/", "b/a", "c-"]), keys, st.integers(1, 5))
async def test_a_page_is_what_sorting_all_keys_gives(
    tmp_path: Path, store: DiskObjects, names: set[str], prefix: str, after: str, limit: int
) -> None:
    for old in await store.page(""):
        await store.delete(old.key)
    names = {name for name in names if not any(other.startswith(f"{name}/") for other in names)}
    for name in names:
        await store.put(name, b"x", "text/plain")
    expected = sorted(name for name in names if name.startswith(prefix) and name > after)[:limit]
    assert [found.key for found in await store.page(prefix, after, limit)] == expected


@covers("PLT-7")
async def test_a_local_path_reads_as_the_object(store: DiskObjects) -> None:
    await store.put(KEY, b"frames", "video/mp4")
    async with store.local(KEY) as path:
        assert (path.read_bytes(), path.name) == (b"frames", "init.mp4")
    with pytest.raises(NotFound):
        async with store.local("vod/none"):
            pass


KILLED_WRITER = """
import asyncio, sys
from pathlib import Path
from suuupra.kernel.clock import SystemClock
from suuupra.platform.keys import FileKeys
from suuupra.platform.keys import FileKeys
from suuupra.platform.objects import DiskObjects

async def endless():
    while True:
        yield b"x" * 100_000
        print("wrote", flush=True)

async def main(home):
    store = DiskObjects(home / "objects", FileKeys(home / "keys"), SystemClock())
    await store.put("vod/film.mp4", endless(), "video/mp4")

asyncio.run(main(Path(sys.argv[1])))
"""


@covers("PLT-7", "PLT-17")
async def test_a_killed_writer_leaves_nothing_but_a_part_that_is_swept(
    store: DiskObjects, tmp_path: Path
) -> None:
    with subprocess.Popen([sys.executable, "-c", KILLED_WRITER, tmp_path], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for _ in range(30):
            child.stdout.readline()
        child.kill()
    assert await store.head("vod/film.mp4") is None
    assert len(files_below(tmp_path / "objects")) == 1
    assert await store.sweep(older_than_s=3600) == 0
    assert await store.sweep(older_than_s=-1) == 1
    assert files_below(tmp_path / "objects") == []


@covers("PLT-7")
async def test_the_sweep_takes_blobs_without_a_name_and_no_others(store: DiskObjects, tmp_path: Path) -> None:
    await store.put(KEY, b"kept", "text/plain")
    stray = tmp_path / "objects" / "kept" / "vod" / ".~0123~abcd~text%2Fplain"
    stray.write_bytes(b"left by a kill between two steps")
    os.utime(stray, (time.time() - 7200, time.time() - 7200))
    assert await store.sweep() == 1
    assert await everything(store, KEY) == b"kept"


@covers("PLT-7")
async def test_the_folders_group_reads_everything_and_others_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "objects"
    folder.mkdir()
    group = 12_345 if os.geteuid() == 0 else os.getgid()
    os.chown(folder, -1, group)
    store = DiskObjects(folder, FileKeys(tmp_path / "keys"), SystemClock())
    await store.put(KEY, b"frames", "video/mp4")
    await store.staged("vod/up").append(0, b"film")
    for path in folder.rglob("*"):
        assert path.lstat().st_gid == group
        assert path.is_symlink() or path.stat().st_mode & 0o040
    assert not (folder / "kept").stat().st_mode & 0o007


@covers("PLT-7")
async def test_it_knows_how_much_room_is_left(store: DiskObjects) -> None:
    free, total = await store.free_bytes()
    assert 0 < free <= total
