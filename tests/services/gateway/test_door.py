"""What the door does to a request on its way in: bad input, identity, origin, transport."""

from collections.abc import AsyncIterator

from suuupra.kernel.manifest import Site
from suuupra.kernel.metrics import METRICS
from tests.covers import covers
from tests.services.gateway.doors import COOKIE, TOKEN, Doors

MIB = 1024 * 1024


@covers("GW-6")
async def test_two_lengths_are_refused_and_nothing_goes_on() -> None:
    async with Doors().client() as client:
        both = {"content-length": "4", "transfer-encoding": "chunked"}
        assert (await client.post("/x", content=b"four", headers=both)).status_code == 400
        doubled = [("content-length", "4"), ("content-length", "5")]
        assert (await client.post("/x", content=b"four", headers=doubled)).status_code == 400
        assert (await client.get("/x", headers={"transfer-encoding": "gzip, chunked"})).status_code == 400
        assert (await client.get("/x", headers={"content-length": "+4"})).status_code == 400


@covers("GW-6")
async def test_addresses_and_headers_are_bounded() -> None:
    async with Doors().client() as client:
        assert (await client.get("/" + "a" * 9000)).status_code == 400
        assert (await client.get("/x?" + "a" * 9000)).status_code == 400
        assert (await client.get("/a%00b")).status_code == 400
        assert (await client.get("/x", headers={"x-long": "a" * 40_000})).status_code == 431
        assert (await client.get("/x", headers={f"x-{n}": "1" for n in range(101)})).status_code == 431


@covers("GW-6")
async def test_a_body_is_counted_also_when_its_length_is_not_stated() -> None:
    async def stream(size: int) -> AsyncIterator[bytes]:
        for _ in range(size // 65536):
            yield b"x" * 65536

    async with Doors().client() as client:
        assert (await client.post("/api/v1/x", content=b"x" * (MIB + 1))).status_code == 413
        assert (await client.post("/api/v1/x", content=stream(2 * MIB))).status_code == 413
        assert (await client.request("GET", "/api/v1/x", content=b"x" * (MIB + 1))).status_code == 413
        assert (await client.post("/api/v1/x", content=stream(MIB))).json()["bytes"] == MIB


@covers("GW-19")
async def test_uploads_and_raw_bodies_pass_as_they_came() -> None:
    raw = bytes(range(256)) * 8192
    async with Doors().client() as client:
        headers = {"content-type": "application/offset+octet-stream"}
        found = (await client.patch("/api/v1/uploads/tus/1", content=raw, headers=headers)).json()
        assert found["bytes"] == len(raw) == 2 * MIB
        assert found["body"].encode("latin-1") == raw
        odd = b'{"b": 1,   "a":2 }\n'
        signed = await client.post("/api/v1/webhooks/x", content=odd, headers={"x-signature": "abc"})
        assert signed.json()["body"].encode() == odd
        assert signed.json()["headers"]["x-signature"] == "abc"


@covers("GW-3", "GW-6")
async def test_what_only_the_house_may_say_is_taken_from_visitors() -> None:
    forged = {"suuupra-principal": "owner", "Suuupra-Forwarded": "x", "x-forwarded-for": "127.0.0.1"}
    before = METRICS.counters.get("forged_headers", {}).get((), 0)
    async with Doors().client() as client:
        found = (await client.get("/x", headers=forged)).json()
    assert not [name for name in found["headers"] if name.startswith("suuupra-")]
    assert found["headers"]["x-forwarded-for"] == found["address"] == "203.0.113.9"
    assert found["who"] == "anonymous"
    assert METRICS.counters["forged_headers"][()] == before + 1


@covers("GW-6", "GW-7")
async def test_a_trusted_proxy_says_who_called_and_how() -> None:
    doors = Doors({"trusted_proxies": "10.0.0.0/8"})
    headers = {"x-forwarded-for": "1.2.3.4, 198.51.100.1", "x-forwarded-proto": "https"}
    async with doors.client("10.0.0.2") as proxy, doors.client() as stranger:
        found = (await proxy.get("/x", headers=headers)).json()
        assert (found["address"], found["scheme"]) == ("198.51.100.1", "https")
        claimed = (await stranger.get("/x", headers=headers)).json()
        assert (claimed["address"], claimed["scheme"]) == ("203.0.113.9", "http")


@covers("GW-3")
async def test_a_cookie_is_resolved_once_and_a_token_is_never_taken_for_nobody() -> None:
    doors = Doors()
    async with doors.client() as client:
        assert (await client.get("/api/v1/x", headers=COOKIE)).json()["who"].endswith("7")
        assert doors.keeper.asked == 1
        for token in ("Bearer eyJhbGciOiJub25lIn0.e30.", "bearer expired", "Bearer of.another.house"):
            refused = await client.get("/api/v1/x", headers={"authorization": token})
            assert refused.status_code == 401
            assert refused.json()["type"] == "/problems/gateway/token-invalid"


@covers("GW-3")
async def test_identity_away_leaves_public_pages_standing() -> None:
    doors = Doors()
    doors.keeper.is_away = True
    async with doors.client() as client:
        assert (await client.get("/courses", headers=COOKIE)).json()["who"] == "anonymous"


@covers("GW-3", "GW-6")
async def test_a_write_needs_the_token_of_its_session_and_a_page_of_this_site() -> None:
    async with Doors().client() as client:
        bare = await client.post("/api/v1/x", headers=COOKIE)
        assert (bare.status_code, bare.json()["type"]) == (403, "/problems/gateway/token-missing")
        foreign = await client.post("/api/v1/x", headers=COOKIE | TOKEN | {"origin": "https://evil.test"})
        assert (foreign.status_code, foreign.json()["type"]) == (403, "/problems/gateway/foreign-origin")
        assert (await client.post("/api/v1/x", headers=COOKIE | TOKEN)).status_code == 200
        form = {"a": "1", "csrf_token": TOKEN["x-csrf-token"]}
        sent = await client.post("/x", data=form, headers=COOKIE)
        assert "a=1&csrf_token=" in sent.json()["body"]
        assert (await client.post("/x", data={"csrf_token": "0" * 43}, headers=COOKIE)).status_code == 403
        files = {"file": ("a.bin", b"x" * 300_000)}
        with_file = await client.post("/x", data=form, files=files, headers=COOKIE)
        assert with_file.json()["bytes"] > 300_000


@covers("GW-7")
async def test_prod_speaks_https_alone() -> None:
    site = Site(base_url="https://suuupra.test", environment="prod")
    doors = Doors(site=site)
    async with doors.client() as client:
        secure = await client.get("/x")
        assert secure.headers["strict-transport-security"].startswith("max-age=63072000")
        moved = await client.get("http://suuupra.test/a//b?c=d")
        assert (moved.status_code, moved.headers["location"]) == (308, "https://suuupra.test/a/b?c=d")
        assert (await client.post("http://suuupra.test/x")).status_code == 403
        assert (await client.get("http://suuupra.test/health/live")).status_code == 200
        proxy = {"x-forwarded-proto": "https"}
        assert (await client.get("http://suuupra.test/x", headers=proxy)).status_code == 403
    async with Doors().client() as client:
        assert "strict-transport-security" not in (await client.get("/x")).headers
