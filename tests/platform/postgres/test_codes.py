"""What the server's error codes become for a caller."""

import asyncpg
import pytest

from suuupra.kernel.problems import Late, Problem, Unavailable
from suuupra.platform.connections.failures import is_outage, problem_of
from tests.covers import covers


@covers("PLT-17")
@pytest.mark.parametrize(
    ("error", "problem", "is_nobodys_fault"),
    [
        (asyncpg.DiskFullError(""), Unavailable, True),
        (asyncpg.TooManyConnectionsError(""), Unavailable, True),
        (asyncpg.AdminShutdownError(""), Unavailable, True),
        (asyncpg.CannotConnectNowError(""), Unavailable, True),
        (asyncpg.ConnectionDoesNotExistError(""), Unavailable, True),
        (asyncpg.InterfaceError("connection is closed"), Unavailable, True),
        (asyncpg.InternalClientError(""), Unavailable, True),
        (asyncpg.LockNotAvailableError(""), Unavailable, False),
        (asyncpg.DeadlockDetectedError(""), Unavailable, False),
        (asyncpg.SerializationError(""), Unavailable, False),
        (asyncpg.QueryCanceledError(""), Late, False),
        (asyncpg.UniqueViolationError(""), None, False),
        (asyncpg.UndefinedTableError(""), None, False),
        (asyncpg.InterfaceError("another operation is in progress"), None, False),
        (ValueError(""), None, False),
        (OSError(""), None, False),
    ],
)
def test_codes(error: Exception, problem: type[Problem] | None, is_nobodys_fault: bool) -> None:  # noqa: FBT001
    found = problem_of(error)
    assert type(found) is (problem or type(None))
    assert is_outage(error) == is_nobodys_fault
    if isinstance(found, Unavailable):
        assert found.retry_after_s == 1
