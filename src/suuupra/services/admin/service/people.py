"""People at the desk: found, looked at, promoted, suspended, signed out. Identity decides.

Each act has a reason and asks for a fresh proof first: where one is missing, `StepUpRequired` leaves with the
page that takes it.
"""

import asyncio
from collections.abc import Iterable
from uuid import UUID

from suuupra.kernel.messages import Message, Query
from suuupra.kernel.pagination import Page
from suuupra.services.admin.service.ground import Ground, said, staff
from suuupra.services.identity.api import (
    Back,
    CardQuery,
    EndAllSessions,
    Ended,
    GetUser,
    GrantRole,
    RequireStepUp,
    ResetFactors,
    RestoreUser,
    RevokeRole,
    RoleFacts,
    RoleGrant,
    RolesHeld,
    RolesQuery,
    SessionFacts,
    SessionQuery,
    SuspendUser,
    User,
    UserQuery,
)

SEES_PEOPLE = "identity.user.read"
SEES_ADDRESS = "identity.user.contact"
SUSPENDS = "identity.user.suspend"
RESETS = "identity.user.reset_factors"
GRANTS = "identity.role.grant"
ENDS = "identity.session.end"
SESSIONS_SHOWN = 20
NAMES_MAX = 200


class Dossier(Message):
    """Somebody as the desk sees them. `roles` are all there are, with what whoever asks may give."""

    user: User
    grants: tuple[RoleGrant, ...] = ()
    roles: tuple[RoleFacts, ...] = ()
    sessions: tuple[SessionFacts, ...] = ()
    is_you: bool = False


class People:
    """Asks identity in the name of whoever sits at the desk."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._ports = ground.neighbours

    async def page(self, query: UserQuery) -> Page[User]:
        staff(SEES_PEOPLE)
        return await self._ports.users.page(query)

    async def roles(self) -> tuple[RoleFacts, ...]:
        """Every role, lowest rank first."""
        staff(SEES_PEOPLE)
        return (await self._ports.roles.catalogue(Query())).roles

    async def dossier(self, user_id: UUID) -> Dossier:
        """`UserNotFound`. The address stays masked: `reveal` shows it."""
        who, ports = staff(SEES_PEOPLE), self._ports
        user, held, roles, sessions = await asyncio.gather(
            ports.users.get(GetUser(user_id=user_id)),
            ports.roles.of(RolesQuery(user_id=user_id)),
            ports.roles.catalogue(Query()),
            ports.sessions.page(SessionQuery(user_id=user_id, limit=SESSIONS_SHOWN)),
        )
        return Dossier(
            user=user.model_copy(update={"address": ""}),
            grants=held.grants,
            roles=roles.roles,
            sessions=sessions.items,
            is_you=who.subject == user_id,
        )

    async def reveal(self, user_id: UUID, reason: str) -> str:
        """The mail address, once its being read is on the trail."""
        staff(SEES_ADDRESS)
        told = said(reason)
        user = await self._ports.users.get(GetUser(user_id=user_id))
        await self._ground.note("admin.address.revealed", f"account:{user_id}", told, {})
        return user.address

    async def change_role(self, command: GrantRole | RevokeRole, back: Back | None = None) -> RolesHeld:
        """`UserNotFound`, `RoleAboveOwn`, `NotBelowYou`, `LastOwner`, `StepUpRequired`."""
        staff(GRANTS)
        await self._prove("identity.role", command.user_id, back)
        if isinstance(command, GrantRole):
            return await self._ports.roles.grant(command)
        return await self._ports.roles.revoke(command)

    async def suspend(self, command: SuspendUser, back: Back | None = None) -> User:
        """`UserNotFound`, `NotBelowYou`, `LastOwner`, `StepUpRequired`."""
        staff(SUSPENDS)
        await self._prove("identity.suspension", command.user_id, back)
        return _masked(await self._ports.users.suspend(command))

    async def restore(self, command: RestoreUser, back: Back | None = None) -> User:
        """`UserNotFound`, `NotBelowYou`, `StepUpRequired`."""
        staff(SUSPENDS)
        await self._prove("identity.suspension", command.user_id, back)
        return _masked(await self._ports.users.restore(command))

    async def reset_factors(self, command: ResetFactors, back: Back | None = None) -> User:
        """`UserNotFound`, `NotBelowYou`, `StepUpRequired`."""
        staff(RESETS)
        await self._prove("identity.factor_reset", command.user_id, back)
        return _masked(await self._ports.users.reset_factors(command))

    async def sign_out(self, user_id: UUID, reason: str, back: Back | None = None) -> Ended:
        """Everywhere, within a second. `UserNotFound`, `NotBelowYou`, `StepUpRequired`."""
        staff(ENDS)
        told = said(reason)
        await self._prove("identity.sign_out", user_id, back)
        ended = await self._ports.sessions.end_all(
            EndAllSessions(user_id=user_id, reason="signed_out_by_staff")
        )
        await self._ground.note(
            "admin.person.signed_out", f"account:{user_id}", told, {"sessions": ended.count}
        )
        return ended

    async def names(self, ids: Iterable[UUID]) -> dict[UUID, str]:
        """Names by id; without identity, or without such a person, there is none."""
        wanted = tuple(dict.fromkeys(ids))[:NAMES_MAX]
        if not wanted:
            return {}
        heard = await self._ground.quiet.ask("names", self._ports.directory.cards(CardQuery(ids=wanted)))
        return {card.id: card.name for card in heard.value.cards} if heard.value else {}

    async def _prove(self, action: str, user_id: UUID, back: Back | None) -> None:
        await self._ports.step_ups.require(RequireStepUp(action=action, object=str(user_id), back=back))


def _masked(user: User) -> User:
    return user.model_copy(update={"address": ""})
