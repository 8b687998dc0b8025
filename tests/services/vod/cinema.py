"""What tests of vod do over and over: people, uploads by tus, films that are encoded, playing."""

import base64
import hashlib
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from suuupra.kernel.auth import Principal, service_principal
from suuupra.kernel.call import Call
from suuupra.kernel.clock import FrozenClock
from suuupra.kernel.ids import TimeIds
from suuupra.kernel.jobs import Job
from suuupra.services.vod.api import (
    AbortUpload,
    Asset,
    AssetQuery,
    Assets,
    DeleteAsset,
    OpenPlayback,
    OpenUpload,
    Playback,
    PlaybackPlan,
    Uploads,
    UploadStatus,
    UploadStatusQuery,
    UploadTicket,
)
from suuupra.services.vod.service.ground import source_key
from suuupra.services.vod.service.orders import ScanUpload
from suuupra.services.vod.service.vod import Vod
from tests.house import StandingHouse
from tests.services.vod.doorman import COOKIE, Doorman, Lessons
from tests.services.vod.films import film

IDS = TimeIds()
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}
HEAD_BYTES = 1024 * 1024
TEACHER = frozenset({"vod.upload.create"})
OPERATOR = frozenset({"vod.encoding.view", "vod.encoding.manage"})


def somebody(permissions: frozenset[str] = frozenset()) -> Principal:
    return Principal(subject=IDS.new(), kind="person", permissions=permissions, strength=1, session=IDS.new())


@dataclass
class Cinema:
    """A house with vod in it, and its people."""

    house: StandingHouse
    doorman: Doorman
    lessons: Lessons
    clock: FrozenClock
    teacher: Principal = field(default_factory=lambda: somebody(TEACHER))
    learner: Principal = field(default_factory=somebody)
    operator: Principal = field(default_factory=lambda: somebody(OPERATOR))
    house_itself: Principal = field(default_factory=lambda: service_principal("content"))
    film: Asset | None = None
    tickets: list[UploadTicket] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.house.premises.settings.home

    @property
    def vod(self) -> Vod:
        found: Vod = self.house.service("vod")
        return found

    @property
    def uploads(self) -> Uploads:
        return self.house.port(Uploads)

    @property
    def assets(self) -> Assets:
        return self.house.port(Assets)

    @property
    def playback(self) -> Playback:
        return self.house.port(Playback)

    def as_(self, who: Principal, key: str | None = None) -> AbstractContextManager[Call]:
        return self.house.as_(who, key)

    def browser(self, who: Principal | None = None) -> httpx2.AsyncClient:
        """Of somebody who is signed in, or of nobody."""
        client = self.house.client()
        client.headers["accept"] = "application/json"
        if who is not None:
            secret = secrets.token_hex(16)
            self.doorman.people[secret] = who
            client.cookies.set(COOKIE, secret)
        return client

    async def ticket(self, body: bytes, **changes: Any) -> UploadTicket:
        """Opened by the teacher for a file of these bytes."""
        asked = {
            "owner_id": self.teacher.subject,
            "name": "lesson.mp4",
            "length_bytes": len(body),
            "media_type": "video/mp4",
            "head_sha256": hashlib.sha256(body[:HEAD_BYTES]).hexdigest(),
        }
        with self.as_(self.teacher):
            ticket = await self.uploads.open(OpenUpload(**(asked | changes)))
        self.tickets.append(ticket)
        return ticket

    async def send(self, ticket: UploadTicket, body: bytes, offset: int = 0) -> httpx2.Response:
        """One PATCH by the teacher."""
        return await self.patch(self.browser(self.teacher), ticket, body, offset)

    async def patch(
        self, client: httpx2.AsyncClient, ticket: UploadTicket, body: bytes, offset: int = 0, **headers: str
    ) -> httpx2.Response:
        said = {**BYTES, "Upload-Offset": str(offset), **headers}
        return await client.patch(ticket.address, content=body, headers=said)

    async def offset(self, ticket: UploadTicket) -> int:
        found = await self.browser(self.teacher).head(ticket.address, headers=TUS)
        return int(found.headers["upload-offset"])

    async def status(self, ticket: UploadTicket) -> UploadStatus:
        with self.as_(self.teacher):
            return await self.uploads.status(UploadStatusQuery(id=ticket.id))

    async def asset(self, asset_id: UUID) -> Asset:
        with self.as_(self.teacher):
            return await self.assets.get(AssetQuery(id=asset_id))

    async def uploaded(self, name: str | Path = "short.mp4", **changes: Any) -> UploadTicket:
        """A film, all bytes sent, nothing looked at yet."""
        body = film(name).read_bytes() if isinstance(name, str) else name.read_bytes()
        ticket = await self.ticket(body, **changes)
        answer = await self.send(ticket, body)
        assert answer.status_code == 204, answer.text
        return ticket

    async def look(self, ticket: UploadTicket) -> UploadStatus:
        """Scan and probe it, without encoding anything."""
        with self.as_(self.house_itself):
            await self.vod.scanning.scan(ScanUpload(upload_id=ticket.id))
        return await self.status(ticket)

    async def run(self, job: Job) -> None:
        """By a worker, as the clock or another use case would have it done."""
        async with self.vod.uploads._ground.work.begin() as unit:
            job_id = unit.enqueue(job)
        await self.house.run_until_idle()
        async with self.house.premises.database.pool.driver() as driver:
            ended = await driver.fetchrow("select state, last_error from kernel.job where id = $1", job_id)
        assert ended["state"] == "done", ended["last_error"]

    async def ready(self, name: str = "short.mp4", **changes: Any) -> Asset:
        """A film, encoded."""
        ticket = await self.uploaded(name, **changes)
        await self.house.run_until_idle()
        asset = await self.asset(ticket.asset_id or ticket.id)
        assert asset.state == "ready", asset
        return asset

    async def plan(
        self, who: Principal | None = None, asset: Asset | None = None, **changes: Any
    ) -> PlaybackPlan:
        """For its owner where nobody else is named, of the film where there is no other."""
        chosen = asset or self.film
        assert chosen is not None
        with self.as_(who or self.teacher):
            return await self.playback.open(
                OpenPlayback(asset_id=chosen.id, context_ref="lesson:1", **changes)
            )

    async def events(self, name: str, asset_id: UUID) -> list[dict[str, Any]]:
        """Payloads of published events of that wire name about an asset, in their order."""
        wanted = (name, str(asset_id))
        found = "select payload from kernel.{} where type = $1 and payload->>'asset_id' = $2"
        async with self.house.premises.database.pool.driver() as driver:
            rows = await driver.fetch(f"{found.format('event')} union all {found.format('outbox')}", *wanted)
        return [dict(row["payload"]) for row in rows]

    async def keeps(self, ticket: UploadTicket) -> bool:
        """Whether the store holds a byte of an upload, received or whole."""
        objects, key = self.vod.uploads._ground.objects, source_key(ticket.id)
        return bool(await objects.staged(key).size_bytes()) or await objects.head(key) is not None

    async def leave(self) -> None:
        """Nothing that this test has sent is worked on any longer."""
        with self.as_(self.house_itself):
            for ticket in self.tickets:
                await self.uploads.abort(AbortUpload(id=ticket.id))
                await self.assets.delete(DeleteAsset(asset_id=ticket.asset_id or ticket.id))


def metadata(**values: str) -> dict[str, str]:
    """The header of tus."""
    pairs = (f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
    return {"Upload-Metadata": ",".join(pairs)}
