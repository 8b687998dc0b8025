"""What the server's error codes mean to a caller: again, later, too late, or our own mistake."""

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from suuupra.kernel.problems import Late, Problem, Unavailable

COLLISIONS: Final = frozenset({"40001", "40P01"})
"""Serialisation failure and deadlock: the same work may be done again at once."""

AGAIN_LATER: Final = COLLISIONS | {"55P03", "53100", "53200", "53300", "25006"}
"""Also: lock not available, disk full, out of memory, too many connections, read-only server."""

STATEMENT_TIMEOUT: Final = "57014"
GONE: Final = frozenset({"57P01", "57P02", "57P03", "25P03", "57P05"})
"""The server ended the connection: shut down, crashed, starting, idle for too long."""

CONNECTION_LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    OSError,
)


def sqlstate(error: BaseException) -> str | None:
    """The five characters of PostgreSQL behind an error, through its causes."""
    seen: BaseException | None = error
    while seen is not None:
        state = getattr(seen, "sqlstate", None) or getattr(getattr(seen, "orig", None), "sqlstate", None)
        if isinstance(state, str):
            return state
        seen = seen.__cause__
    return None


def problem_of(error: BaseException) -> Problem | None:
    """The Problem that a database error is to a caller; None where it is our own mistake."""
    if isinstance(error, PoolTimeout):
        return Unavailable("All connections are in use.", retry_after_s=1)
    if not isinstance(error, DBAPIError | asyncpg.PostgresError | asyncpg.InterfaceError):
        return None
    state = sqlstate(error)
    if state == STATEMENT_TIMEOUT:
        return Late()
    lost = isinstance(error, asyncpg.InterfaceError) or (
        isinstance(error, DBAPIError) and error.connection_invalidated
    )
    if lost or state in GONE or state in AGAIN_LATER or (state or "").startswith("08"):
        return Unavailable(retry_after_s=1)
    return None
