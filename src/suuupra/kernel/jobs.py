"""Jobs: deferred and periodic work, enqueued in the transaction that wants it.

A job is a frozen message with a wire name and a class (`quick`, `normal`, `bulk`, `encode`, `model`)
that sets its concurrency. A use case that ends a job calls `unit.finish()`; any other job runs at least
once, and its docstring says so.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from uuid import UUID

from suuupra.kernel.messages import Message

JOB_CLASSES = ("quick", "normal", "bulk", "encode", "model")


class Job(Message):
    """Declared as `class Encode(Job, name="vod.encode_chunk", kind="encode")`."""

    job_name: ClassVar[str] = ""
    job_kind: ClassVar[str] = "normal"
    tries_max: ClassVar[int] = 12

    def __init_subclass__(cls, **_: Any) -> None:
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(
        cls, *, name: str = "", kind: str = "normal", tries_max: int = 12, **kwargs: Any
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if name.count(".") != 1 or kind not in JOB_CLASSES:
            raise TypeError(
                f"{cls.__name__} needs a name such as vod.encode_chunk and a kind of {JOB_CLASSES}"
            )
        cls.job_name, cls.job_kind, cls.tries_max = name, kind, tries_max


JobTable = Mapping[type[Job], Callable[[Any], Awaitable[None]]]
"""Which use case runs which job: `{Encode: service.encode}`."""


@dataclass(frozen=True)
class Schedule:
    """Periodic work: either `every_s`, or `cron` (five fields) in a time zone.

    In a zone, a moment that a clock change skips moves to the next valid instant, and one that comes
    twice runs the first time only. `misfire` says what happens after an outage: the `latest` missed run,
    or `all` of them.
    """

    job: Job
    every_s: float | None = None
    cron: str | None = None
    zone: str = "UTC"
    misfire: str = "latest"


class JobRun(Protocol):
    """The job that runs here."""

    @property
    def id(self) -> UUID:
        """Its row."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first try."""
        ...

    async def progress(self, done: int, total: int, note: str = "") -> None:
        """Write where it stands (a row that pages watch); at most twice a second reaches the database."""
        ...

    async def is_cancelled(self) -> bool:
        """Whether somebody asked it to stop; read between steps."""
        ...

    def may_run(self) -> bool:
        """False while pages are slow and work of this class should hold still."""
        ...


_run: ContextVar[JobRun | None] = ContextVar("suuupra_job", default=None)


def current_job() -> JobRun | None:
    """The job at hand, None outside a worker."""
    return _run.get()


def set_current_job(run: JobRun | None) -> None:
    """For the worker alone."""
    _run.set(run)
