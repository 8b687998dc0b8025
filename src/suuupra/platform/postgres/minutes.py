"""Figures and errors of a process, written down each ten seconds: the running minute grows."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import asyncpg
import msgspec

from suuupra.kernel.clock import Clock, SystemClock
from suuupra.kernel.metrics import METRICS, Labels, Metrics
from suuupra.kernel.problems import OutcomeUnknown, Unavailable
from suuupra.platform.connections.failures import CONNECTION_LOST
from suuupra.platform.connections.pool import uninterrupted
from suuupra.platform.errors import Seen
from suuupra.platform.postgres.database import Database

EVERY_S = 10.0
RELEASE = version("suuupra")
AWAY = (*CONNECTION_LOST, asyncpg.PostgresError, Unavailable, OutcomeUnknown)

ADD_MINUTES = """
insert into kernel.metric_minute as m (minute, slot, name, labels, count, total_s, buckets)
select $1, $2, f.name, f.labels, f.count, f.total_s, f.buckets
from jsonb_to_recordset($3::text::jsonb)
  as f (name text, labels text, count bigint, total_s double precision, buckets bigint[])
on conflict (minute, slot, name, labels) do update set
  count = m.count + excluded.count, total_s = m.total_s + excluded.total_s,
  buckets = array(select a + b from unnest(m.buckets, excluded.buckets) as u (a, b))
"""
WRITE_ERRORS = """
insert into kernel.error_group as g (service, fingerprint, title, count, first_at, last_at, sample, release)
select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[],
  $7::text[], $8::text[])
on conflict (service, fingerprint) do update set count = g.count + excluded.count, last_at = excluded.last_at,
  sample = excluded.sample, title = excluded.title, release = excluded.release
"""


class MetricMinutes:
    """Adds what `METRICS` counted since the last write to this minute, and the errors seen since then."""

    def __init__(
        self, database: Database, slot: str, *, clock: Clock | None = None, metrics: Metrics = METRICS
    ) -> None:
        self._database = database
        self._slot = slot
        self._clock = clock or SystemClock()
        self._metrics = metrics
        self._written: dict[tuple[str, Labels], Grown] = {}

    async def run(self) -> None:
        """Until cancelled, then once more. A database that is away costs figures, never the process."""
        try:
            while True:
                await asyncio.sleep(EVERY_S)
                with suppress(*AWAY):
                    await self.write()
        finally:
            with suppress(*AWAY):
                await uninterrupted(self.write())

    async def write(self) -> None:
        """What grew goes into the running minute, new errors into their groups."""
        minute = self._clock.now().replace(second=0, microsecond=0)
        present = self._present()
        rows = [
            {"name": name, "labels": ",".join(f"{key}={value}" for key, value in labels)}
            | asdict(now.since(self._written.get((name, labels), Grown())))
            for (name, labels), now in present.items()
            if now != self._written.get((name, labels))
        ]
        errors = self._database.errors.taken()
        async with self._database.pool.driver() as driver:
            if rows:
                await driver.execute(ADD_MINUTES, minute, self._slot, msgspec.json.encode(rows).decode())
                self._written = present
            if errors:
                await driver.execute(WRITE_ERRORS, *error_columns(errors))

    def _present(self) -> dict[tuple[str, Labels], "Grown"]:
        times = {
            (name, labels): Grown(found.count, found.total_s, tuple(found.counts))
            for name, series in self._metrics.times.items()
            for labels, found in series.items()
        }
        counters = {
            (name, labels): Grown(round(amount))
            for name, several in self._metrics.counters.items()
            for labels, amount in several.items()
        }
        return counters | times


@dataclass(frozen=True)
class Grown:
    """A figure so far, or what it grew by; counters have no buckets."""

    count: int = 0
    total_s: float = 0.0
    buckets: tuple[int, ...] = ()

    def since(self, before: "Grown") -> "Grown":
        """What came on top."""
        older = before.buckets or (0,) * len(self.buckets)
        buckets = tuple(now - then for now, then in zip(self.buckets, older, strict=True))
        return Grown(self.count - before.count, self.total_s - before.total_s, buckets)


def error_columns(errors: Mapping[tuple[str, str], Seen]) -> tuple[list[Any], ...]:
    """The groups as columns, in the order of `WRITE_ERRORS`."""
    rows = [
        (service, mark, seen.title, seen.count, seen.first_at, seen.last_at, seen.sample, RELEASE)
        for (service, mark), seen in errors.items()
    ]
    return tuple(list(column) for column in zip(*rows, strict=True))
