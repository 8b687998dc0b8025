"""What is looked at before anybody is asked anything: the form of a request, its sender, its transport."""

from urllib.parse import quote

import structlog
from starlette.datastructures import Headers
from starlette.types import Scope

from suuupra.kernel.manifest import Site
from suuupra.kernel.metrics import METRICS
from suuupra.services.gateway import rules
from suuupra.services.gateway.api import HeadersTooLarge, PlainConnection, RequestMalformed, TokenInvalid

log = structlog.get_logger(service="gateway")
CLAIMS = (b"x-forwarded-for", b"forwarded", b"x-real-ip")


def check_syntax(scope: Scope, headers: Headers) -> None:
    """One path, one length, bounded headers; the path goes on in its one form."""
    raw = scope["headers"]
    if len(raw) > rules.HEADERS_MAX or sum(len(n) + len(v) for n, v in raw) > rules.HEADERS_MAX_BYTES:
        raise HeadersTooLarge
    _check_lengths(headers)
    wire = scope.get("raw_path") or quote(scope["path"]).encode()
    if len(wire) + len(scope.get("query_string", b"")) > rules.URL_MAX_BYTES:
        raise RequestMalformed("The address is too long.")
    path = rules.normalise(wire.partition(b"?")[0].decode("latin-1"))
    if path is None:
        raise RequestMalformed("The address is not written as one.")
    scope["path"], scope["raw_path"] = rules.readable(path), path.encode()


def _check_lengths(headers: Headers) -> None:
    """Two statements on where a body ends let two readers see two requests in it (RFC 9112, 6.3)."""
    length = headers.get("content-length")
    coding = headers.get("transfer-encoding")
    if length is not None and (
        coding is not None
        or not length.isascii()
        or not length.isdigit()
        or len(headers.getlist("content-length")) > 1
    ):
        raise RequestMalformed("The length of the request is stated in two ways.")
    if coding is not None and coding.lower() != "chunked":
        raise RequestMalformed("The coding of the request is unknown.")


def believe(scope: Scope, headers: Headers, trusted: tuple[str, ...]) -> str:
    """The visitor's address. What they may not state themselves is taken away or put right."""
    peer = scope["client"][0] if scope.get("client") else "unknown"
    forwarded = ",".join(headers.getlist("x-forwarded-for"))
    address = rules.client_address(peer, forwarded, trusted)
    if rules.is_trusted(peer, trusted) and headers.get("x-forwarded-proto") == "https":
        scope["scheme"] = "wss" if scope["type"] == "websocket" else "https"
    raw = scope["headers"]
    if any(name.startswith(b"suuupra-") or name in CLAIMS for name, _ in raw):
        kept = [(n, v) for n, v in raw if not n.startswith(b"suuupra-") and n not in CLAIMS]
        if any(name.startswith(b"suuupra-") for name, _ in raw):
            METRICS.count("forged_headers")
            log.warning("visitor.forged_header", peer=rules.prefix_of(address))
        if len(kept) < len(raw) and any(name in CLAIMS for name, _ in raw):
            kept.append((b"x-forwarded-for", address.encode("latin-1", "replace")))
        scope["headers"] = kept
    return address


def secure_location(scope: Scope, headers: Headers, site: Site, kind: str) -> str | None:
    """In prod: where a plain request belongs; None where it is well as it came.

    A proxy that speaks of HTTPS and is not trusted would be sent round in circles, so it is told.
    """
    if site.environment != "prod" or kind == "health" or scope.get("scheme", "http") in {"https", "wss"}:
        return None
    if "x-forwarded-proto" in headers:
        log.error("proxy.not_trusted", remedy="set SUUUPRA_GATEWAY_TRUSTED_PROXIES")
        raise PlainConnection("The proxy in front of this site is not among its trusted ones.")
    if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
        raise PlainConnection
    query = scope.get("query_string", b"").decode("latin-1")
    path = scope["raw_path"].decode()
    return site.link(f"{path}?{query}" if query else path)


def refuse_tokens(headers: Headers, kind: str) -> None:
    """Until tokens are given out, none is valid; whoever shows one is not served as nobody."""
    if kind in {"api", "upload"} and headers.get("authorization", "").lower().startswith("bearer "):
        raise TokenInvalid("Sign in for a session; this site gives no bearer tokens yet.")
