"""All desks of vod, made once a process."""

from dataclasses import dataclass
from uuid import UUID

from suuupra.services.vod.service.assets import AssetDesk
from suuupra.services.vod.service.diagnosis import Diagnosis, Finding
from suuupra.services.vod.service.encoding import Encoding
from suuupra.services.vod.service.figures import VodFigures
from suuupra.services.vod.service.ground import Ground
from suuupra.services.vod.service.media import MediaDesk
from suuupra.services.vod.service.playing import PlaybackDesk
from suuupra.services.vod.service.receiving import Receiving
from suuupra.services.vod.service.revoked import Revoked
from suuupra.services.vod.service.scanning import Scanning
from suuupra.services.vod.service.upkeep import Upkeep
from suuupra.services.vod.service.uploads import UploadDesk
from suuupra.services.vod.service.workroom import Workroom


@dataclass(frozen=True)
class Vod:
    """The service as `app` holds it."""

    uploads: UploadDesk
    receiving: Receiving
    assets: AssetDesk
    playing: PlaybackDesk
    media: MediaDesk
    scanning: Scanning
    encoding: Encoding
    upkeep: Upkeep
    figures: VodFigures
    diagnosis: Diagnosis

    @classmethod
    def on(cls, ground: Ground) -> "Vod":
        """Put them together."""
        workroom, revoked = Workroom(ground.settings), Revoked(ground)
        playing = PlaybackDesk(ground, revoked)
        return cls(
            uploads=UploadDesk(ground),
            receiving=Receiving(ground),
            assets=AssetDesk(ground),
            playing=playing,
            media=MediaDesk(ground, playing, revoked),
            scanning=Scanning(ground, workroom),
            encoding=Encoding(ground, workroom),
            upkeep=Upkeep(ground),
            figures=VodFigures(ground),
            diagnosis=Diagnosis(ground, playing, workroom),
        )

    async def diagnose(self, asset_id: UUID) -> list[Finding]:
        """Why a video does not play, what is wrong first."""
        return await self.diagnosis.diagnose(asset_id)
