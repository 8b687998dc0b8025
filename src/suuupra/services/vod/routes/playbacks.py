"""Sessions of watching: opened by REST, renewed by beats on a plain route, since there are many of them."""

from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.problems import Invalid, NotFound
from suuupra.services.vod.api import OpenPlayback, Purpose, RenewPlayback
from suuupra.services.vod.service.playing import PlaybackDesk

T = TypeVar("T")
NO_STORE = {"Cache-Control": "no-store"}


class OpenRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What a page may ask; a right and a place to start are never taken from outside."""

    asset_id: UUID
    context_ref: Annotated[str, msgspec.Meta(max_length=200)] = ""
    purpose: Purpose = "stream"


class Beat(msgspec.Struct, forbid_unknown_fields=True):
    """Stretches of the medium that were watched since the last beat, in ms."""

    intervals: list[tuple[int, int]] = []
    position_ms: int = 0
    speed: float = 1.0
    stalls: int = 0


class BeatAnswer(msgspec.Struct, omit_defaults=True):
    """A fresh grant, and where the server thinks the player is."""

    grant: str
    position_ms: int


OPENS = msgspec.json.Decoder(OpenRequest)
BEATS = msgspec.json.Decoder(Beat)
INTERVALS_MAX = 100


def playback_routes(desk: PlaybackDesk) -> list[Route]:
    """`/api/v1/playbacks` and `/api/v1/playbacks/{id}/beats`."""

    async def open_playback(request: Request) -> Response:
        asked = _read(OPENS, await request.body())
        plan = await desk.open(
            OpenPlayback(asset_id=asked.asset_id, context_ref=asked.context_ref, purpose=asked.purpose)
        )
        return Response(plan.model_dump_json(), 201, NO_STORE, media_type="application/json")

    async def beat(request: Request) -> Response:
        try:
            playback_id = UUID(request.path_params["id"])
        except ValueError:
            raise NotFound from None
        plan = await desk.renew(command_of(playback_id, _read(BEATS, await request.body())))
        answer = BeatAnswer(plan.grant, plan.resume_ms)
        return Response(msgspec.json.encode(answer), 200, NO_STORE, media_type="application/json")

    return [
        Route("/api/v1/playbacks", open_playback, methods=["POST"]),
        Route("/api/v1/playbacks/{id}/beats", beat, methods=["POST"]),
    ]


def command_of(playback_id: UUID, beat: Beat) -> RenewPlayback:
    """The message of a beat; who was offline for long may bring more stretches than one message takes."""
    return RenewPlayback(
        id=playback_id,
        intervals=tuple(beat.intervals[-INTERVALS_MAX:]),
        position_ms=max(0, beat.position_ms),
        speed=min(4.0, max(0.25, beat.speed)),
        stalls=max(0, beat.stalls),
    )


def _read(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        where, _, pointer = str(error).partition(" - at `$")
        raise Invalid.at("/" + pointer.rstrip("`").strip("."), where) from None
    except msgspec.DecodeError:
        raise Invalid.at("", "This is not JSON.") from None
