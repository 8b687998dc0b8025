"""What the server's error codes mean to a caller: again, later, too late, or our own mistake."""

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from suuupra.kernel.problems import Late, Problem, Unavailable

COLLISIONS: Final = frozenset({"40001", "40P01"})
"""Serialisation failure and deadlock: the same work may be done again at once."""

AGAIN_LATER: Final = COLLISIONS | {"55P03"}
"""Also: lock not available. Classes 08 and 53 are outages."""

STATEMENT_TIMEOUT: Final = "57014"
GONE: Final = frozenset({"57P01", "57P02", "57P03", "25P03", "57P05"})
"""The server ended the connection: shut down, crashed, starting, idle for too long."""

CLIENT_ERRORS = asyncpg.InterfaceError | asyncpg.InternalClientError
CONNECTION_LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
"""The last but one: the server's farewell was read just before our next statement."""


def sqlstate(error: BaseException) -> str | None:
    """The five characters of PostgreSQL behind an error, through its causes."""
    seen: BaseException | None = error
    while seen is not None:
        if (state := sqlstate_of(seen)) is not None:
            return state
        seen = seen.__cause__
    return None


def sqlstate_of(error: BaseException) -> str | None:
    """Of this very error, not of its causes."""
    state = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
    return state if isinstance(state, str) else None


def is_outage(error: BaseException | None) -> bool:
    """The database itself is away or has no room: nobody's work is to blame, all of it is tried again."""
    while error is not None:
        state = sqlstate_of(error) or ""
        if state in GONE or state.startswith(("08", "53")):
            return True
        if isinstance(error, PoolTimeout | ConnectionError | asyncpg.InternalClientError):
            return True
        if isinstance(error, asyncpg.InterfaceError) and "closed" in str(error):
            return True
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return True
        error = error.__cause__
    return False


def problem_of(error: BaseException) -> Problem | None:
    """The Problem that a database error is to a caller; None where it is our own mistake."""
    if not isinstance(error, DBAPIError | asyncpg.PostgresError | CLIENT_ERRORS):
        return None
    state = sqlstate(error)
    if state == STATEMENT_TIMEOUT:
        return Late()
    if state in AGAIN_LATER or is_outage(error):
        return Unavailable(retry_after_s=1)
    return None
