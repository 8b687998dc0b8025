"""Sessions: who a cookie stands for at each request, where somebody is signed in, and how that ends."""

from datetime import datetime
from uuid import UUID

from suuupra.kernel.audit import audited
from suuupra.kernel.auth import Identified, Principal, ResolveCookie
from suuupra.kernel.call import principal
from suuupra.kernel.pagination import Page
from suuupra.services.identity.api import (
    EndAllSessions,
    Ended,
    EndSession,
    SessionFacts,
    SessionNotFound,
    SessionQuery,
    UserNotFound,
)
from suuupra.services.identity.rules import sessions as rules
from suuupra.services.identity.rules.permissions import admitted
from suuupra.services.identity.rules.roles import check_below, is_staff
from suuupra.services.identity.service.ground import Ground, own_or_staff
from suuupra.services.identity.service.profile import picture_address
from suuupra.services.identity.service.steps import end_sessions, target
from suuupra.services.identity.store import accounts, roles, sessions

LIST = "identity.sessions"
NOBODY = Identified()


class SessionService:
    """Implements `Tokens` and `Sessions`."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def resolve_cookie(self, query: ResolveCookie) -> Identified:
        """One look-up a request; the last use is written at most every five minutes."""
        if not query.secret:
            return NOBODY
        ground = self._ground
        async with ground.work.read() as session:
            live = await sessions.by_secret(session, rules.digest(query.secret))
        if live is None or live.status == "suspended" or ground.hub.is_revoked(live.id):
            return NOBODY
        now = ground.clock.now()
        ages = rules.Ages(live.created_at, live.last_seen_at)
        if not rules.is_alive(ages, now, is_staff=is_staff(live.roles)):
            return NOBODY
        if now - live.last_seen_at >= rules.SEEN_EVERY:
            async with ground.work.begin() as unit:
                await sessions.seen(unit.session, live.id, query.address_prefix, now)
        return self._identified(live)

    def _identified(self, live: sessions.Live) -> Identified:
        ground = self._ground
        held = admitted(live.roles, live.level, needs_factor=ground.staff_needs_factor)
        who = Principal(
            subject=live.account_id,
            kind="person",
            roles=held,
            permissions=ground.permissions.of(held),
            strength=live.level,
            session=live.id,
            authenticated_at=live.authenticated_at,
            is_verified=live.status == "active",
        )
        return Identified(
            principal=who,
            name=live.name,
            picture_url=picture_address(live.account_id, live.picture_key),
            csrf_secret=ground.vault.csrf_secret(live.id),
        )

    async def page(self, query: SessionQuery) -> Page[SessionFacts]:
        """Live ones only."""
        ground = self._ground
        user_id = query.user_id or principal().person()
        who = own_or_staff(user_id, "identity.user.read")
        after = ground.cursors.read(LIST, query.cursor)
        position = (datetime.fromisoformat(after[0]), UUID(after[1])) if after else None
        async with ground.work.read() as session:
            held = await roles.roles_of(session, user_id)
            now = ground.clock.now()
            age_max = rules.STAFF_AGE_MAX if is_staff(held) else rules.AGE_MAX
            window = sessions.Window(now - rules.IDLE_MAX, now - age_max, position, query.limit + 1)
            rows = await sessions.page(session, user_id, window)
        shown = rows[: query.limit]
        more = len(rows) > query.limit
        last = shown[-1] if more else None
        return Page(
            items=tuple(_facts(row, who.session) for row in shown),
            next=ground.cursors.write(LIST, (last.last_seen_at.isoformat(), last.id)) if last else None,
        )

    async def end(self, command: EndSession) -> Ended:
        """`SessionNotFound` also for somebody else's, who may not know."""
        ground, who = self._ground, principal()
        async with ground.work.begin() as unit:
            row = await sessions.get(unit.session, command.session_id)
            if row is None or row.ended_at is not None:
                raise SessionNotFound
            if row.account_id != who.subject and not _may_end(who):
                raise SessionNotFound
            if row.account_id != who.subject:
                await self._check_below(who, await roles.roles_of(unit.session, row.account_id))
            ending = sessions.Ending(row.account_id, "signed_out", session_id=row.id)
            ended = await end_sessions(unit, ending)
            unit.publish(
                audited("identity.session.ended", target(row.account_id), after={"sessions": len(ended)})
            )
        await ground.revoke(ended)
        return Ended(count=len(ended))

    async def end_all(self, command: EndAllSessions) -> Ended:
        """All of them, in a second everywhere."""
        ground, user_id = self._ground, command.user_id or principal().person()
        who = own_or_staff(user_id, "identity.session.end")
        async with ground.work.begin() as unit:
            if await accounts.by_id(unit.session, user_id) is None:
                raise UserNotFound
            if user_id != who.subject:
                await self._check_below(who, await roles.roles_of(unit.session, user_id))
            keep = who.session if command.keep_current else None
            ended = await end_sessions(unit, sessions.Ending(user_id, command.reason, keep=keep))
            unit.publish(audited("identity.session.ended", target(user_id), after={"sessions": len(ended)}))
        await ground.revoke(ended)
        return Ended(count=len(ended))

    async def _check_below(self, who: Principal, theirs: frozenset[str]) -> None:
        if who.kind != "service":
            check_below(who.roles, theirs)


def _may_end(who: Principal) -> bool:
    return who.kind == "service" or who.may("identity.session.end")


def _facts(row: sessions.SessionRow, current: UUID | None) -> SessionFacts:
    return SessionFacts(
        id=row.id,
        device=row.device,
        place=row.ip_prefix,
        methods=tuple(row.methods),
        strength=row.level,
        started_at=row.created_at,
        last_seen_at=row.last_seen_at,
        is_current=row.id == current,
    )
