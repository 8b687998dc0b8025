"""Accounts as staff see them, and names and faces for everybody's pages."""

from collections.abc import Sequence
from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.auth import Principal
from suuupra.kernel.call import principal
from suuupra.kernel.messages import Nothing
from suuupra.kernel.pagination import Page
from suuupra.kernel.problems import Forbidden, Invalid, Unauthenticated
from suuupra.kernel.work import Unit
from suuupra.services.identity.api import (
    Card,
    CardQuery,
    Cards,
    FactorChanged,
    GetUser,
    HolderQuery,
    Invite,
    ResetFactors,
    RestoreUser,
    SuspendUser,
    User,
    UserNotFound,
    UserQuery,
    UserRestored,
    UserSuspended,
)
from suuupra.services.identity.rules import addresses
from suuupra.services.identity.rules.roles import OWNER, STUDENT, check_below
from suuupra.services.identity.service.ground import Ground, own_or_staff, staff
from suuupra.services.identity.service.profile import picture_url
from suuupra.services.identity.service.roles import require_other_owner
from suuupra.services.identity.service.security import hint_of, open_address
from suuupra.services.identity.service.steps import (
    LIFE,
    Ask,
    Happening,
    end_sessions,
    note,
    open_challenge,
    target,
)
from suuupra.services.identity.service.visits import Visit
from suuupra.services.identity.store import accounts, challenges, credentials, roles, sessions
from suuupra.web.frame import initials

LIST = "identity.users"
HOLDERS = "identity.holders"
Change = SuspendUser | RestoreUser | ResetFactors


class UserService:
    """Implements `Users` and `Directory`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def get(self, query: GetUser) -> User:
        who = own_or_staff(query.user_id, "identity.user.read")
        sees = who.kind == "service" or who.subject == query.user_id or who.may("identity.user.contact")
        (user,) = await self._told((query.user_id,), with_address=sees)
        return user

    async def page(self, query: UserQuery) -> Page[User]:
        staff("identity.user.read")
        ground = self._ground
        after = ground.cursors.read(LIST, query.cursor)
        wanted = self._filter(query)
        async with ground.work.read() as session:
            before = UUID(after[0]) if after else None
            rows = await accounts.page(session, wanted, before, query.limit + 1)
            held = await roles.roles_of_all(session, [row.account.id for row in rows])
        shown = rows[: query.limit]
        more = len(rows) > query.limit
        return Page(
            items=tuple(self._user(row, held[row.account.id]) for row in shown),
            next=ground.cursors.write(LIST, (shown[-1].account.id,)) if more else None,
        )

    def _filter(self, query: UserQuery) -> accounts.Filter:
        """A whole address is looked up by its key, anything else by the words of names."""
        if "@" in query.text:
            try:
                key = self._ground.vault.address_key(addresses.normalise(query.text))
            except Invalid:
                key = b""
            return accounts.Filter(key=key, role=query.role, status=query.status)
        words = ["".join(filter(str.isalnum, word)) for word in query.text.split()]
        text = " & ".join(f"{word}:*" for word in words if word)
        if words and not text:
            return accounts.Filter(key=b"")
        return accounts.Filter(words=text, role=query.role, status=query.status)

    async def invite(self, command: Invite) -> Nothing:
        who = principal()
        if who.kind == "anonymous":
            raise Unauthenticated
        vault = self._ground.vault
        key = vault.address_key(addresses.normalise(command.address))
        async with self._ground.work.begin() as unit:
            present = await challenges.open_by_key(unit.session, "invite", key, unit.now)
            if present is None:
                facts = {"by": who.name}
                await open_challenge(unit, vault, Ask("invite", key=key, facts=facts))
            else:
                present.expires_at = unit.now + LIFE["invite"]
        return Nothing()

    async def suspend(self, command: SuspendUser) -> User:
        ground, who = self._ground, staff("identity.user.suspend")
        async with ground.work.begin() as unit:
            account, held = await self._below(unit, command, who)
            if OWNER in held:
                await require_other_owner(unit, account.id)
            ended: tuple[UUID, ...] = ()
            if account.status != "suspended":
                account.status, account.suspended_at = "suspended", unit.now
                account.suspended_reason = command.reason
                unit.publish(UserSuspended(user_id=account.id))
                self._audit(unit, command, "identity.account.suspended")
                ended = await end_sessions(unit, sessions.Ending(account.id, "suspended"))
        await ground.revoke(ended)
        (user,) = await self._told((command.user_id,))
        return user

    async def restore(self, command: RestoreUser) -> User:
        who = staff("identity.user.suspend")
        async with self._ground.work.begin() as unit:
            account, _ = await self._below(unit, command, who)
            if account.status == "suspended":
                email = await accounts.email_of(unit.session, account.id)
                account.status = "active" if email is not None and email.is_verified else "pending"
                account.suspended_at, account.suspended_reason = None, ""
                unit.publish(UserRestored(user_id=account.id))
                self._audit(unit, command, "identity.account.restored")
        (user,) = await self._told((command.user_id,))
        return user

    async def reset_factors(self, command: ResetFactors) -> User:
        ground, who = self._ground, staff("identity.user.reset_factors")
        async with ground.work.begin() as unit:
            account, _ = await self._below(unit, command, who)
            ended: tuple[UUID, ...] = ()
            if await credentials.drop_totp(unit.session, account.id):
                unit.publish(FactorChanged(user_id=account.id, factor="totp", change="reset"))
                self._audit(unit, command, "identity.factor.reset")
                note(unit, Happening(account.id, "totp_reset", notice=True), Visit())
                ended = await end_sessions(unit, sessions.Ending(account.id, "factors_reset"))
        await ground.revoke(ended)
        (user,) = await self._told((command.user_id,))
        return user

    async def cards(self, query: CardQuery) -> Cards:
        async with self._ground.work.read() as session:
            found = {account.id: account for account in await accounts.cards(session, query.ids)}
        wanted = [found[user_id] for user_id in dict.fromkeys(query.ids) if user_id in found]
        return Cards(cards=tuple(map(_card, wanted)))

    async def holders(self, query: HolderQuery) -> Page[UUID]:
        staff("identity.user.read")
        ground = self._ground
        purpose = f"{HOLDERS}:{query.permission}"
        after = ground.cursors.read(purpose, query.cursor)
        giving = ground.permissions.holders(query.permission)
        async with ground.work.read() as session:
            position = UUID(after[0]) if after else None
            ids = await roles.holders(session, giving, position, query.limit + 1)
        shown = ids[: query.limit]
        more = len(ids) > query.limit
        return Page(items=tuple(shown), next=ground.cursors.write(purpose, (shown[-1],)) if more else None)

    async def _below(
        self, unit: Unit, command: Change, who: Principal
    ) -> tuple[accounts.Account, frozenset[str]]:
        """The account, locked, if it is below whoever asks."""
        account = await accounts.by_id(unit.session, command.user_id, lock=True)
        if account is None:
            raise UserNotFound
        if account.id == who.subject:
            raise Forbidden("You cannot do this to yourself.")
        held = await roles.roles_of(unit.session, account.id)
        if who.kind != "service":
            check_below(who.roles, held)
        return account, held

    def _audit(self, unit: Unit, command: Change, action: str) -> None:
        unit.publish(audited(action, target(command.user_id), reason=command.reason))

    async def _told(self, ids: Sequence[UUID], *, with_address: bool = False) -> tuple[User, ...]:
        async with self._ground.work.read() as session:
            found = await accounts.cards(session, ids)
            rows = await accounts.rows_of(session, found)
            held = await roles.roles_of_all(session, ids)
        if not rows:
            raise UserNotFound
        return tuple(self._user(row, held[row.account.id], with_address=with_address) for row in rows)

    def _user(self, row: accounts.Row, held: frozenset[str], *, with_address: bool = False) -> User:
        account = row.account
        return User(
            id=account.id,
            name=account.name,
            status=account.status,
            picture_url=picture_url(account),
            headline=account.headline,
            bio=account.bio,
            locale=account.locale,
            time_zone=account.time_zone,
            address_hint=hint_of(self._ground, row.mailbox),
            address=open_address(self._ground, row.mailbox) if with_address else "",
            is_verified=row.mailbox is not None and row.mailbox.is_verified,
            has_second_factor=row.has_totp,
            roles=held | {STUDENT},
            registered_at=account.created_at,
            last_seen_at=row.last_seen_at,
            suspended_at=account.suspended_at,
            suspended_reason=account.suspended_reason,
        )


def _card(account: accounts.Account) -> Card:
    return Card(
        id=account.id,
        name=account.name,
        initials=initials(account.name),
        picture_url=picture_url(account),
        headline=account.headline,
    )
