"""What every use case of admin stands on: its hands, its neighbours, and who may sit at the desk."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from suuupra.kernel.audit import audited
from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.clock import Clock
from suuupra.kernel.manifest import Site
from suuupra.kernel.oversight import Deliveries, Figures, Health
from suuupra.kernel.pagination import Cursors
from suuupra.kernel.problems import Invalid
from suuupra.kernel.work import Work
from suuupra.services.admin.api import PartNotInstalled
from suuupra.services.admin.service.quiet import Quiet
from suuupra.services.content import api as content
from suuupra.services.identity import api as identity
from suuupra.services.vod import api as vod

SEES = "admin.desk.view"
SEES_HEALTH = "admin.health.view"
SEES_DELIVERIES = "admin.delivery.view"
SETTLES_DELIVERIES = "admin.delivery.manage"
READS_AUDIT = "admin.audit.read"
REASON_MIN, REASON_MAX = 3, 500
UNWRITABLE = re.compile(r"[\x00-\x1f\ud800-\udfff]")
P = TypeVar("P")


@dataclass(frozen=True)
class Neighbours:
    """The ports below. Without content or video their pages say that they are not installed."""

    users: identity.Users
    roles: identity.Roles
    sessions: identity.Sessions
    directory: identity.Directory
    step_ups: identity.StepUps
    courses: content.Courses | None = None
    approvals: content.Approvals | None = None
    assets: vod.Assets | None = None
    figures: Mapping[str, Figures] = field(default_factory=dict)
    health: Mapping[str, Health] = field(default_factory=dict)
    deliveries: Mapping[str, Deliveries] = field(default_factory=dict)


@dataclass(frozen=True)
class Ground:
    """Made once a process, by `build`."""

    work: Work
    clock: Clock
    cursors: Cursors
    site: Site
    neighbours: Neighbours
    quiet: Quiet

    async def note(self, action: str, target: str, reason: str, after: Mapping[str, object]) -> None:
        """Why somebody at the desk did what its owner records without a reason."""
        async with self.work.begin() as unit:
            unit.publish(audited(action, target, after=after, reason=reason))


def staff(permission: str = SEES) -> Principal:
    """Who asks, if they may sit at the desk and hold the permission of the page."""
    who = principal()
    if who.kind != "service":
        who.require(SEES)
        who.require(permission)
    return who


def said(reason: str) -> str:
    """The reason, which nobody may leave out."""
    told = reason.strip()
    if not REASON_MIN <= len(told) <= REASON_MAX or UNWRITABLE.search(told):
        raise Invalid.at("/reason", f"Say why, in {REASON_MIN} to {REASON_MAX} letters.")
    return told


def installed(port: P | None) -> P:
    """The port, or `PartNotInstalled`."""
    if port is None:
        raise PartNotInstalled
    return port
