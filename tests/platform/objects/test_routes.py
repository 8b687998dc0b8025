"""Signed paths: what the holder may do, and everything else that is refused."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.problems import Problem
from suuupra.platform.objects import DiskObjects, object_routes
from tests.covers import covers

KEY = "covers/1.png"


async def drawn(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return JSONResponse(problem.document(), problem.status)


@pytest.fixture
async def client(store: DiskObjects) -> AsyncIterator[httpx2.AsyncClient]:
    app = Starlette(routes=object_routes(store), exception_handlers={Problem: drawn})
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://house") as made:
        yield made


@pytest.fixture
async def path(store: DiskObjects) -> str:
    await store.put(KEY, bytes(range(100)), "image/png")
    return store.sign("GET", KEY)


@covers("PLT-7")
async def test_the_holder_reads_it(client: httpx2.AsyncClient, path: str, store: DiskObjects) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.content) == (200, bytes(range(100)))
    found = await store.head(KEY)
    assert found is not None
    assert answer.headers["etag"] == f'"{found.etag}"'
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == "100"
    assert "sandbox" in answer.headers["content-security-policy"]
    head = await client.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "100")


@covers("PLT-7")
@pytest.mark.parametrize(
    ("header", "status", "start", "end"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=90-", 206, 90, 100),
        ("bytes=-5", 206, 95, 100),
        ("bytes=-500", 206, 0, 100),
        ("bytes=50-5000", 206, 50, 100),
        ("bytes=99-99", 206, 99, 100),
        ("bytes=9-5", 200, 0, 100),
        ("bytes=0-1,5-6", 200, 0, 100),
        ("lines=0-9", 200, 0, 100),
        ("bytes=-", 200, 0, 100),
    ],
)
async def test_ranges(
    client: httpx2.AsyncClient, path: str, header: str, status: int, start: int, end: int
) -> None:
    answer = await client.get(path, headers={"Range": header})
    assert (answer.status_code, answer.content) == (status, bytes(range(start, end)))
    assert answer.headers.get("content-range") == (f"bytes {start}-{end - 1}/100" if status == 206 else None)


@covers("PLT-7")
@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
async def test_a_range_beyond_the_end(client: httpx2.AsyncClient, path: str, header: str) -> None:
    answer = await client.get(path, headers={"Range": header})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */100")


@covers("PLT-7")
async def test_conditions(client: httpx2.AsyncClient, path: str) -> None:
    etag = (await client.get(path)).headers["etag"]
    assert (await client.get(path, headers={"If-None-Match": etag})).status_code == 304
    other = {"If-Range": '"another"', "Range": "bytes=0-1"}
    assert (await client.get(path, headers=other)).status_code == 200
    assert (await client.get(path, headers={**other, "If-Range": etag})).status_code == 206


@covers("PLT-7")
async def test_altered_expired_or_for_another_purpose_is_forbidden(
    client: httpx2.AsyncClient, path: str, clock: FrozenClock, store: DiskObjects
) -> None:
    swapped = "A" if path[-9] != "A" else "B"
    for wrong in (path[:-9] + swapped + path[-8:], "/objects/AAAA", "/objects/%C3%A4", path + "AAAA"):
        assert (await client.get(wrong)).status_code == 403
    put = store.sign("PUT", "new", media_type="image/png", size_max=10)
    assert (await client.get(put)).status_code == 403
    assert (await client.put(path, content=b"x", headers={"Content-Type": "image/png"})).status_code == 403
    clock.advance(900)
    assert (await client.get(path)).status_code == 403
    assert (await client.put(put, content=b"x", headers={"Content-Type": "image/png"})).status_code == 403
    assert await store.head("new") is None


@covers("PLT-7")
async def test_a_signed_object_that_is_gone(
    client: httpx2.AsyncClient, path: str, store: DiskObjects
) -> None:
    await store.delete(KEY)
    assert (await client.get(path)).status_code == 404


@covers("PLT-7")
async def test_an_upload_of_the_bound_type_and_length(client: httpx2.AsyncClient, store: DiskObjects) -> None:
    path = store.sign("PUT", "new", media_type="image/png", size_max=10)
    answer = await client.put(path, content=b"0123456789", headers={"Content-Type": "image/png; x=1"})
    assert answer.status_code == 201
    found = await store.head("new")
    assert found is not None
    assert answer.headers["etag"] == f'"{found.etag}"'
    again = await client.put(path, content=b"other", headers={"Content-Type": "image/png"})
    assert again.status_code == 409


async def drops(size: int) -> AsyncIterator[bytes]:
    for _ in range(size):
        yield b"x"


@covers("PLT-7")
@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        ("text/html", b"x", 415),
        ("", b"x", 415),
        ("image/png", b"x" * 11, 413),
        ("image/png", drops(11), 413),
    ],
)
async def test_another_type_or_a_longer_body_stores_nothing(
    client: httpx2.AsyncClient, store: DiskObjects, media_type: str, body: bytes, status: int
) -> None:
    path = store.sign("PUT", "new", media_type="image/png", size_max=10)
    answer = await client.put(path, content=body, headers={"Content-Type": media_type})
    assert answer.status_code == status
    assert await store.head("new") is None
    assert await store.sweep(older_than_s=-1) == 0


@covers("PLT-7")
async def test_what_is_not_a_picture_or_film_is_saved_and_never_opened(
    client: httpx2.AsyncClient, store: DiskObjects
) -> None:
    await store.put("page", b"<script>alert(1)</script>", "text/html")
    answer = await client.get(store.sign("GET", "page"))
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"


@covers("PLT-7")
def test_what_cannot_be_signed(store: DiskObjects) -> None:
    for ttl_s in (901, 0):
        with pytest.raises(ValueError, match="lives for"):
            store.sign("GET", KEY, ttl_s=ttl_s)
    for method, size_max in (("DELETE", 0), ("PUT", 0), ("PUT", 5)):
        with pytest.raises(ValueError, match="is for GET"):
            store.sign(method, KEY, size_max=size_max)
    with pytest.raises(ValueError, match="not an object key"):
        store.sign("GET", "../keys/master")
