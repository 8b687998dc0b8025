"""Users: found, looked at, promoted, suspended, signed out."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suuupra.kernel.call import principal
from suuupra.kernel.problems import Problem
from suuupra.services.admin.api import AuditQuery
from suuupra.services.admin.pages.acting import (
    NOT_TRIED,
    Act,
    Pager,
    Tried,
    again,
    cursor_of,
    fields_of,
    id_of,
    query_of,
    refused,
)
from suuupra.services.admin.service.desk import Desk
from suuupra.services.admin.service.ground import READS_AUDIT
from suuupra.services.admin.service.lines import Line, lines_of
from suuupra.services.admin.service.people import Dossier
from suuupra.services.identity.api import (
    Back,
    GrantRole,
    ResetFactors,
    RestoreUser,
    RevokeRole,
    RoleFacts,
    SuspendUser,
    User,
    UserQuery,
)
from suuupra.web.draw import draw
from suuupra.web.parts import Column, Option

HERE = "/admin/users"
PAGE_SIZE = 50
LINES_SHOWN = 15
TEACHER = "teacher"
STATUSES = {"active": "Active", "pending": "Address not confirmed", "suspended": "Suspended"}
Fields = Mapping[str, str]


@dataclass(frozen=True)
class UsersView:
    """The list and its filters."""

    columns: ClassVar[tuple[Column, ...]] = (
        Column("Person"),
        Column("Roles"),
        Column("Status"),
        Column("Joined"),
        Column("Last seen"),
    )
    users: tuple[User, ...]
    pager: Pager
    text: str
    role: str
    status: str
    roles: tuple[RoleFacts, ...]
    statuses: Mapping[str, str]

    @property
    def titles(self) -> dict[str, str]:
        """Titles of roles by name."""
        return {role.name: role.title for role in self.roles}

    @property
    def role_choices(self) -> tuple[tuple[str, str], ...]:
        """For the filter."""
        return (("", "Every role"), *self.titles.items())

    @property
    def status_choices(self) -> tuple[tuple[str, str], ...]:
        """For the filter."""
        return (("", "Every status"), *self.statuses.items())

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self.role or self.status)


@dataclass(frozen=True)
class UserView:
    """One person. `may` are the acts that whoever looks holds the permission for."""

    dossier: Dossier
    statuses: Mapping[str, str]
    may: frozenset[str]
    lines: tuple[Line, ...]
    tried: Tried
    names: Mapping[UUID, str] = field(default_factory=dict)
    address: str = ""

    @property
    def titles(self) -> dict[str, str]:
        """Titles of roles by name."""
        return {role.name: role.title for role in self.dossier.roles}

    @property
    def can_become_teacher(self) -> bool:
        """Whether the usual promotion is open."""
        return any(role.name == TEACHER for role in self.grantable)

    @property
    def grantable(self) -> tuple[RoleFacts, ...]:
        """Roles that may be given and are not held."""
        held = self.dossier.user.roles
        return tuple(role for role in self.dossier.roles if role.may_grant and role.name not in held)

    @property
    def further(self) -> tuple[Option, ...]:
        """The same without the usual one, as choices."""
        return tuple(Option(role.name, role.title) for role in self.grantable if role.name != TEACHER)


class UserPages:
    """The pages, over the use cases."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._people = desk.people

    async def listing(self, request: Request) -> Response:
        text, role, status = (query_of(request, name) for name in ("q", "role", "status"))
        query = UserQuery(
            text=text[:254], role=role, status=status, cursor=cursor_of(request), limit=PAGE_SIZE
        )
        found = await self._people.page(query)
        pager = Pager.of(request, found.next)
        roles = await self._people.roles()
        view = UsersView(found.items, pager, text, role, status, roles, STATUSES)
        return draw(request, "admin/users.html", view, title="Users")

    async def show(self, request: Request) -> Response:
        return await self._draw(request, NOT_TRIED)

    async def _draw(self, request: Request, tried: Tried, address: str = "") -> Response:
        user_id, who = id_of(request, "user_id"), principal()
        dossier = await self._people.dossier(user_id)
        lines: tuple[Line, ...] = ()
        if who.may(READS_AUDIT):
            found = await self._desk.trail.entries(AuditQuery(about=user_id, limit=LINES_SHOWN))
            lines = await lines_of(self._people, found.items)
        names = await self._people.names(
            grant.granted_by for grant in dossier.grants if grant.granted_by is not None
        )
        view = UserView(dossier, STATUSES, who.permissions, lines, tried, names, address)
        return draw(request, "admin/user.html", view, title=dossier.user.name, status=tried.status)

    async def reveal(self, request: Request) -> Response:
        """Draws the page with the address, once; no redirect could carry it."""
        fields = await fields_of(request)
        try:
            address = await self._people.reveal(id_of(request, "user_id"), fields.get("reason", ""))
        except Problem as problem:
            return await again(request, self._draw, refused("address", fields, problem), problem)
        return await self._draw(request, NOT_TRIED, address)

    def act(self, key: str, do: Callable[[UUID, Fields, Back], Awaitable[str]]) -> Route:
        """A form of the page of a person."""

        async def answer(request: Request) -> Response:
            user_id = id_of(request, "user_id")

            async def done(fields: Fields, back: Back) -> str:
                return await do(user_id, fields, back)

            return await Act(key, done, f"{HERE}/{user_id}", self._draw).answer(request)

        return Route(f"{HERE}/{{user_id}}/{key}", answer, methods=["POST"])

    async def change_role(self, user_id: UUID, fields: Fields, back: Back) -> str:
        role, reason = fields.get("role", ""), fields.get("reason", "")
        if fields.get("change") == "revoke":
            await self._people.change_role(RevokeRole(user_id=user_id, role=role, reason=reason), back)
            return "The role was taken away. It holds at the next request."
        await self._people.change_role(GrantRole(user_id=user_id, role=role, reason=reason), back)
        return "The role was given. It holds at the next request."

    async def suspend(self, user_id: UUID, fields: Fields, back: Back) -> str:
        await self._people.suspend(SuspendUser(user_id=user_id, reason=fields.get("reason", "")), back)
        return "Suspended, and signed out everywhere."

    async def restore(self, user_id: UUID, fields: Fields, back: Back) -> str:
        await self._people.restore(RestoreUser(user_id=user_id, reason=fields.get("reason", "")), back)
        return "Restored. They can sign in again."

    async def sign_out(self, user_id: UUID, fields: Fields, back: Back) -> str:
        ended = await self._people.sign_out(user_id, fields.get("reason", ""), back)
        return f"Signed out everywhere: {ended.count} ended."

    async def reset(self, user_id: UUID, fields: Fields, back: Back) -> str:
        command = ResetFactors(user_id=user_id, reason=fields.get("reason", ""))
        await self._people.reset_factors(command, back)
        return "The second factor is gone. They are signed out and told by mail."


def user_pages(desk: Desk) -> list[Route]:
    """`/admin/users`, one person, and what can be done there."""
    pages = UserPages(desk)
    return [
        Route(HERE, pages.listing),
        Route(f"{HERE}/{{user_id}}", pages.show),
        Route(f"{HERE}/{{user_id}}/address-views", pages.reveal, methods=["POST"]),
        pages.act("role-changes", pages.change_role),
        pages.act("suspensions", pages.suspend),
        pages.act("restorations", pages.restore),
        pages.act("sign-outs", pages.sign_out),
        pages.act("factor-resets", pages.reset),
    ]
