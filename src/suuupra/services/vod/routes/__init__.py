"""Public routes of vod: hot paths are plain Starlette, the rest is REST."""

from suuupra.services.vod.routes.assets import asset_routes
from suuupra.services.vod.routes.media import media_routes
from suuupra.services.vod.routes.playbacks import playback_routes
from suuupra.services.vod.routes.progress import progress_routes
from suuupra.services.vod.routes.tus import tus_routes
from suuupra.services.vod.routes.uploads import upload_routes

__all__ = [
    "asset_routes",
    "media_routes",
    "playback_routes",
    "progress_routes",
    "tus_routes",
    "upload_routes",
]
