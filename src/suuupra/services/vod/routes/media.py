"""`/media/{grant}/{asset}/{revision}/…`: what players read, with ranges; nothing here without a grant."""

import re
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from suuupra.kernel.problems import NotFound
from suuupra.services.vod.service.ground import MP4
from suuupra.services.vod.service.media import MediaDesk, Place

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
KEPT = "private, max-age=86400, immutable"
FRESH = "private, no-cache"
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def media_routes(desk: MediaDesk) -> list[Route]:
    """One route; its path decides."""

    async def media(request: Request) -> Response:
        place = place_of(request)
        if place.file.endswith(".m3u8"):
            text = await desk.manifest(place)
            return Response(text, headers={"Cache-Control": FRESH}, media_type=PLAYLIST_TYPE)
        stored = await desk.file(place)
        headers = {"Accept-Ranges": "bytes", "Cache-Control": KEPT, "ETag": f'"{stored.etag}"'}
        if place.file == MP4 and "download" in request.query_params:
            headers["Content-Disposition"] = f'attachment; filename="{place.asset_id}.mp4"'
        chosen = chosen_range(request, stored.etag, stored.size_bytes)
        if chosen is not None and chosen[0] >= chosen[1]:
            headers["Content-Range"] = f"bytes */{stored.size_bytes}"
            return Response(status_code=416, headers=headers)
        start, end = chosen or (0, stored.size_bytes)
        headers["Content-Length"] = str(end - start)
        if chosen is not None:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{stored.size_bytes}"
        status = 206 if chosen is not None else 200
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type=stored.media_type)
        body = desk.read(stored.key, start, end)
        return StreamingResponse(body, status, headers, media_type=stored.media_type)

    return [Route("/media/{grant}/{asset}/{revision}/{file:path}", media, methods=["GET", "HEAD"])]


def place_of(request: Request) -> Place:
    """What an address names; `NotFound` where it cannot be one of ours."""
    part = request.path_params
    try:
        asset_id, revision = UUID(part["asset"]), int(part["revision"])
    except ValueError:
        raise NotFound from None
    if str(asset_id) != part["asset"] or str(revision) != part["revision"]:
        raise NotFound
    return Place(part["grant"], asset_id, revision, part["file"])


def chosen_range(request: Request, etag: str, size: int) -> tuple[int, int] | None:
    """One range (RFC 9110, 14.1.2) as [start, end), empty where nothing of it is there; None for all."""
    found = RANGE.fullmatch(request.headers.get("range", "").strip())
    if found is None or found.group() == "bytes=-":
        return None
    condition = request.headers.get("if-range")
    if condition is not None and condition != f'"{etag}"':
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    return int(first), min(size, int(last) + 1) if last else size
