"""Roles and suspensions of others by REST: a permission and a fresh proof for each."""

from uuid import UUID

from fastapi import APIRouter

from suuupra.kernel.call import principal
from suuupra.kernel.messages import Message
from suuupra.services.identity.api import (
    GrantRole,
    Reason,
    RequireStepUp,
    RestoreUser,
    RevokeRole,
    RolesHeld,
    RolesQuery,
    SuspendUser,
    User,
)
from suuupra.services.identity.service import Identity


class NewRole(Message):
    role: str
    reason: Reason


class Why(Message):
    reason: Reason


def add_users(router: APIRouter, identity: Identity) -> None:
    """`/users/{user_id}/…`."""

    async def step_up(action: str, permission: str, user_id: UUID) -> None:
        principal().require(permission)
        await identity.step_ups.require(RequireStepUp(action=action, object=str(user_id)))

    @router.get("/users/{user_id}/roles")
    async def roles(user_id: UUID) -> RolesHeld:
        """What somebody is."""
        return await identity.roles.of(RolesQuery(user_id=user_id))

    @router.post("/users/{user_id}/roles", status_code=201)
    async def grant(user_id: UUID, body: NewRole) -> RolesHeld:
        """Give a role."""
        await step_up("identity.role", "identity.role.grant", user_id)
        return await identity.roles.grant(GrantRole(user_id=user_id, role=body.role, reason=body.reason))

    @router.delete("/users/{user_id}/roles/{role}")
    async def revoke(user_id: UUID, role: str, reason: Reason) -> RolesHeld:
        """Take a role."""
        await step_up("identity.role", "identity.role.grant", user_id)
        return await identity.roles.revoke(RevokeRole(user_id=user_id, role=role, reason=reason))

    @router.put("/users/{user_id}/suspension")
    async def suspend(user_id: UUID, body: Why) -> User:
        """Suspend somebody; every session ends."""
        await step_up("identity.suspension", "identity.user.suspend", user_id)
        return await identity.users.suspend(SuspendUser(user_id=user_id, reason=body.reason))

    @router.delete("/users/{user_id}/suspension")
    async def restore(user_id: UUID, reason: Reason) -> User:
        """Let somebody in again."""
        await step_up("identity.suspension", "identity.user.suspend", user_id)
        return await identity.users.restore(RestoreUser(user_id=user_id, reason=reason))
