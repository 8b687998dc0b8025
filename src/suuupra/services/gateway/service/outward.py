"""What every answer carries on its way out: security headers, the request id, limits, CORS."""

from collections.abc import Sequence
from functools import cache

from starlette.types import Message

from suuupra.kernel.stores import Verdict
from suuupra.services.gateway import rules
from suuupra.web.headers import Kind
from suuupra.web.headers import headers as security_headers

Raw = tuple[bytes, bytes]
Counted = tuple[rules.Policy, Verdict]
FACES: dict[str, Kind] = {"static": "asset", "media": "media", "page": "page", "sign_in": "page"}
HSTS = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")
EXPOSED = b"X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, ETag, Location"
METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
ASKABLE = b"Content-Type, X-CSRF-Token, Idempotency-Key, If-Match, If-None-Match, traceparent"
PREFLIGHT_LIFE_S = 600
OK = 200


@cache
def fixed_headers(kind: str, *, is_secure: bool) -> tuple[Raw, ...]:
    """The security headers of a class of requests, ready to be sent."""
    pairs = security_headers(FACES.get(kind, "api"))
    raw = tuple((name.lower().encode(), value.encode()) for name, value in pairs)
    return (*raw, HSTS) if is_secure else raw


@cache
def policy_header(policy: rules.Policy) -> Raw:
    """What the limit is; the same for all."""
    text = f'"{policy.name}";q={policy.rate.count};w={policy.rate.period_s:g}'
    return (b"ratelimit-policy", text.encode())


def limit_headers(counted: Counted) -> tuple[Raw, Raw]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers)."""
    policy, verdict = counted
    left = b'"%b";r=%d;t=%d' % (policy.name.encode(), verdict.remaining, round(verdict.reset_s))
    return policy_header(policy), (b"ratelimit", left)


def cors_headers(origin: str) -> list[Raw]:
    """For one exact origin that the settings name; never for all."""
    return [
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", EXPOSED),
    ]


def preflight(origin: str) -> tuple[Message, Message]:
    """The answer to a browser that asks before it calls (Fetch, 3.2.2)."""
    headers = [
        *cors_headers(origin),
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", ASKABLE),
        (b"access-control-max-age", str(PREFLIGHT_LIFE_S).encode()),
    ]
    return (
        {"type": "http.response.start", "status": 204, "headers": headers},
        {"type": "http.response.body", "body": b""},
    )


def dressed(message: Message, fixed: Sequence[Raw], own: Sequence[Raw]) -> Message:
    """The start of an answer with what it lacked; what the app set itself stays, what is ours is ours."""
    headers = list(message.get("headers", ()))
    there = {name.lower() for name, _ in headers}
    ours = {name for name, _ in own}
    if not ours.isdisjoint(there):
        headers = [pair for pair in headers if pair[0].lower() not in ours]
    headers.extend(own)
    headers.extend([pair for pair in fixed if pair[0] not in there])
    return {**message, "headers": headers}


def may_carry_cookie(message: Message) -> bool:
    """Only a page that no shared cache keeps: a cookie beside it would be everybody's."""
    headers = {name.lower(): value for name, value in message["headers"]}
    is_page = headers.get(b"content-type", b"").startswith(b"text/html")
    return is_page and message["status"] == OK and b"public" not in headers.get(b"cache-control", b"")
