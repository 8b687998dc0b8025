"""Users by REST: found, promoted, suspended, signed out; each act with a reason and a fresh proof."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from suuupra.kernel.messages import Message
from suuupra.kernel.pagination import Page
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.people import Dossier
from suuupra.services.identity.api import (
    Ended,
    GrantRole,
    Reason,
    ResetFactors,
    RestoreUser,
    RevokeRole,
    RolesHeld,
    SuspendUser,
    User,
    UserQuery,
)


class RoleChange(Message):
    """`grant` or `revoke`."""

    change: Literal["grant", "revoke"] = "grant"
    role: str = Field(max_length=40)
    reason: Reason


class Why(Message):
    reason: Reason


class Address(Message):
    address: str


def people_routes(router: APIRouter, desk: Desk) -> None:
    """`/users…`."""
    people = desk.people

    @router.get("/users")
    async def users(
        q: str = "", role: str = "", status: str = "", cursor: str | None = None, limit: int = 50
    ) -> Page[User]:
        """Accounts, newest first; `q` is a part of a name or a whole mail address."""
        return await people.page(UserQuery(text=q, role=role, status=status, cursor=cursor, limit=limit))

    @router.get("/users/{user_id}")
    async def user(user_id: UUID) -> Dossier:
        """One account with its roles and where it is signed in."""
        return await people.dossier(user_id)

    @router.post("/users/{user_id}/role-changes")
    async def change_role(user_id: UUID, body: RoleChange) -> RolesHeld:
        """Give or take a role."""
        kind = GrantRole if body.change == "grant" else RevokeRole
        return await people.change_role(kind(user_id=user_id, role=body.role, reason=body.reason))

    @router.post("/users/{user_id}/suspensions")
    async def suspend(user_id: UUID, body: Why) -> User:
        """Shut somebody out; every session ends."""
        return await people.suspend(SuspendUser(user_id=user_id, reason=body.reason))

    @router.post("/users/{user_id}/restorations")
    async def restore(user_id: UUID, body: Why) -> User:
        """Let somebody in again."""
        return await people.restore(RestoreUser(user_id=user_id, reason=body.reason))

    @router.post("/users/{user_id}/sign-outs")
    async def sign_out(user_id: UUID, body: Why) -> Ended:
        """End every session."""
        return await people.sign_out(user_id, body.reason)

    @router.post("/users/{user_id}/factor-resets")
    async def reset(user_id: UUID, body: Why) -> User:
        """Remove a lost second factor; every session ends."""
        return await people.reset_factors(ResetFactors(user_id=user_id, reason=body.reason))

    @router.post("/users/{user_id}/address-views")
    async def reveal(user_id: UUID, body: Why) -> Address:
        """The mail address; that it was read is audited."""
        return Address(address=await people.reveal(user_id, body.reason))
