"""What every use case of identity stands on, gathered once by `module.build`."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.clock import Clock
from suuupra.kernel.faults import Faults
from suuupra.kernel.hub import Hub
from suuupra.kernel.ids import Ids
from suuupra.kernel.manifest import Site
from suuupra.kernel.pagination import Cursors
from suuupra.kernel.problems import TooMany
from suuupra.kernel.stores import Limits, Rate
from suuupra.kernel.work import Work
from suuupra.services.identity.rules.passwords import Checked
from suuupra.services.identity.rules.permissions import Permissions
from suuupra.services.identity.service.vault import Vault
from suuupra.services.identity.settings import IdentitySettings


class Hasher(Protocol):
    """Argon2id in worker threads; `Unavailable` when too many wait."""

    async def hash(self, password: str) -> str:
        """A PHC string."""
        ...

    async def check(self, phc: str | None, password: str) -> Checked:
        """None: as long as for a real one, then wrong."""
        ...


@dataclass(frozen=True)
class Ground:
    """The service's hands."""

    work: Work
    clock: Clock
    ids: Ids
    limits: Limits
    hub: Hub
    cursors: Cursors
    site: Site
    settings: IdentitySettings
    vault: Vault
    hasher: Hasher
    permissions: Permissions
    faults: Faults

    @property
    def staff_needs_factor(self) -> bool:
        """Whether staff rights wait for a second factor."""
        wanted = self.settings.staff_second_factor
        return wanted == "required" or (wanted == "auto" and self.site.environment == "prod")

    async def take(self, bucket: str, rate: Rate) -> None:
        """Count a try, or `TooMany`."""
        verdict = await self.limits.take(bucket, rate)
        if not verdict.allowed:
            raise TooMany(retry_after_s=verdict.retry_after_s)

    async def look(self, bucket: str, rate: Rate) -> None:
        """`TooMany` where the budget is used up; counts nothing."""
        verdict = await self.limits.peek(bucket, rate)
        if not verdict.allowed:
            raise TooMany(retry_after_s=verdict.retry_after_s)

    async def revoke(self, sessions: tuple[UUID, ...]) -> None:
        """After the commit: every process drops them, sockets close."""
        for session_id in sessions:
            await self.hub.revoke(session_id)


def staff(permission: str) -> Principal:
    """Who asks, if they hold the permission; the house itself may do what no person asked for."""
    who = principal()
    if who.kind != "service":
        who.require(permission)
    return who


def own_or_staff(user_id: UUID, permission: str) -> Principal:
    """Who asks: the person concerned, or somebody with the permission."""
    who = principal()
    return who if who.subject == user_id and who.is_person else staff(permission)
