"""Everybody's picture, by the name of its content: cached for ever, changed by another name."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from suuupra.services.identity.api import UserNotFound
from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.profile import PICTURE_TYPE

FOR_EVER = "public, max-age=31536000, immutable"


def picture_pages(identity: Identity) -> list[Route]:
    """`/people/{id}/picture/{name}.webp`."""

    async def show(request: Request) -> Response:
        try:
            account_id = UUID(request.path_params["user_id"])
        except ValueError:
            raise UserNotFound from None
        picture = await identity.profiles.picture(account_id, request.path_params["name"])
        headers = {
            "Cache-Control": FOR_EVER,
            "Content-Length": str(picture.size_bytes),
            "ETag": f'"{picture.etag}"',
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers={"Cache-Control": FOR_EVER, "ETag": headers["ETag"]})
        return StreamingResponse(picture.body, media_type=PICTURE_TYPE, headers=headers)

    return [Route("/people/{user_id}/picture/{name}.webp", show, methods=["GET"])]
