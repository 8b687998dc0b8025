"""The door of the gateway: what it needs answered, and how it refuses."""

from typing import Protocol

from suuupra.kernel.auth import Identified, ResolveCookie
from suuupra.kernel.problems import (
    Forbidden,
    Malformed,
    Problem,
    TooLarge,
    TooMany,
    Unauthenticated,
)


class RequestMalformed(Malformed):
    """The request breaks HTTP: a doubled length, an impossible path, a header out of bounds."""


class BodyTooLarge(TooLarge):
    """More bytes than this route takes."""

    title = "The request is too large"


class BodyTooSlow(Problem):
    """A body that arrives with less than 1 KiB a second, after the first ten."""

    status = 408
    title = "The request came too slowly"


class LimitReached(TooMany):
    """A rate limit was reached; `policy` names it."""

    title = "Too many requests"


class ForeignOrigin(Forbidden):
    """A write that another site started in this browser."""

    title = "This request came from another site"


class TokenMissing(Forbidden):
    """A write with a session cookie and without the token of that session: a page left open too long."""

    title = "This page was open for too long"


class TokenInvalid(Unauthenticated):
    """A token that this house did not give, or gives no longer; its holder is not taken for nobody."""

    title = "This token is not valid here"


class PlainConnection(Forbidden):
    """HTTP where only HTTPS is spoken."""

    title = "This site is reached by HTTPS alone"


class HeadersTooLarge(Problem):
    """More headers than the house reads."""

    status = 431
    title = "The headers are too large"


class Verifier(Protocol):
    """Says who a cookie stands for (plugged by the app: identity answers)."""

    async def resolve_cookie(self, query: ResolveCookie) -> Identified:
        """Nobody where the session ended, expired or never was."""
        ...
