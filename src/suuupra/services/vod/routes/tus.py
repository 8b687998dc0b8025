"""tus 1.0.0 with creation, creation-with-upload, expiration, checksum and termination.

Protocol: https://tus.io/protocols/resumable-upload. Who sends is settled before a body byte is read.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from email.utils import format_datetime
from uuid import UUID

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.kernel.problems import Invalid, Problem
from suuupra.services.vod.api import AbortUpload, NotAVideo, OpenUpload
from suuupra.services.vod.service.receiving import ALGORITHMS, Claim, Patch, Receiving, Standing
from suuupra.services.vod.service.uploads import TUS, UploadDesk, upload_id_of

VERSION = "1.0.0"
BODY_TYPE = "application/offset+octet-stream"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
STALL_S = 15.0
NAMED = ("filename", "name")
TYPED = ("filetype", "type")
Act = Callable[[Request], Awaitable[Response]]
log = structlog.get_logger(service="vod")


def tus_routes(desk: UploadDesk, receiving: Receiving, length_max_bytes: int) -> list[Route]:
    """`/api/v1/uploads/tus` and `/api/v1/uploads/tus/{id}`."""
    tus = Tus(desk, receiving, length_max_bytes)
    one = f"{TUS}/{{id}}"
    return [
        Route(TUS, tus.options, methods=["OPTIONS"]),
        Route(TUS, spoken(tus.create), methods=["POST"]),
        Route(one, tus.options, methods=["OPTIONS"]),
        Route(one, spoken(tus.look), methods=["HEAD"]),
        Route(one, spoken(tus.patch), methods=["PATCH"]),
        Route(one, spoken(tus.terminate), methods=["DELETE"]),
    ]


def spoken(act: Act) -> Act:
    """Refuse other versions, and give every answer, refusals too, the headers of the protocol."""

    async def wrapped(request: Request) -> Response:
        if request.headers.get("tus-resumable") != VERSION:
            return Response(status_code=412, headers={"Tus-Version": VERSION, "Tus-Resumable": VERSION})
        try:
            response = await act(request)
        except Problem as problem:
            response = refusal(request, problem)
        response.headers["Tus-Resumable"] = VERSION
        return response

    return wrapped


def refusal(request: Request, problem: Problem) -> Response:
    """A Problem as JSON. Bytes that nobody reads end the connection."""
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(round(problem.retry_after_s))
    if request.method == "HEAD":
        return Response(status_code=problem.status, headers=headers)
    return JSONResponse(problem.document(), problem.status, headers, media_type="application/problem+json")


class Tus:
    """The verbs."""

    def __init__(self, desk: UploadDesk, receiving: Receiving, length_max_bytes: int) -> None:
        self._desk = desk
        self._receiving = receiving
        self._length_max_bytes = length_max_bytes

    async def options(self, _: Request) -> Response:
        """What is spoken here."""
        return Response(
            status_code=204,
            headers={
                "Tus-Resumable": VERSION,
                "Tus-Version": VERSION,
                "Tus-Extension": EXTENSIONS,
                "Tus-Max-Size": str(self._length_max_bytes),
                "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
            },
        )

    async def create(self, request: Request) -> Response:
        """A foreign client without a ticket gets an asset without a lesson."""
        owner = principal().person()
        metadata = read_metadata(request.headers.get("upload-metadata", ""))
        command = OpenUpload(
            owner_id=owner,
            name=_first(metadata, NAMED) or "Video",
            length_bytes=_number(request, "upload-length", least=1),
            media_type=_first(metadata, TYPED),
            head_sha256=metadata.get("head_sha256", ""),
            sha256=metadata.get("sha256", ""),
        )
        ticket = await self._desk.open(command)
        headers = {
            "Location": ticket.address,
            "Upload-Expires": format_datetime(ticket.expires_at, usegmt=True),
        }
        if request.headers.get("content-type") == BODY_TYPE:
            patch = Patch(0, _length(request), _checksum(request))
            standing = await self._receiving.receive(ticket.id, patch, body_of(request))
            headers |= _standing(standing)
        return Response(status_code=201, headers=headers)

    async def look(self, request: Request) -> Response:
        """Where it goes on."""
        standing = await self._receiving.standing(_id(request), _claim(request))
        metadata = write_metadata({"filename": standing.name, "filetype": standing.media_type})
        headers = {
            "Upload-Length": str(standing.length),
            "Upload-Metadata": metadata,
            "Cache-Control": "no-store",
        }
        return Response(status_code=200, headers=_standing(standing) | headers)

    async def patch(self, request: Request) -> Response:
        """Bytes from an offset on."""
        principal().person()
        if request.headers.get("content-type") != BODY_TYPE:
            raise NotAVideo(f"Send bytes as {BODY_TYPE}.")
        patch = Patch(
            _number(request, "upload-offset"), _length(request), _checksum(request), _claim(request)
        )
        standing = await self._receiving.receive(_id(request), patch, body_of(request))
        return Response(status_code=204, headers=_standing(standing))

    async def terminate(self, request: Request) -> Response:
        """Forget the upload and its bytes."""
        await self._desk.abort(AbortUpload(id=_id(request)))
        return Response(status_code=204)


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """The body until its end, until the line breaks, or until nothing has come for a while."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(STALL_S):
                block = await anext(stream)
        except StopAsyncIteration:
            return
        except (ClientDisconnect, TimeoutError) as cut:
            await log.ainfo("upload.cut", upload=request.path_params.get("id", ""), cause=type(cut).__name__)
            return
        if block:
            yield block


def read_metadata(header: str) -> dict[str, str]:
    """`key base64,key base64`; a key without value is empty, what cannot be read is `Invalid`."""
    found = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (ValueError, binascii.Error):
            raise Invalid.at("/Upload-Metadata", f"The value of {key[:40]} is not base64 of UTF-8.") from None
    return found


def write_metadata(values: Mapping[str, str]) -> str:
    """The inverse; empty values are left out."""
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items() if value
    )


def _first(metadata: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((metadata[name][:300] for name in names if metadata.get(name)), "")


def _claim(request: Request) -> Claim:
    """What a client that resumes says about its file, if it says anything."""
    metadata = read_metadata(request.headers.get("upload-metadata", ""))
    length = request.headers.get("upload-length")
    return Claim(
        _first(metadata, NAMED) or None,
        _number(request, "upload-length") if length is not None else None,
        metadata.get("head_sha256") or None,
    )


def _standing(standing: Standing) -> dict[str, str]:
    return {
        "Upload-Offset": str(standing.offset),
        "Upload-Expires": format_datetime(standing.expires_at, usegmt=True),
    }


def _id(request: Request) -> UUID:
    return upload_id_of(request.path_params["id"])


def _number(request: Request, header: str, least: int = 0) -> int:
    text = request.headers.get(header, "")
    if not text.isascii() or not text.isdigit() or len(text) > len(str(1 << 62)) or int(text) < least:
        raise Invalid.at(f"/{header.title()}", f"A whole number of at least {least} is needed.")
    return int(text)


def _length(request: Request) -> int | None:
    return _number(request, "content-length") if "content-length" in request.headers else None


def _checksum(request: Request) -> tuple[str, str] | None:
    header = request.headers.get("upload-checksum")
    if header is None:
        return None
    name, _, value = header.partition(" ")
    if name not in ALGORITHMS or not value:
        raise Invalid.at("/Upload-Checksum", f"Known algorithms are {', '.join(ALGORITHMS)}.")
    return name, value
