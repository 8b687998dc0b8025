"""The relay: events a second out of a full outbox; one event behind an open transaction and 160,000 others.

Claim (platform, section 11): at least 20,000 events/s; at most 5 ms, however many rows went before.
"""

import statistics
import sys
import time

from benchmarks.platform_ground import run, verdict
from suuupra.platform.connections.pool import HOT, quietly_closed
from suuupra.platform.events import Relay
from tests.platform.ground import Ground, publish

FULL, BEFORE = 60_000, 160_000
RATE_BAR, ONE_BAR_MS = 20_000.0, 5.0
FILL = """
insert into kernel.outbox (event_id, source, type, key, tenant, payload, trace, at)
select gen_random_uuid(), 'sample', 'sample.made.v1', (n % 500)::text, 'main',
  jsonb_build_object('n', n, 'name', (n % 500)::text), repeat('a', 32), now()
from generate_series(1, $1::int) n
"""


async def main(ground: Ground) -> bool:
    relay = ground.relay()
    async with quietly_closed(await ground.database.connect(**HOT)) as connection:
        relay._connection = connection  # noqa: SLF001 - as `run` does
        return await measure(ground, relay)


async def measure(ground: Ground, relay: Relay) -> bool:
    """Over a connection such as `run` opens."""
    await ground.rows(FILL, 2000)
    await relay.step()
    await ground.rows(FILL, FULL)
    started = time.perf_counter()
    assert await relay.step() == FULL
    rate = FULL / (time.perf_counter() - started)
    held = verdict("relay", rate, RATE_BAR, at_most=False, unit=" events/s")

    writer = await ground.database.connect()
    transaction = writer.transaction()
    await transaction.start()
    await writer.execute(FILL, 1)
    await ground.rows(FILL, BEFORE)
    await relay.step()
    work, times = ground.work(), []
    for n in range(50):
        await publish(work, n)
        started = time.perf_counter()
        assert await relay.step() == 1
        times.append((time.perf_counter() - started) * 1000)
    await transaction.commit()
    assert await relay.step() == 1
    await writer.close()
    claim = "one event behind an open transaction and 160,000 others (median of 50)"
    return verdict(claim, statistics.median(times), ONE_BAR_MS, unit=" ms") and held


if __name__ == "__main__":
    sys.exit(run(main))
