"""Every service of the house, lowest tier first, and which port satisfies what the gateway declares."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import MetaData

from suuupra.kernel.manifest import Manifest
from suuupra.services.admin.module import MANIFEST as ADMIN
from suuupra.services.content.module import MANIFEST as CONTENT
from suuupra.services.gateway.api import Verifier
from suuupra.services.gateway.module import MANIFEST as GATEWAY
from suuupra.services.identity.api import Tokens
from suuupra.services.identity.module import MANIFEST as IDENTITY
from suuupra.services.notifications.module import MANIFEST as NOTIFICATIONS
from suuupra.services.portal.module import MANIFEST as PORTAL
from suuupra.services.vod.module import MANIFEST as VOD

SERVICES = Path(__file__).parent.parent / "services"


def manifests() -> tuple[Manifest, ...]:
    """All manifests in order of tier."""
    found = (GATEWAY, IDENTITY, NOTIFICATIONS, VOD, CONTENT, PORTAL, ADMIN)
    return tuple(sorted(found, key=lambda manifest: manifest.tier))


def stand_ins() -> Mapping[type, type]:
    """Protocols that are answered by a port of another name."""
    return {Verifier: Tokens}


def schemas() -> dict[str, tuple[Path, MetaData]]:
    """Migrations and tables of every service that has some."""
    return {
        item.name: (SERVICES / item.name / "migrations", item.tables)
        for item in manifests()
        if item.tables is not None
    }


def templates() -> dict[str, Path]:
    """Where each service keeps its templates."""
    return {item.name: SERVICES / item.name / item.templates for item in manifests() if item.templates}
