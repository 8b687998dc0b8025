"""One house for the tests of this folder that only ask: everybody is there, and every route is known."""

import contextlib
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

from tests import postgres
from tests.house import StandingHouse, standing_house
from tests.journeys.people import Company, Person

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SOMETHING = "01890000-0000-7000-8000-00000000beef"
PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True)
class Operation:
    """A method of a route."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """With something plausible in the place of each parameter."""
        return PARAMETER.sub(lambda found: "7" if found[2] == "int" else SOMETHING, self.path)


def flat(routes: Iterable[Any]) -> Iterator[Operation]:
    """Every operation below these routers and routes; sockets are none."""
    for route in routes:
        if isinstance(route, APIRouter):
            yield from flat(route.routes)
        else:
            for method in sorted(set(getattr(route, "methods", None) or ()) - {"HEAD"}):
                yield Operation(method, route.path)


def operations_of(house: StandingHouse) -> list[Operation]:
    """All that visitors reach: routes of services, and those of the platform."""
    estate = house.estates["gateway"]
    routes = [route for built in estate.house.built.values() for route in built.routes()]
    return sorted({*flat(routes), *flat(estate._own_routes())}, key=str)


@dataclass
class Standing:
    """The house and who lives in it."""

    house: StandingHouse
    company: Company
    people: dict[str, Person]
    operations: list[Operation]


@contextlib.asynccontextmanager
async def standing(server: postgres.Server) -> AsyncIterator[Standing]:
    """A house without limits: nobody, a student, two teachers, an admin, the owner."""
    name = await postgres.clone(server)
    async with standing_house(server.url(name), limits="off") as house:
        company = Company(house)
        people = {"nobody": company.stranger(), "student": await company.joined("nidhi@example.org", "Nidhi")}
        for role, mail, called in (
            ("teacher", "anjali@example.org", "Anjali Rao"),
            ("other", "imran@example.org", "Imran Siddiqui"),
            ("admin", "farida@example.org", "Farida Sheikh"),
        ):
            people[role] = await company.with_role(mail, called, "teacher" if role == "other" else role)
        people["owner"] = await company.the_owner()
        yield Standing(house, company, people, operations_of(house))
    await postgres.drop(server, name)
