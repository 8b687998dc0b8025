"""A worker over the database and the folder of a running cinema, to be killed at an armed point."""

import asyncio
import sys
import tempfile
from typing import Any

from tests.services.vod.conftest import opened

make_folder = tempfile.mkdtemp


async def main(dsn: str, home: str, armed: str) -> None:
    def given(*arguments: Any, **options: Any) -> str:
        return home if options.get("prefix") == "suuupra-house-" else make_folder(*arguments, **options)

    tempfile.mkdtemp = given  # type: ignore[assignment]
    async with opened(dsn, faults=armed, slot="work-0") as cinema:
        await cinema.house.run_until_idle()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
