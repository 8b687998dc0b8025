"""A process over the database and the folder of a running cinema, to be killed at an armed point.

`dying.py DSN HOME ARMED` works until idle, and with nothing armed waits to be killed from outside; with
`TICKET OWNER FILE` behind it sends that file instead.
"""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

from suuupra.kernel.auth import Principal
from suuupra.services.vod.api import UploadTicket
from tests.services.vod.cinema import BYTES
from tests.services.vod.conftest import opened

make_folder = tempfile.mkdtemp


async def main(dsn: str, home: str, armed: str, *upload: str) -> None:
    def given(*arguments: Any, **options: Any) -> str:
        return home if options.get("prefix") == "suuupra-house-" else make_folder(*arguments, **options)

    tempfile.mkdtemp = given  # type: ignore[assignment]
    async with opened(dsn, faults=armed, slot="work-0", vod_chunk_bytes="65536") as cinema:
        if not upload:
            await cinema.house.run_until_idle()
            if not armed:
                await asyncio.Event().wait()  # its end would take the folder along: only a kill is right
            return
        ticket, owner, path = upload
        cinema.teacher = Principal(subject=UUID(owner), kind="person")
        said = {**BYTES, "Upload-Offset": "0"}
        place = UploadTicket.from_wire(ticket).address
        await cinema.browser(cinema.teacher).patch(place, content=blocks(Path(path)), headers=said)


async def blocks(path: Path) -> AsyncIterator[bytes]:
    """As a socket brings them."""
    with path.open("rb") as file:
        while block := file.read(50_000):
            yield block


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
