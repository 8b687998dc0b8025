"""A process that approves a submission and is killed on the way: run as a program by the kill test."""

import asyncio
import sys
import tempfile
from uuid import UUID

from suuupra.services.content.api import DecideCase
from tests.house import standing_house
from tests.services.content.classroom import Classroom


async def main(dsn: str, armed: str, home: str, case_id: str) -> None:
    tempfile.mkdtemp = lambda **_: home  # type: ignore[assignment]
    async with standing_house(dsn, "content", faults=armed, content_approval="every") as house:
        room = Classroom(house)
        with room.as_(room.reviewer):
            await room.content.approvals.decide(DecideCase(case_id=UUID(case_id), decision="approve"))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
