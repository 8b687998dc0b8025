"""Entity tags by HTTP (RFC 9110, 13.1.1): what changes a draft says which version it saw."""

from typing import Annotated

from fastapi import Depends, Header
from starlette.responses import Response

from suuupra.kernel.problems import Invalid


def _if_match(if_match: Annotated[str | None, Header()] = None) -> str:
    if not if_match:
        raise Invalid.at("/if-match", "Send If-Match with the ETag that you read.")
    return if_match


IfMatch = Annotated[str, Depends(_if_match)]


def tagged(response: Response, etag: str) -> None:
    """Quote and set it."""
    response.headers["ETag"] = f'"{etag}"'
