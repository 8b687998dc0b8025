"""A process that signs somebody up and is killed on the way: run as a program by the kill test."""

import asyncio
import sys
import tempfile

from suuupra.services.identity.service import Identity
from suuupra.services.identity.service.sign_up import SignUp
from suuupra.services.identity.service.visits import Visit
from tests.house import standing_house
from tests.services.identity.people import PASSWORD


async def main(dsn: str, armed: str, home: str) -> None:
    tempfile.mkdtemp = lambda **_: home  # type: ignore[assignment]
    async with standing_house(dsn, "identity", faults=armed) as house:
        identity: Identity = house.service("identity")
        command = SignUp(name="Meera Nair", address="meera@example.org", password=PASSWORD)
        await identity.sign_ups.register(command, Visit())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
