"""What a publication costs those who learn meanwhile: p95 of reading a lesson with and without, in one run.

Claim (content, section 11): at most 1.2 times as slow. 500 learners are in the course; some of them read
lessons without a pause. In every other round the author publishes an edition, so that whatever else runs on
the machine falls on both alike.
"""

import asyncio
import os
import statistics
import sys
import time

import uvloop

from suuupra.kernel import logs
from suuupra.services.content.api import LessonQuery
from suuupra.services.content.service.approving import PublishCourse
from suuupra.services.content.service.authoring import ChangeNode
from tests import postgres
from tests.house import standing_house
from tests.services.content.classroom import Classroom, Written, somebody

BAR = 1.2
LEARNERS, READERS, ROUNDS = 500, 8, 10
ROUND_S = 1.0


async def read(room: Classroom, course: Written, who: object, until: float) -> list[float]:
    """Seconds of each lesson that one learner opens."""
    taken, turn = [], 0
    while time.perf_counter() < until:
        lesson = course.lessons[turn % len(course.lessons)]
        with room.as_(who):  # type: ignore[arg-type]
            started = time.perf_counter()
            await room.content.courses.lesson(LessonQuery(course_id=course.id, lesson_id=lesson))
            taken.append(time.perf_counter() - started)
        turn += 1
    return taken


async def publish(room: Classroom, course: Written, number: int) -> list[float]:
    """A changed lesson goes live in the middle of a round."""
    await asyncio.sleep(ROUND_S / 3)
    with room.as_(course.author):
        change = ChangeNode(course_id=course.id, node_id=course.lessons[0], markdown=f"Edition {number}.")
        await room.content.authoring.change_node(change)
        await room.content.approvals.publish(PublishCourse(course_id=course.id))
    return []


async def measured(room: Classroom) -> bool:
    course = await room.publish(*(f"Lesson {number}. " * 40 for number in range(20)))
    learners = [somebody() for _ in range(LEARNERS)]
    for learner in learners:
        await room.join(course, learner)
    taken: dict[bool, list[float]] = {False: [], True: []}
    for number in range(2 * ROUNDS):
        publishes = bool(number % 2)
        until = time.perf_counter() + ROUND_S
        acts = [read(room, course, learners[index], until) for index in range(READERS)]
        if publishes:
            acts.append(publish(room, course, number))
        for found in await asyncio.gather(*acts):
            taken[publishes] += found
    quiet, busy = (statistics.quantiles(taken[key], n=20)[-1] * 1e3 for key in (False, True))
    print(
        f"lesson p95 {quiet:.2f} ms, while editions go live {busy:.2f} ms: {busy / quiet:.2f}x (bar {BAR}x)"
    )
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return busy / quiet <= BAR


async def main(server: postgres.Server) -> bool:
    name = await postgres.clone(server)
    async with standing_house(server.url(name), "content") as house:
        held = await measured(Classroom(house))
    await postgres.drop(server, name)
    return held


if __name__ == "__main__":
    logs.configure(level="error")
    with postgres.running_server() as server:
        sys.exit(0 if uvloop.run(main(server)) else 1)
