"""`/objects/<signed>`: GET and HEAD with ranges (RFC 9110), PUT bound to its type and greatest length.

Whoever holds the path may use it, nobody else; the answers can run no script wherever they are opened.
"""

import re
from collections.abc import AsyncIterator
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from suuupra.kernel.problems import Malformed, NotFound, TooLarge, WrongType
from suuupra.kernel.stores import StoredObject
from suuupra.platform.objects.disk import DiskObjects
from suuupra.web.headers import headers as security_headers

RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
SAFE_TO_SHOW = ("image/", "video/", "audio/")


def byte_range(header: str, size_bytes: int) -> tuple[int, int] | None:
    """One range (RFC 9110, 14.1.2) as `[start, end)`; None for all. An empty one cannot be satisfied."""
    found = RANGE.fullmatch(header.strip())
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return max(0, size_bytes - int(last)), size_bytes
    if last and int(last) < int(first):
        return None
    return int(first), min(size_bytes, int(last) + 1) if last else size_bytes


def object_routes(store: DiskObjects) -> list[Route]:
    """The routes of the store, for the public listener."""

    async def read(request: Request) -> Response:
        signed, left_s = store.read_signed(request.path_params["signed"], request.method)
        found = await store.head(signed.key)
        if found is None:
            raise NotFound
        return _answer(request, store, found, left_s)

    async def write(request: Request) -> Response:
        signed, _ = store.read_signed(request.path_params["signed"], "PUT")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != signed.media_type:
            raise WrongType(f"This address takes {signed.media_type}.")
        announced = request.headers.get("content-length", "0")
        if not (announced.isascii() and announced.isdigit()):
            raise Malformed
        if int(announced) > signed.size_max:
            raise TooLarge
        body = _bounded(request, signed.size_max)
        stored = await store.put(signed.key, body, signed.media_type, only_new=True)
        return Response(status_code=201, headers={"ETag": f'"{stored.etag}"'})

    return [
        Route("/objects/{signed}", read, methods=["GET", "HEAD"]),
        Route("/objects/{signed}", write, methods=["PUT"]),
    ]


def _answer(request: Request, store: DiskObjects, found: StoredObject, left_s: int) -> Response:
    headers = _headers(found, left_s)
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    wanted = _wanted(request, headers["ETag"], found.size_bytes)
    start, end = wanted or (0, found.size_bytes)
    if wanted and start >= end:
        headers["Content-Range"] = f"bytes */{found.size_bytes}"
        return Response(status_code=416, headers=headers)
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size_bytes}"
    headers["Content-Length"] = str(end - start)
    status = 206 if wanted else 200
    if request.method == "HEAD":
        return Response(None, status, headers, found.media_type)
    return StreamingResponse(store.get(found.key, start, end), status, headers, found.media_type)


def _headers(found: StoredObject, left_s: int) -> dict[str, str]:
    is_shown = found.media_type.startswith(SAFE_TO_SHOW)
    policy = dict(security_headers("media"))
    return policy | {
        "Content-Security-Policy": f"{policy['Content-Security-Policy']}; sandbox",
        "Content-Disposition": "inline" if is_shown else "attachment",
        "ETag": f'"{found.etag}"',
        "Last-Modified": format_datetime(found.modified_at, usegmt=True),
        "Accept-Ranges": "bytes",
        "Cache-Control": f"private, max-age={left_s}",
    }


def _wanted(request: Request, etag: str, size_bytes: int) -> tuple[int, int] | None:
    """The range to send; the whole where `If-Range` names another version."""
    if request.headers.get("if-range", etag) != etag:
        return None
    return byte_range(request.headers.get("range", ""), size_bytes)


async def _bounded(request: Request, size_max: int) -> AsyncIterator[bytes]:
    """The body as it comes; `TooLarge` at the byte that exceeds."""
    seen = 0
    async for block in request.stream():
        seen += len(block)
        if seen > size_max:
            raise TooLarge
        yield block
