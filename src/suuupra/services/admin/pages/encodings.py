"""Encodings: what is uploaded and encoded right now, every video, and one of them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.kernel.problems import Invalid
from suuupra.services.admin.pages.acting import (
    NOT_TRIED,
    Act,
    Pager,
    Tried,
    cursor_of,
    id_of,
    query_of,
    same_page,
)
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.encodings import MANAGES_ENCODINGS, AssetFile, EncodingList
from suuupra.services.identity.api import Back
from suuupra.services.vod.api import AssetsQuery, AssetState, Queue
from suuupra.web.answers import wants_fragment
from suuupra.web.draw import draw
from suuupra.web.filters import duration, number, size
from suuupra.web.frame import Item
from suuupra.web.parts import Column, Stat

HERE = "/admin/encodings"
PAGE_SIZE = 30
STATES = {
    AssetState.PREPARING: "Preparing",
    AssetState.PLAYABLE: "Playable",
    AssetState.READY: "Ready",
    AssetState.FAILED: "Failed",
    AssetState.DELETED: "Deleted",
}
KINDS = {"preparing": "warn", "playable": "neel", "ready": "good", "failed": "bad", "deleted": ""}
UNKNOWN = "–"


@dataclass(frozen=True)
class EncodingsView:
    """What runs, the room that is left, and a page of videos. `here` is this page, for the poll."""

    columns: ClassVar[tuple[Column, ...]] = (
        Column("Video"),
        Column("Teacher"),
        Column("State"),
        Column("Progress"),
        Column("Length", "end"),
    )
    found: EncodingList
    owners: Mapping[UUID, str]
    stats: tuple[Stat, ...]
    tabs: tuple[Item, ...]
    pager: Pager
    state: str
    here: str
    states: Mapping[AssetState, str]
    kinds: Mapping[str, str]


@dataclass(frozen=True)
class AssetView:
    """One video. `may_act`: whoever looks may retry and cancel."""

    file: AssetFile
    owner: str
    may_act: bool
    tried: Tried
    states: Mapping[AssetState, str]
    kinds: Mapping[str, str]


def stats_of(queue: Queue | None) -> tuple[Stat, ...]:
    """Four tiles; what nobody says is a dash."""
    if queue is None:
        return tuple(Stat(label, UNKNOWN) for label in ("Uploads", "Steps", "Time left", "Free disk"))
    left = UNKNOWN if queue.eta_s is None else duration(queue.eta_s)
    running = sum(step.state == "running" for step in queue.steps)
    return (
        Stat("Uploads", number(len(queue.uploads)), note="right now"),
        Stat("Steps", number(running), note=f"running, {number(queue.waiting_steps)} wait"),
        Stat("Time left", left if queue.waiting_steps or running else "none", note="until nothing waits"),
        Stat(
            "Free disk",
            size(queue.free_bytes),
            note=f"of {size(queue.total_bytes)}, {size(queue.reserved_bytes)} reserved",
        ),
    )


class EncodingPages:
    """The pages, over the use cases."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def listing(self, request: Request) -> Response:
        state = query_of(request, "state")
        if state and state not in set(AssetState):
            raise Invalid.at("/state", "Choose a state of the list.")
        wanted = AssetState(state) if state else None
        query = AssetsQuery(state=wanted, cursor=cursor_of(request), limit=PAGE_SIZE)
        found = await self._desk.encodings.page(query)
        owners = await self._desk.people.names(asset.owner_id for asset in found.videos.items)
        view = EncodingsView(
            found=found,
            owners=owners,
            stats=stats_of(found.queue),
            tabs=_tabs(request, state),
            pager=Pager.of(request, found.videos.next),
            state=state,
            here=same_page(request),
            states=STATES,
            kinds=KINDS,
        )
        template = "_encodings.html" if wants_fragment(request) else "encodings.html"
        return draw(request, f"admin/{template}", view, title="Encodings")

    async def show(self, request: Request) -> Response:
        return await self._draw(request, NOT_TRIED)

    async def _draw(self, request: Request, tried: Tried) -> Response:
        file = await self._desk.encodings.file(id_of(request, "asset_id"))
        owners = await self._desk.people.names([file.asset.owner_id])
        owner = owners.get(file.asset.owner_id, "Somebody")
        may_act = principal().may(MANAGES_ENCODINGS)
        view = AssetView(file, owner, may_act, tried, STATES, KINDS)
        template = "_encoding.html" if wants_fragment(request) else "encoding.html"
        return draw(request, f"admin/{template}", view, title=file.asset.name, status=tried.status)

    def act(self, key: str, do: Callable[[UUID, str], Awaitable[object]], done: str) -> Route:
        """A form of the page of a video."""

        async def answer(request: Request) -> Response:
            asset_id = id_of(request, "asset_id")

            async def run(fields: Mapping[str, str], _back: Back) -> str:
                await do(asset_id, fields.get("reason", ""))
                return done

            return await Act(key, run, f"{HERE}/{asset_id}", self._draw).answer(request)

        return Route(f"{HERE}/{{asset_id}}/{key}", answer, methods=["POST"])


def _tabs(request: Request, state: str) -> tuple[Item, ...]:
    every = Item("All", same_page(request, state=None, cursor=None), current=not state)
    each = (
        Item(label, same_page(request, state=name, cursor=None), current=name == state)
        for name, label in STATES.items()
    )
    return (every, *each)


def encoding_pages(desk: Desk) -> list[Route]:
    """`/admin/encodings`, one video, its retry and its end."""
    pages = EncodingPages(desk)
    return [
        Route(HERE, pages.listing),
        Route(f"{HERE}/{{asset_id}}", pages.show),
        pages.act("retries", desk.encodings.retry, "Its failed steps run again."),
        pages.act("cancellations", desk.encodings.cancel, "Encoding stops after the step at hand."),
    ]
