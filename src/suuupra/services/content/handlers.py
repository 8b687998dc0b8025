"""What content does when vod tells something: one step each, in the unit of the inbox row."""

from suuupra.kernel.work import Unit
from suuupra.services.content.service import media, progressing
from suuupra.services.vod import api as vod


async def on_first_rung_ready(unit: Unit, event: vod.FirstRungReady) -> None:
    await media.mark_playable(unit, event)


async def on_asset_ready(unit: Unit, event: vod.AssetReady) -> None:
    await media.mark_ready(unit, event)


async def on_asset_failed(unit: Unit, event: vod.AssetFailed) -> None:
    await media.mark_failed(unit, event)


async def on_upload_rejected(unit: Unit, event: vod.UploadRejected) -> None:
    await media.mark_rejected(unit, event)


async def on_playback_progressed(unit: Unit, event: vod.PlaybackProgressed) -> None:
    await progressing.take_beat(unit, event)
