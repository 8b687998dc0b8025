"""What a use case may do with the database: SQLAlchemy's session without `commit`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, TypeVarTuple, overload

from sqlalchemy import Executable, Result, ScalarResult
from sqlalchemy.sql.selectable import TypedReturnsRows

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Params = Mapping[str, Any] | Sequence[Mapping[str, Any]]


class Session(Protocol):
    """A session bound to one transaction that somebody else ends."""

    @overload
    async def execute(
        self, statement: TypedReturnsRows[*Ts], params: Params | None = None
    ) -> Result[*Ts]: ...
    @overload
    async def execute(
        self, statement: Executable, params: Params | None = None
    ) -> Result[*tuple[Any, ...]]: ...
    async def execute(self, statement: Any, params: Params | None = None) -> Any:
        """Run a statement."""
        ...

    @overload
    async def scalar(self, statement: TypedReturnsRows[T], params: Params | None = None) -> T | None: ...
    @overload
    async def scalar(self, statement: Executable, params: Params | None = None) -> Any: ...
    async def scalar(self, statement: Any, params: Params | None = None) -> Any:
        """The first column of the first row, or None."""
        ...

    @overload
    async def scalars(
        self, statement: TypedReturnsRows[T], params: Params | None = None
    ) -> ScalarResult[T]: ...
    @overload
    async def scalars(self, statement: Executable, params: Params | None = None) -> ScalarResult[Any]: ...
    async def scalars(self, statement: Any, params: Params | None = None) -> Any:
        """The first column of all rows."""
        ...

    async def get(self, entity: type[T], ident: Any, *, with_for_update: bool = False) -> T | None:
        """One mapped row by primary key."""
        ...

    def add(self, instance: object) -> None:
        """Insert at the next flush."""
        ...

    def add_all(self, instances: Iterable[object]) -> None:
        """Insert all at the next flush."""
        ...

    async def flush(self) -> None:
        """Send what waits."""
        ...

    async def delete(self, instance: object) -> None:
        """Delete at the next flush."""
        ...

    async def refresh(self, instance: object) -> None:
        """Read the row again."""
        ...


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
