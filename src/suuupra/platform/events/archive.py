"""Events that leave the log go into the object store first: a day a file, a line an event, as JSON in gzip.

Each line is a CloudEvent 1.0 in its JSON format with the position in the log beside it, so that a later
reader needs nothing of this database.
"""

import zlib
from collections.abc import AsyncIterator
from typing import Any

from suuupra.kernel.stores import ObjectStore

FOLDER = "kernel/events"
MEDIA_TYPE = "application/gzip"
AT_ONCE = 2000
GZIP = 31  # zlib's window of 15 bits, in the frame of gzip
LINES = """
select json_build_object(
  'specversion', '1.0', 'id', event_id, 'source', source, 'type', type, 'subject', key, 'time', at,
  'datacontenttype', 'application/json', 'data', payload,
  'tenant', tenant, 'traceid', trace, 'position', position
)::text
from kernel.{table} where {which} order by position
"""


class Archive:
    """Where old events are kept for good."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    async def keep(self, driver: Any, table: str, name: str, which: str = "true", *given: Any) -> None:
        """Write the rows of a table of events as `kernel/events/<name>.jsonl.gz`.

        Whole or not at all, and the same again where it was written before: whoever deletes the rows
        afterwards may die in between.
        """

        async def packed() -> AsyncIterator[bytes]:
            pack = zlib.compressobj(level=6, wbits=GZIP)
            async with driver.transaction(isolation="repeatable_read", readonly=True):
                cursor = await driver.cursor(LINES.format(table=table, which=which), *given)
                while rows := await cursor.fetch(AT_ONCE):
                    yield pack.compress("".join(f"{row[0]}\n" for row in rows).encode())
            yield pack.flush()

        await self._objects.put(f"{FOLDER}/{name}.jsonl.gz", packed(), MEDIA_TYPE)
