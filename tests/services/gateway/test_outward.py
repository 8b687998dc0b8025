"""What answers carry on their way out: security headers, request id, CORS, gzip; events and sockets pass."""

import gzip
import json

import pytest

from suuupra.kernel.metrics import METRICS
from suuupra.services.gateway.service.compress import Gzip, reads_gzip
from tests.covers import covers
from tests.services.gateway.doors import COOKIE, TEXT, TOKEN, Doors, handshake

APP = "https://app.test"
GZIP = {"accept-encoding": "br, gzip"}


@covers("GW-6", "GW-11")
@pytest.mark.parametrize(
    "path", ["/page", "/api/v1/x", "/static/a.js", "/media/good/1", "/health", "/a%00", "/api/v1/broken"]
)
async def test_every_answer_has_its_security_headers_and_a_request_id(path: str) -> None:
    async with Doors().client() as client:
        answer = await client.get(path)
        policy = answer.headers["content-security-policy"]
        assert ("script-src 'self'" in policy) is (path in {"/page", "/a%00"})
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"]
        assert len(answer.headers["x-request-id"]) == 32
        assert "server" not in answer.headers


@covers("GW-11")
async def test_a_trace_goes_on_and_each_request_is_measured_once() -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with Doors().client() as client:
        before = sum(one.count for one in METRICS.times.get("http_request_seconds", {}).values())
        found = await client.get("/x", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
        assert found.json()["trace"] == trace
        assert found.headers["x-request-id"] != trace
        other = await client.get("/x", headers={"traceparent": "00-zz-1-01"})
        assert other.json()["trace"] == other.headers["x-request-id"]
        after = sum(one.count for one in METRICS.times["http_request_seconds"].values())
        assert after - before == 2


@covers("GW-6")
async def test_scripts_of_named_origins_may_call_the_api_and_of_no_others() -> None:
    doors = Doors({"origins": APP})
    asks = {"access-control-request-method": "PUT", "access-control-request-headers": "content-type"}
    async with doors.client() as client:
        allowed = await client.options("/api/v1/x", headers=asks | {"origin": APP})
        assert allowed.status_code == 204
        assert allowed.headers["access-control-allow-origin"] == APP
        assert allowed.headers["access-control-max-age"] == "600"
        assert "PUT" in allowed.headers["access-control-allow-methods"]
        called = await client.get("/api/v1/x", headers={"origin": APP, "sec-fetch-site": "cross-site"})
        assert called.headers["access-control-allow-origin"] == APP
        assert called.headers["access-control-allow-credentials"] == "true"
        written = await client.post("/api/v1/x", headers=COOKIE | TOKEN | {"origin": APP})
        assert written.status_code == 200
        for origin, path in (("https://evil.test", "/api/v1/x"), (APP, "/page")):
            other = await client.get(path, headers={"origin": origin})
            assert "access-control-allow-origin" not in other.headers
        assert "Origin" in (await client.get("/api/v1/x")).headers["vary"]
        assert (await client.post("/page-form", headers={"origin": APP})).status_code == 403


@covers("GW-1")
async def test_long_texts_leave_compressed_for_those_who_read_gzip() -> None:
    async with Doors().client() as client:
        packed = await client.get("/api/v1/long", headers=GZIP)
        assert packed.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["vary"]
        assert packed.json() == TEXT
        plain = await client.get("/api/v1/long", headers={"accept-encoding": "gzip;q=0"})
        assert "content-encoding" not in plain.headers
        assert plain.json() == TEXT
        assert (await client.get("/page", headers=GZIP)).headers["content-encoding"] == "gzip"
        for path in ("/api/v1/x", "/media/good/1.m4s", "/api/v1/events"):
            assert "content-encoding" not in (await client.get(path, headers=GZIP)).headers


@covers("GW-1")
def test_the_size_of_a_packed_page_does_not_tell_what_it_holds() -> None:
    text = json.dumps(TEXT).encode()
    packed = [Gzip().pack(text, more=False) for _ in range(40)]
    assert all(gzip.decompress(one) == text for one in packed)
    assert len({len(one) for one in packed}) > 5
    writer = Gzip()
    blocks = [writer.pack(text, more=True), writer.pack(b"", more=True), writer.pack(text, more=False)]
    assert gzip.decompress(b"".join(blocks)) == text * 2
    assert [reads_gzip(one) for one in ("", "br", "gzip", "gzip;q=0.0", "x, GZIP ; q=0.5")] == [
        False, False, True, False, True,
    ]  # fmt: skip


@covers("GW-12")
async def test_events_pass_as_they_come() -> None:
    async with Doors().client() as client, client.stream("GET", "/api/v1/events", headers=GZIP) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert text.count(b"\n\n") == 3
        assert text.startswith(b"id: 0\n")


@covers("GW-12", "GW-6")
async def test_a_socket_opens_for_pages_of_this_site_alone() -> None:
    doors = Doors()
    assert await handshake(doors, "/realtime") == [{"type": "websocket.accept"}]
    assert await handshake(doors, "/realtime", (b"origin", b"http://suuupra.test")) == [
        {"type": "websocket.accept"}
    ]
    foreign = await handshake(doors, "/realtime", (b"origin", b"https://evil.test"))
    assert [(one["type"], one["code"]) for one in foreign] == [("websocket.close", 4403)]
    told = await handshake(
        doors, "/realtime", (b"origin", b"https://evil.test"), extensions={"websocket.http.response": {}}
    )
    assert told[0]["status"] == 403
    assert (await handshake(doors, "/a\\b"))[0]["code"] == 4400
