"""Migrations: a schema, a role and a version table of its own for each service, by Alembic.

Runs from data (a folder of versions a schema), without an `env.py`. Each schema moves in one
transaction; one process at a time moves a database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from suuupra.platform.connections.pool import ROLE_PREFIX

KERNEL = "kernel"
LOCK = 0x5355555550524101
Schemas = Mapping[str, tuple[Path, MetaData | None]]

MAY_MAKE_ROLES = "select rolsuper or rolcreaterole from pg_roles where rolname = current_user"
RELEASE = """
insert into kernel.release (version) values (:version) on conflict (version) do update set migrated_at = now()
"""
KERNEL_GRANTS = (
    "grant usage on schema kernel to {role}",
    "grant insert on kernel.outbox to {role}",
    "grant select, insert, update on kernel.inbox, kernel.job, kernel.idempotency to {role}",
)
OWN_GRANTS = (
    "grant usage on schema {schema} to {role}",
    "grant select, insert, update, delete on all tables in schema {schema} to {role}",
    "grant usage on all sequences in schema {schema} to {role}",
    "alter default privileges in schema {schema} grant select, insert, update, delete on tables to {role}",
    "alter default privileges in schema {schema} grant usage on sequences to {role}",
)


class MigrationRefused(Exception):
    """The database cannot be moved; the message says why and what to do."""


@dataclass(frozen=True)
class MigrationStep:
    """One revision of one schema; `direction` is `up` or `down`."""

    schema: str
    revision: str
    title: str
    direction: str = "up"

    def __str__(self) -> str:
        return f"{self.schema} {self.direction} {self.revision}: {self.title}"


async def migrate(
    dsn: str, schemas: Schemas, *, plan: bool = False, down: tuple[str, str] | None = None
) -> tuple[MigrationStep, ...]:
    """Move every schema (the kernel's first) to its newest revision and say which steps that were.

    `plan` says them and changes nothing. `down=("content", "content_0002")` takes one schema back to a
    revision, or away with `base`.
    """
    engine = _engine(dsn)
    everything = {KERNEL: (Path(__file__).parent, None), **schemas}
    steps: list[MigrationStep] = []
    try:
        for schema, (folder, _) in everything.items():
            if down is not None and down[0] != schema:
                continue
            target = "heads" if down is None else down[1]
            async with engine.begin() as connection:
                steps += await connection.run_sync(_move, schema, folder, target, plan)
        if not plan and down is None:
            async with engine.begin() as connection:
                await connection.run_sync(_settle, tuple(everything))
    finally:
        await engine.dispose()
    return tuple(steps)


async def differences(dsn: str, schemas: Schemas) -> dict[str, list[Any]]:
    """What the mapped tables of a schema say and the migrated database does not, or the other way round."""
    engine = _engine(dsn)
    found: dict[str, list[Any]] = {}
    try:
        async with engine.connect() as connection:
            for schema, (_, metadata) in schemas.items():
                if metadata is not None and (
                    unlike := await connection.run_sync(_compared, schema, metadata)
                ):
                    found[schema] = unlike
    finally:
        await engine.dispose()
    return found


def _engine(dsn: str) -> AsyncEngine:
    async def connect() -> Any:
        return await asyncpg.connect(dsn, timeout=5, server_settings={"lock_timeout": "5000"})

    return create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)


def _context(connection: Connection, schema: str) -> MigrationContext:
    def of_schema(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "schema" or name == schema

    options = {
        "version_table_schema": schema,
        "include_schemas": True,
        "include_name": of_schema,
        "compare_type": True,
        "compare_server_default": False,
    }
    return MigrationContext.configure(connection, opts=options)


def _compared(connection: Connection, schema: str, metadata: MetaData) -> list[Any]:
    return list(compare_metadata(_context(connection, schema), metadata))


def _move(
    connection: Connection,
    schema: str,
    folder: Path,
    target: str,
    plan: bool,  # noqa: FBT001 - run_sync
) -> list[MigrationStep]:
    """In one transaction: schema, pending revisions, version."""
    connection.execute(text(f"select pg_advisory_xact_lock({LOCK})"))
    exists = connection.scalar(text("select to_regnamespace(:name) is not null"), {"name": schema})
    if not exists and not plan:
        connection.execute(text(f'create schema "{schema}"'))
    script = ScriptDirectory(str(folder))
    context = _context(connection, schema)
    current = context.get_current_revision() if exists else None
    steps = []
    for revision, direction, arrives_at in _pending(script, schema, current, target):
        steps.append(MigrationStep(schema, revision.revision, revision.doc or "", direction))
        if plan:
            continue
        with Operations.context(context):
            (revision.module.upgrade if direction == "up" else revision.module.downgrade)()
        context.stamp(script, arrives_at)
    return steps


def _pending(
    script: ScriptDirectory, schema: str, current: str | None, target: str
) -> Iterator[tuple[Script, str, str]]:
    """Revisions to run, with the version each arrives at, in the order to run them."""
    try:
        if target == "heads":
            ahead = list(script.iterate_revisions("heads", current or "base"))
            for revision in reversed(ahead):
                yield revision, "up", revision.revision
            return
        for revision in script.iterate_revisions(current or "base", target):
            yield revision, "down", str(revision.down_revision or "base")
    except (RevisionError, CommandError) as error:
        raise MigrationRefused(
            f"The database holds {schema} at {current}, which this release does not know: it was written by "
            "a newer one. Start that release, or restore the backup that was made before it."
        ) from error


def _settle(connection: Connection, schemas: tuple[str, ...]) -> None:
    """Roles and grants, and from where handlers that this release brings will read the log."""
    connection.execute(text(f"select pg_advisory_xact_lock({LOCK})"))
    connection.execute(text(RELEASE), {"version": version("suuupra")})
    connection.execute(text("update kernel.log_head set new_from = position where new_from <> position"))
    if not connection.scalar(text(MAY_MAKE_ROLES)):
        return
    for schema in schemas:
        if schema == KERNEL:
            continue
        role = f"{ROLE_PREFIX}{schema}"
        if not connection.scalar(text("select true from pg_roles where rolname = :role"), {"role": role}):
            connection.execute(text(f'create role "{role}" nologin'))
            connection.execute(text(f'grant "{role}" to current_user'))
        for grant in (*KERNEL_GRANTS, *OWN_GRANTS):
            connection.execute(text(grant.format(schema=f'"{schema}"', role=f'"{role}"')))
