"""How long a page takes beside the slowest of the calls that it cannot do without.

Claim (first sale, section 7): at most 1.3 times, which shows that a page asks all its parts at once. Each
call of a port is made slow by 50 ms, as a neighbour under load would be; the page is asked for in process
by somebody signed in. Names, the bell and the way back are parts that a page can do without: they count in
its time and not in the calls'. Who asks is found out before, at the door, and is not slowed.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from suuupra.app import house as builder
from suuupra.kernel.messages import Message
from suuupra.kernel.ports import local, operations
from suuupra.services.content.api import Access, Catalogue, Courses, Enrolments
from suuupra.services.identity.api import Tokens
from tests import postgres
from tests.house import StandingHouse, standing_house
from tests.journeys.people import Company, Person
from tests.journeys.test_first_lesson import a_course, published

BAR, SLOW_S, ROUNDS = 1.3, 0.05, 15
P = TypeVar("P")
REQUIRED = (Access, Catalogue, Courses, Enrolments)
taken: list[float] = []
is_slow = False


def slowed(port: type[P], resolve: Callable[[], object], *, through_json: bool = False) -> P:
    """The local binding, each call behind a wait; what a page requires is measured."""
    bound = local(port, resolve, through_json=through_json)

    def wrap(call: Callable[[Message], Awaitable[object]]) -> Callable[[Message], Awaitable[object]]:
        async def asked(request: Message) -> object:
            if not is_slow or port is Tokens:
                return await call(request)
            began = time.perf_counter()
            try:
                await asyncio.sleep(SLOW_S)
                return await call(request)
            finally:
                if port in REQUIRED:
                    taken.append(time.perf_counter() - began)

        return asked

    contract: Any = port
    for name in operations(contract):
        setattr(bound, name, wrap(getattr(bound, name)))
    return bound


@asynccontextmanager
async def school() -> AsyncIterator[tuple[StandingHouse, dict[str, tuple[Person, str]]]]:
    """A house with a course, its teacher and a learner inside."""
    with postgres.running_server() as server:
        async with standing_house(server.url(await postgres.clone(server)), limits="off") as house:
            company = Company(house)
            teacher = await company.with_role("anjali@example.org", "Anjali Rao", "teacher")
            reviewer = await company.with_role("farida@example.org", "Farida Sheikh", "admin")
            course = await a_course(teacher)
            slug = await published(teacher, reviewer, course)
            learner = await company.joined("nidhi@example.org", "Nidhi Sharma")
            await learner.post_form(f"/courses/{slug}/enrolment")
            await house.run_until_idle()
            yield (
                house,
                {
                    "home": (learner, "/"),
                    "catalogue": (learner, "/courses"),
                    "course": (learner, f"/courses/{slug}"),
                    "dashboard": (learner, "/learn"),
                    "outline": (learner, f"/learn/{slug}"),
                    "lesson": (learner, f"/learn/{slug}/{course['lesson']}"),
                    "a teacher's courses": (teacher, "/teach"),
                },
            )


async def measure(who: Person, path: str) -> float:
    """The median of page against slowest call; the first two visits warm up."""
    ratios = []
    for _ in range(ROUNDS + 2):
        taken.clear()
        began = time.perf_counter()
        await who.get(path)
        ratios.append((time.perf_counter() - began) / max(taken))
    return statistics.median(ratios[2:])


async def main() -> int:
    global is_slow  # noqa: PLW0603 - the house is furnished at full speed
    builder.local = slowed  # type: ignore[attr-defined]
    held = True
    async with school() as (_, pages):
        is_slow = True
        for name, (who, path) in pages.items():
            ratio = await measure(who, path)
            held &= ratio <= BAR
            print(f"portal_pages: {name:20} {ratio:.2f} x its slowest call (bar {BAR})")
        is_slow = False
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
