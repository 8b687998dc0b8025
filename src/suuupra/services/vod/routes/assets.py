"""REST of assets: one's own; staff sees and steers all."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from suuupra.kernel.call import principal
from suuupra.kernel.messages import Message
from suuupra.kernel.pagination import Page
from suuupra.services.vod.api import (
    Asset,
    AssetQuery,
    AssetsQuery,
    AssetState,
    CancelEncoding,
    DeleteAsset,
    ReplaceSource,
    RetryEncoding,
    SetPolicy,
)
from suuupra.services.vod.service.assets import AssetDesk


class PolicyRequest(Message):
    """Who may play it."""

    visibility: Literal["rights", "public"]


class SourceRequest(Message):
    """Which upload becomes the next revision."""

    upload_id: UUID


class ReasonRequest(Message):
    """Why staff does this."""

    reason: str = Field(default="", max_length=500)


def asset_routes(desk: AssetDesk) -> APIRouter:
    """`/api/v1/assets…`."""
    router = APIRouter(prefix="/api/v1/assets", tags=["assets"])

    @router.get("")
    async def page(
        owner_id: UUID | None = None,
        state: AssetState | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Asset]:
        """Your videos, newest first; staff names an owner, or sees all with the owner left out."""
        who = principal()
        owner = owner_id if owner_id or who.may("vod.encoding.view") else who.person()
        return await desk.page(AssetsQuery(owner_id=owner, state=state, cursor=cursor, limit=limit))

    @router.get("/{asset_id}")
    async def get(asset_id: UUID) -> Asset:
        """One of your videos."""
        return await desk.own(AssetQuery(id=asset_id))

    @router.patch("/{asset_id}")
    async def set_policy(asset_id: UUID, asked: PolicyRequest) -> Asset:
        """Open a video to everybody, or only to whom a right is given."""
        return await desk.set_policy(SetPolicy(asset_id=asset_id, visibility=asked.visibility))

    @router.delete("/{asset_id}", status_code=204)
    async def delete(asset_id: UUID) -> None:
        """Delete a video; for 30 days it can be brought back from the store."""
        await desk.delete(DeleteAsset(asset_id=asset_id))

    @router.post("/{asset_id}/source", status_code=202)
    async def replace(asset_id: UUID, asked: SourceRequest) -> Asset:
        """Make another upload of yours its next revision."""
        return await desk.replace(ReplaceSource(asset_id=asset_id, upload_id=asked.upload_id))

    @router.post("/{asset_id}/encoding", status_code=202)
    async def retry(asset_id: UUID, asked: ReasonRequest | None = None) -> Asset:
        """Begin what failed anew."""
        return await desk.retry(RetryEncoding(asset_id=asset_id, reason=asked.reason if asked else ""))

    @router.delete("/{asset_id}/encoding")
    async def cancel(asset_id: UUID, reason: str = "") -> Asset:
        """Stop encoding."""
        return await desk.cancel(CancelEncoding(asset_id=asset_id, reason=reason[:500]))

    return router
