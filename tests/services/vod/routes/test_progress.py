"""The bar: events in the shape that `su-progress` reads, until done or failed."""

import json
from typing import Any

import pytest

from suuupra.services.vod.api import Asset, AssetState
from suuupra.services.vod.routes import progress as route
from suuupra.services.vod.service.telling import stand_of
from tests.covers import covers
from tests.services.vod.cinema import IDS, Cinema, somebody
from tests.services.vod.films import film


def asset(**values: Any) -> Asset:
    return Asset(id=IDS.new(), owner_id=IDS.new(), name="x", **({"state": AssetState.PREPARING} | values))


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """(name, data) of each event."""
    found = []
    for block in filter(None, text.split("\n\n")):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            found.append((fields.get("event", "message"), json.loads(fields["data"])))
    return found


@covers("VOD-11")
async def test_the_bar_moves_from_upload_to_done(cinema: Cinema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(route, "LOOK_S", 0.02)
    body = film("silent.mp4").read_bytes()
    ticket = await cinema.ticket(body)
    told: list[dict[str, Any]] = []
    with cinema.as_(cinema.teacher):
        stand = stand_of(await cinema.asset(ticket.id))
        stream = route.events(cinema.vod.assets, ticket.id, stand)
        told.append(events((await anext(stream)).decode())[0][1])
        await cinema.send(ticket, body[:1000])
        told.append(events((await anext(stream)).decode())[0][1])
        await cinema.send(ticket, body[1000:], 1000)
        await cinema.look(ticket)
        told.append(events((await anext(stream)).decode())[0][1])
        await cinema.house.run_until_idle()
        rest = [one async for one in stream]
    name, last = events(rest[-1].decode())[-1]
    assert [one["state"] for one in told] == ["created", "receiving", "encoding"]
    assert (name, last) == ("done", {"value": 1000, "maximum": 1000, "text": "Ready", "state": "done"})
    assert told[2]["text"].startswith("Encoding 0 %")


@covers("VOD-11")
async def test_what_has_ended_is_told_at_once_to_its_owner_and_to_nobody_else(screening: Cinema) -> None:
    assert screening.film is not None
    place = f"/api/v1/assets/{screening.film.id}/progress"
    answer = await screening.browser(screening.teacher).get(place)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [(name, data["state"]) for name, data in events(answer.text)] == [("done", "done")]
    for who, status in ((somebody(), 404), (None, 401), (screening.operator, 200)):
        assert (await screening.browser(who).get(place)).status_code == status


@covers("VOD-11")
async def test_a_refusal_is_told_as_failed_with_its_sentence(cinema: Cinema) -> None:
    body = b"not a film at all " * 60
    ticket = await cinema.ticket(body)
    await cinema.send(ticket, body)
    answer = await cinema.browser(cinema.teacher).get(f"/api/v1/assets/{ticket.id}/progress")
    assert events(answer.text) == [
        (
            "failed",
            {"value": 0, "maximum": 1000, "text": "This file is text, not a video.", "state": "failed"},
        )
    ]


@covers("VOD-11")
@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"upload_state": "created"}, "Waiting for the file"),
        ({"upload_state": "receiving"}, "Uploading"),
        ({"upload_state": "scanning"}, "Checking for viruses"),
        ({"upload_state": "probing", "reason": "No room."}, "Looking at the file: No room."),
        ({"permille": 126, "eta_s": 20.0}, "Encoding 12 %, a moment left"),
        ({"permille": 126, "eta_s": 200.0}, "Encoding 12 %, about 3 min left"),
        (
            {"permille": 500, "state": AssetState.PLAYABLE},
            "Encoding 50 %, the beginning plays already",
        ),
        ({"state": AssetState.FAILED, "reason": "Too long."}, "Too long."),
        ({"state": AssetState.READY}, "Ready"),
        ({"state": AssetState.READY, "making": 2, "permille": 40}, "Encoding a new version 4 %"),
        (
            {"state": AssetState.READY, "replacing": IDS.new(), "upload_state": "receiving"},
            "Uploading a new version",
        ),
        ({"state": AssetState.DELETED}, "This video was deleted"),
    ],
)
def test_each_stand_has_a_sentence(values: dict[str, Any], text: str) -> None:
    assert stand_of(asset(**values)).text == text
