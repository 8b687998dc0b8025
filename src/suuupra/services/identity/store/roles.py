"""Roles as the manifests give them, and who was given which."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from suuupra.kernel.session import Session
from suuupra.services.identity.rules.roles import OWNER, STUDENT
from suuupra.services.identity.rules.roles import Role as ShippedRole
from suuupra.services.identity.tables import Account, Role, RoleGrant, RolePermission

__all__ = ["RoleGrant"]


async def sync(session: Session, roles: Iterable[ShippedRole], table: Mapping[str, frozenset[str]]) -> None:
    """Write roles and their permissions as they ship; the same rows in the same order in each process."""
    for role in sorted(roles, key=lambda role: role.name):
        values = {"title": role.title, "rank": role.rank, "is_staff": role.is_staff}
        statement = insert(Role).values(name=role.name, **values)
        await session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
    pairs = sorted((role, permission) for role, held in table.items() for permission in held)
    if pairs:
        rows = [{"role": role, "permission": permission} for role, permission in pairs]
        await session.execute(insert(RolePermission).values(rows).on_conflict_do_nothing())
    await session.execute(
        delete(RolePermission).where(
            tuple_(RolePermission.role, RolePermission.permission).not_in(pairs or [("", "")])
        )
    )


async def grants_of(session: Session, account_id: UUID) -> Sequence[RoleGrant]:
    """Oldest first."""
    query = select(RoleGrant).where(RoleGrant.account_id == account_id).order_by(RoleGrant.id)
    return (await session.scalars(query)).all()


async def roles_of(session: Session, account_id: UUID) -> frozenset[str]:
    """Everyone is a student."""
    query = select(RoleGrant.role).where(RoleGrant.account_id == account_id)
    return frozenset((await session.scalars(query)).all()) | {STUDENT}


async def roles_of_all(session: Session, ids: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """The same for many."""
    query = select(RoleGrant.account_id, RoleGrant.role).where(RoleGrant.account_id.in_(ids))
    found: dict[UUID, set[str]] = {account_id: {STUDENT} for account_id in ids}
    for account_id, role in (await session.execute(query)).all():
        found[account_id].add(role)
    return {account_id: frozenset(roles) for account_id, roles in found.items()}


async def grant(session: Session, row: RoleGrant) -> bool:
    """False where it is held already."""
    statement = insert(RoleGrant).values(
        id=row.id,
        account_id=row.account_id,
        role=row.role,
        granted_at=row.granted_at,
        granted_by=row.granted_by,
    )
    statement = statement.on_conflict_do_nothing(index_elements=["account_id", "role"])
    return (await session.scalar(statement.returning(RoleGrant.id))) is not None


async def revoke(session: Session, account_id: UUID, role: str) -> bool:
    """False where it is not held."""
    statement = delete(RoleGrant).where(RoleGrant.account_id == account_id, RoleGrant.role == role)
    return (await session.scalar(statement.returning(RoleGrant.id))) is not None


async def other_owners(session: Session, account_id: UUID) -> int:
    """Other owners who can sign in. Locks each owner's grant first: the last two cannot both go."""
    await session.execute(
        select(RoleGrant.id).where(RoleGrant.role == OWNER).order_by(RoleGrant.id).with_for_update()
    )
    query = (
        select(Account.id)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(RoleGrant.role == OWNER, Account.status != "suspended", Account.id != account_id)
    )
    return len((await session.scalars(query)).all())


async def any_owner(session: Session) -> UUID | None:
    """The first owner there is."""
    query = select(RoleGrant.account_id).where(RoleGrant.role == OWNER).order_by(RoleGrant.id).limit(1)
    return await session.scalar(query)


async def holders(session: Session, roles: Collection[str], after: UUID | None, limit: int) -> Sequence[UUID]:
    """Accounts with one of the roles that are not suspended, in order of ids."""
    query = select(Account.id).where(Account.kind == "person", Account.status != "suspended")
    if STUDENT not in roles:
        query = query.where(Account.id.in_(select(RoleGrant.account_id).where(RoleGrant.role.in_(roles))))
    if after is not None:
        query = query.where(Account.id > after)
    return (await session.scalars(query.order_by(Account.id).limit(limit))).all()


def new_grant(grant_id: UUID, account_id: UUID, role: str, now: datetime, by: UUID | None) -> RoleGrant:
    """A row to give to `grant`."""
    return RoleGrant(id=grant_id, account_id=account_id, role=role, granted_at=now, granted_by=by)
