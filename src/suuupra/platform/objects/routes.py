"""`/objects/<signed>`: GET and HEAD with ranges, PUT bound to its type and length."""

import re
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from suuupra.kernel.problems import NotFound, TooLarge, WrongType
from suuupra.platform.objects.disk import DiskObjects

RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """One range (RFC 9110, 14.1.2) as [start, end); None for all. An unsatisfiable one is (size, size)."""
    found = RANGE.fullmatch(header.strip())
    if found is None or found.group(0) == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    start = int(first)
    end = min(size, int(last) + 1) if last else size
    return (start, end) if start < end else (size, size)


def object_routes(store: DiskObjects) -> list[Route]:
    """The routes of the store."""

    async def read(request: Request) -> Response:
        signed = store.signer.read(request.path_params["signed"], request.method)
        found = await store.head(signed.key)
        if found is None:
            raise NotFound
        chosen = byte_range(request.headers.get("range", ""), found.size_bytes)
        start, end = chosen or (0, found.size_bytes)
        headers = {
            "ETag": f'"{found.etag}"',
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, max-age=300",
        }
        if chosen is not None and start >= found.size_bytes:
            return Response(
                status_code=416, headers=headers | {"Content-Range": f"bytes */{found.size_bytes}"}
            )
        headers["Content-Length"] = str(end - start)
        if chosen is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size_bytes}"
        status = 206 if chosen is not None else 200
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type=found.media_type)
        body = store.get(signed.key, start, end)
        return StreamingResponse(body, status, headers, media_type=found.media_type)

    async def write(request: Request) -> Response:
        signed = store.signer.read(request.path_params["signed"], "PUT")
        if request.headers.get("content-type", "") != signed.media_type:
            raise WrongType(f"This address takes {signed.media_type}.")
        if int(request.headers.get("content-length") or 0) > signed.size_max:
            raise TooLarge
        stored = await store.put(signed.key, bounded(request, signed.size_max), signed.media_type)
        return Response(status_code=201, headers={"ETag": f'"{stored.etag}"'})

    return [
        Route("/objects/{signed}", read, methods=["GET", "HEAD"]),
        Route("/objects/{signed}", write, methods=["PUT"]),
    ]


async def bounded(request: Request, size_max: int) -> AsyncIterator[bytes]:
    """The body, up to a size; beyond it `TooLarge`, and nothing is kept."""
    seen = 0
    async for block in request.stream():
        seen += len(block)
        if seen > size_max:
            raise TooLarge
        yield block
