"""No secret and no address in a log line, an event, a job or a plain column."""

import json
import re

import pytest

from tests.covers import covers
from tests.house import StandingHouse
from tests.services.identity.people import Browser, browser, mailed_token, rows

CANARY = "canary lanterns over Periyar"


def readable(row: str) -> str:
    """A row as text, its bytes as characters."""
    return re.sub(r"\\\\x([0-9a-f]+)", lambda found: bytes.fromhex(found[1]).decode("latin-1"), row)


@covers("ID-22", "ID-8")
async def test_secrets_and_addresses_leave_no_trace(
    house: StandingHouse, meera: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    await meera.sign_up(password=CANARY, name="Nobody Canaryname")
    token = await mailed_token(house, meera.address)
    await meera.submit(f"/verify/{token}", f"/verify/{token}")
    thief = browser(house, meera.address)
    await thief.sign_in(f"{CANARY} wrong")
    await thief.submit("/reset", "/reset", address=meera.address)
    await house.run_until_idle()
    cookie = meera.client.cookies["suuupra"]
    secrets = (CANARY, meera.address, token, cookie, "Canaryname")
    logged = capfd.readouterr()
    for text in (logged.out, logged.err):
        lines = [line for line in text.splitlines() if any(secret in line for secret in secrets)]
        assert lines == []
    for table, column in (("kernel.event", "payload"), ("kernel.job", "args"), ("kernel.outbox", "payload")):
        found = await rows(house, f"SELECT {column}::text AS text FROM {table}")
        assert not any(secret in row["text"] for row in found for secret in secrets), table


@covers("ID-22")
async def test_addresses_and_factors_are_sealed_in_the_database(house: StandingHouse, meera: Browser) -> None:
    account_id = await meera.join()
    started = await meera.call("POST", "/api/v1/me/factors/totp")
    secret = started.json()["secret"]
    tables = ("account", "email", "password", "totp", "challenge", "session", "attempt", "security_log")
    for table in tables:
        for row in await rows(house, f"SELECT to_jsonb(t)::text AS text FROM identity.{table} t"):
            plain = readable(row["text"])
            assert meera.address not in plain
            assert secret not in plain
    (kept,) = await rows(house, "SELECT phc FROM identity.password WHERE account_id = $1", account_id)
    assert kept["phc"].startswith("$argon2id$")


@covers("ID-22", "ID-9")
async def test_answers_with_secrets_are_not_stored_by_anybody(house: StandingHouse, meera: Browser) -> None:
    await meera.join()
    for path in ("/settings/security", "/settings/profile", "/settings/sessions", "/api/v1/me"):
        answer = await meera.get(path)
        assert "private" in answer.headers["cache-control"], path
    shown = json.dumps((await meera.get("/api/v1/me")).json())
    assert "phc" not in shown
    assert "password" not in shown
