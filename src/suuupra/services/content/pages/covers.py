"""Course pictures: public, kept for ever, since their address is a hash of their bytes."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import NotFound
from suuupra.services.content.service.content import Content

NAME = re.compile(r"^[0-9a-f]{40}\.jpg$")
FOR_EVER = "public, max-age=31536000, immutable"


def cover_pages(content: Content) -> list[Route]:
    async def cover(request: Request) -> Response:
        name = request.path_params["name"]
        if not NAME.match(name):
            raise NotFound
        found, body = await content.courses.cover(name)
        headers = {"Cache-Control": FOR_EVER, "ETag": f'"{found.etag}"'}
        return Response(body, media_type=found.media_type, headers=headers)

    return [Route("/covers/{name}", cover)]
