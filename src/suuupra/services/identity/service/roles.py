"""Giving and taking roles, and verdicts on what somebody may."""

from collections.abc import Sequence
from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Query
from suuupra.kernel.problems import Invalid
from suuupra.kernel.work import Unit
from suuupra.services.identity.api import (
    Decide,
    Decision,
    GrantRole,
    LastOwner,
    RevokeRole,
    RoleCatalogue,
    RoleChanged,
    RoleFacts,
    RoleGrant,
    RolesHeld,
    RolesQuery,
    UserNotFound,
)
from suuupra.services.identity.rules import permissions as verdicts
from suuupra.services.identity.rules import roles as rules
from suuupra.services.identity.service.ground import Ground, own_or_staff, staff
from suuupra.services.identity.service.steps import target
from suuupra.services.identity.store import accounts, roles


class RoleService:
    """Implements `Roles` and `Permissions`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def grant(self, command: GrantRole) -> RolesHeld:
        who = self._check(command.role)
        async with self._ground.work.begin() as unit:
            before = await self._held(unit, command)
            row = roles.new_grant(unit.new_id(), command.user_id, command.role, unit.now, who.subject)
            if await roles.grant(unit.session, row):
                await self._changed(unit, command, "granted", before)
            return await _all(unit, command)

    async def revoke(self, command: RevokeRole) -> RolesHeld:
        who = self._check(command.role)
        async with self._ground.work.begin() as unit:
            before = await self._held(unit, command)
            if who.kind != "service" and who.subject != command.user_id:
                rules.check_below(who.roles, before)
            if command.role == rules.OWNER and command.role in before:
                await require_other_owner(unit, command.user_id)
            if await roles.revoke(unit.session, command.user_id, command.role):
                await self._changed(unit, command, "revoked", before)
            return await _all(unit, command)

    async def of(self, query: RolesQuery) -> RolesHeld:
        own_or_staff(query.user_id, "identity.user.read")
        async with self._ground.work.read() as session:
            if await accounts.by_id(session, query.user_id) is None:
                raise UserNotFound
            grants = await roles.grants_of(session, query.user_id)
        return _told(query, grants)

    async def catalogue(self, query: Query) -> RoleCatalogue:  # noqa: ARG002 - the port's shape
        who = principal()
        may = who.kind == "service" or who.may("identity.role.grant")
        return RoleCatalogue(
            roles=tuple(
                RoleFacts(
                    name=role.name,
                    title=role.title,
                    rank=role.rank,
                    is_staff=role.is_staff,
                    may_grant=may and role.name != rules.STUDENT and rules.may_grant(who.roles, role.name),
                )
                for role in rules.ROLES.values()
            )
        )

    async def decide(self, query: Decide) -> Decision:
        async with self._ground.work.read() as session:
            account = await accounts.by_id(session, query.user_id)
            held = await roles.roles_of(session, query.user_id)
        if account is None or account.status == "suspended":
            return Decision(allowed=False, reasons=("no active account",))
        by = sorted(held & self._ground.permissions.holders(query.permission))
        if not by:
            return Decision(allowed=False, reasons=(f"no role of theirs gives {query.permission}",))
        if not verdicts.is_own_row(query.permission, query.user_id, query.owner_id):
            return Decision(allowed=False, reasons=(f"{query.permission} holds for own rows alone",))
        return Decision(allowed=True, reasons=tuple(f"role {role}" for role in by))

    def _check(self, role: str) -> Principal:
        who = staff("identity.role.grant")
        if role not in rules.ROLES or role == rules.STUDENT:
            raise Invalid.at("/role", "Choose a role of the list.")
        if who.kind != "service":
            rules.check_grant(who.roles, role)
        return who

    async def _held(self, unit: Unit, command: GrantRole | RevokeRole) -> frozenset[str]:
        account = await accounts.by_id(unit.session, command.user_id, lock=True)
        if account is None:
            raise UserNotFound
        return await roles.roles_of(unit.session, command.user_id)

    async def _changed(
        self, unit: Unit, command: GrantRole | RevokeRole, change: str, before: frozenset[str]
    ) -> None:
        after = await roles.roles_of(unit.session, command.user_id)
        unit.publish(RoleChanged(user_id=command.user_id, role=command.role, change=change, roles=after))
        unit.publish(
            audited(
                f"identity.role.{change}",
                target(command.user_id),
                before={"roles": sorted(before)},
                after={"roles": sorted(after)},
                reason=command.reason,
            )
        )


async def require_other_owner(unit: Unit, user_id: UUID) -> None:
    """A step: `LastOwner` unless somebody else is one. Two who go at once wait for each other here."""
    if await roles.other_owners(unit.session, user_id) == 0:
        raise LastOwner


async def _all(unit: Unit, command: GrantRole | RevokeRole) -> RolesHeld:
    return _told(command, await roles.grants_of(unit.session, command.user_id))


def _told(asked: GrantRole | RevokeRole | RolesQuery, grants: Sequence[roles.RoleGrant]) -> RolesHeld:
    told = tuple(
        RoleGrant(role=row.role, granted_at=row.granted_at, granted_by=row.granted_by) for row in grants
    )
    held = frozenset(row.role for row in told) | {rules.STUDENT}
    return RolesHeld(user_id=asked.user_id, roles=held, grants=told)
