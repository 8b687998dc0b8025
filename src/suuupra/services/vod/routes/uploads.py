"""REST of uploads for those who do not come through a lesson: ticket, status, completion, drop."""

from collections.abc import Callable, Coroutine, MutableMapping
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import Field

from suuupra.kernel.call import principal
from suuupra.kernel.messages import Message
from suuupra.kernel.problems import TooLarge
from suuupra.services.vod.api import (
    AbortUpload,
    CompleteUpload,
    OpenUpload,
    UploadStatus,
    UploadStatusQuery,
    UploadTicket,
)
from suuupra.services.vod.service.uploads import UploadDesk

BODY_MAX_BYTES = 64 * 1024


class Bounded(APIRoute):
    """The door does not measure bodies below `/api/v1/uploads`, since files come there; these are none."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            body = b""
            async for block in request.stream():
                body += block
                if len(body) > BODY_MAX_BYTES:
                    raise TooLarge

            async def receive() -> MutableMapping[str, Any]:
                return {"type": "http.request", "body": body, "more_body": False}

            return await handle(Request(request.scope, receive))

        return bounded


class TicketRequest(Message):
    """A file of one's own; `type` is its media type."""

    name: str = Field(min_length=1, max_length=300)
    length_bytes: int = Field(ge=1)
    type: str = ""
    method: Literal["tus", "put"] = "tus"
    head_sha256: str = ""
    sha256: str = ""
    replaces: UUID | None = None
    resumes: UUID | None = None


def upload_routes(desk: UploadDesk) -> APIRouter:
    """`/api/v1/uploads…`."""
    router = APIRouter(prefix="/api/v1/uploads", tags=["uploads"], route_class=Bounded)

    @router.post("", status_code=201)
    async def open_upload(asked: TicketRequest) -> UploadTicket:
        """Where to send a video of yours."""
        return await desk.open(
            OpenUpload(
                owner_id=principal().person(),
                media_type=asked.type,
                **asked.model_dump(exclude={"type"}),
            )
        )

    @router.get("/{upload_id}")
    async def status(upload_id: UUID) -> UploadStatus:
        """How far an upload is, or why it was refused."""
        return await desk.status(UploadStatusQuery(id=upload_id))

    @router.post("/{upload_id}/completion", status_code=202)
    async def complete(upload_id: UUID) -> UploadStatus:
        """All bytes of a PUT are there."""
        return await desk.complete(CompleteUpload(id=upload_id))

    @router.delete("/{upload_id}", status_code=204)
    async def abort(upload_id: UUID) -> None:
        """Drop an upload and its bytes."""
        await desk.abort(AbortUpload(id=upload_id))

    return router
