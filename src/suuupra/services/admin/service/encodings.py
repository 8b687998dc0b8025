"""Encodings at the desk: uploads that run, steps that wait, the room that is left. Vod decides."""

import asyncio
from uuid import UUID

from suuupra.kernel.messages import Message
from suuupra.kernel.pagination import Page
from suuupra.services.admin.service.ground import Ground, installed, said, staff
from suuupra.services.admin.service.numbers import Silence
from suuupra.services.vod.api import (
    Asset,
    AssetQuery,
    Assets,
    AssetsQuery,
    CancelEncoding,
    EncodingStep,
    Queue,
    QueueQuery,
    RetryEncoding,
)

SEES_ENCODINGS = "vod.encoding.view"
MANAGES_ENCODINGS = "vod.encoding.manage"


class EncodingList(Message):
    """`queue` is None while vod does not say."""

    videos: Page[Asset]
    queue: Queue | None = None
    silent: tuple[Silence, ...] = ()


class AssetFile(Message):
    """A video and the steps of it that run or wait."""

    asset: Asset
    steps: tuple[EncodingStep, ...] = ()


class EncodingDesk:
    """Asks vod in the name of whoever sits at the desk."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    @property
    def _assets(self) -> Assets:
        staff()
        return installed(self._ground.neighbours.assets)

    async def page(self, query: AssetsQuery) -> EncodingList:
        assets, ask = self._assets, self._ground.quiet.ask
        staff(SEES_ENCODINGS)
        queue, videos = await asyncio.gather(
            ask("queue of vod", assets.queue(QueueQuery())), ask("videos of vod", assets.page(query))
        )
        since = queue.silent_since or videos.silent_since
        silent = () if since is None else (Silence(part="vod", since_at=since),)
        return EncodingList(queue=queue.value, videos=videos.value or Page[Asset](), silent=silent)

    async def file(self, asset_id: UUID) -> AssetFile:
        """`AssetUnknown`."""
        assets = self._assets
        staff(SEES_ENCODINGS)
        asset = await assets.get(AssetQuery(id=asset_id))
        heard = await self._ground.quiet.ask("queue of vod", assets.queue(QueueQuery()))
        steps = heard.value.steps if heard.value else ()
        return AssetFile(asset=asset, steps=tuple(step for step in steps if step.asset_id == asset_id))

    async def retry(self, asset_id: UUID, reason: str) -> Asset:
        """`AssetUnknown`; `Forbidden` without `vod.encoding.manage`."""
        assets = self._assets
        staff(MANAGES_ENCODINGS)
        return await assets.retry(RetryEncoding(asset_id=asset_id, reason=said(reason)))

    async def cancel(self, asset_id: UUID, reason: str) -> Asset:
        """`AssetUnknown`; `Forbidden` without `vod.encoding.manage`."""
        assets = self._assets
        staff(MANAGES_ENCODINGS)
        return await assets.cancel(CancelEncoding(asset_id=asset_id, reason=said(reason)))
