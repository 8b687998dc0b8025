"""What is looked at before anybody is asked anything: the form of a request, its sender, its transport."""

from urllib.parse import quote

import structlog
from starlette.types import Scope

from suuupra.kernel.manifest import Site
from suuupra.kernel.metrics import METRICS
from suuupra.kernel.problems import Problem
from suuupra.services.gateway import rules
from suuupra.services.gateway.api import HeadersTooLarge, PlainConnection, RequestMalformed, TokenInvalid
from suuupra.services.gateway.service.arrival import CLAIMS, OURS, Fields

log = structlog.get_logger(service="gateway")
OWN = OURS.encode()
CLAIMED = frozenset(name.encode() for name in CLAIMS)


def wrong_syntax(scope: Scope, fields: Fields) -> Problem | None:
    """One path, one length, bounded headers; the path goes on in its one form. None: as it should be."""
    if fields.size > rules.HEADERS_MAX_BYTES or len(scope["headers"]) > rules.HEADERS_MAX:
        return HeadersTooLarge()
    wire = scope.get("raw_path") or quote(scope["path"]).encode()
    if len(wire) + len(scope.get("query_string", b"")) > rules.URL_MAX_BYTES:
        return RequestMalformed("The address is too long.")
    path = rules.normalise(wire.partition(b"?")[0].decode("latin-1"))
    if path is None:
        return RequestMalformed("The address is not written as one.")
    if path != scope["path"]:
        scope["path"] = rules.readable(path)
    scope["raw_path"] = path.encode()
    is_framed = "content-length" in fields or "transfer-encoding" in fields
    return _wrong_lengths(fields) if is_framed else None


def _wrong_lengths(fields: Fields) -> Problem | None:
    """Two statements on where a body ends let two readers see two requests in it (RFC 9112, 6.3)."""
    length = fields.get("content-length")
    coding = fields.get("transfer-encoding")
    if length is not None and (
        coding is not None or fields.is_doubled or not length.isascii() or not length.isdigit()
    ):
        return RequestMalformed("The length of the request is stated in two ways.")
    if coding is not None and coding.lower() != "chunked":
        return RequestMalformed("The coding of the request is unknown.")
    return None


def believe(scope: Scope, fields: Fields, trusted: tuple[str, ...]) -> str:
    """The visitor's address. What they may not state themselves is taken away or put right."""
    peer = scope["client"][0] if scope.get("client") else "unknown"
    if not fields.claims and not trusted:
        return str(peer)
    raw = scope["headers"]
    forwarded = b",".join(value for name, value in raw if name == b"x-forwarded-for").decode("latin-1")
    address = rules.client_address(peer, forwarded, trusted)
    if fields.get("x-forwarded-proto") == "https" and rules.is_trusted(peer, trusted):
        scope["scheme"] = "wss" if scope["type"] == "websocket" else "https"
    if fields.claims:
        kept = [(name, value) for name, value in raw if not name.startswith(OWN) and name not in CLAIMED]
        if any(name.startswith(OWN) for name, _ in raw):
            METRICS.count("forged_headers")
            log.warning("visitor.forged_header", peer=rules.prefix_of(address))
        if any(name in CLAIMED for name, _ in raw):
            kept.append((b"x-forwarded-for", address.encode("latin-1", "replace")))
        scope["headers"] = kept
    return address


def secure_location(scope: Scope, fields: Fields, site: Site, kind: str) -> str | None:
    """In prod: where a plain request belongs; None where it is well as it came.

    A proxy that speaks of HTTPS and is not trusted would be sent round in circles, so it is told.
    """
    if site.environment != "prod" or kind == "health" or scope.get("scheme", "http") in {"https", "wss"}:
        return None
    if "x-forwarded-proto" in fields:
        log.error("proxy.not_trusted", remedy="set SUUUPRA_GATEWAY_TRUSTED_PROXIES")
        raise PlainConnection("The proxy in front of this site is not among its trusted ones.")
    if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
        raise PlainConnection
    query = scope.get("query_string", b"").decode("latin-1")
    path = scope["raw_path"].decode()
    return site.link(f"{path}?{query}" if query else path)


def refuse_tokens(fields: Fields, kind: str) -> None:
    """Until tokens are given out, none is valid; whoever shows one is not served as nobody."""
    if kind in {"api", "upload"} and fields.get("authorization", "").lower().startswith("bearer "):
        raise TokenInvalid("Sign in for a session; this site gives no bearer tokens yet.")
