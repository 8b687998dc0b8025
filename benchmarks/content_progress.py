"""A thousand acts of devices in one request against fifty, and the bytes of a changed lesson, in one run.

Claims (content, section 11): 1,000 acts take at most 10 times as long as 50; a revision that changes one
lesson of 300 adds at most 5 % of the bytes of the first.
"""

import os
import statistics
import sys
import time
from datetime import UTC, datetime

import uvloop

from suuupra.kernel import logs
from suuupra.services.content.api import ApplyProgress, Operation
from suuupra.services.content.service.approving import PublishCourse
from suuupra.services.content.service.authoring import ChangeNode
from suuupra.services.content.store import revisions
from tests import postgres
from tests.house import standing_house
from tests.services.content.classroom import IDS, Classroom, Written

ACTS_BAR, BYTES_BAR = 10.0, 0.05
ROUNDS = 7
KINDS = ("position", "watched", "done")


def acts(course: Written, count: int) -> ApplyProgress:
    """Acts of a fresh device, spread over the lessons."""
    device = IDS.new()
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return ApplyProgress(
        operations=tuple(
            Operation.model_validate(
                {
                    "device_id": device,
                    "seq": number + 1,
                    "course_id": course.id,
                    "lesson_id": course.lessons[number % len(course.lessons)],
                    "kind": KINDS[number % 3],
                    "client_at": at,
                    "position_ms": number,
                    "intervals": ((number, number + 3),) if number % 3 == 1 else (),
                }
            )
            for number in range(count)
        )
    )


async def timed(room: Classroom, command: ApplyProgress) -> float:
    with room.as_(room.learner):
        started = time.perf_counter()
        await room.content.progress.apply(command)
        return time.perf_counter() - started


async def many_acts(room: Classroom) -> bool:
    course = await room.publish(*(f"Lesson {number}." for number in range(20)))
    await room.join(course)
    await timed(room, acts(course, 50))
    few, many = [], []
    for _ in range(ROUNDS):
        few.append(await timed(room, acts(course, 50)))
        many.append(await timed(room, acts(course, 1_000)))
    ratio = statistics.median(many) / statistics.median(few)
    print(
        f"1,000 acts {statistics.median(many) * 1e3:.0f} ms, 50 acts {statistics.median(few) * 1e3:.0f} ms: "
        f"{ratio:.1f}x (bar {ACTS_BAR}x)"
    )
    return ratio <= ACTS_BAR


async def small_change(room: Classroom) -> bool:
    texts = [f"# Lesson {number}\n\n" + f"Sentence {number} about it. " * 80 for number in range(300)]
    course = await room.publish(*texts)

    async def size() -> int:
        async with room.work.read() as session:
            return await revisions.block_bytes(session, course.id)

    before = await size()
    with room.as_(course.author):
        change = ChangeNode(
            course_id=course.id, node_id=course.lessons[150], markdown=texts[150] + "One more."
        )
        await room.content.authoring.change_node(change)
        await room.content.approvals.publish(PublishCourse(course_id=course.id))
    share = (await size() - before) / before
    print(f"one lesson of 300 changed: {share:.2%} of the bytes of the first revision (bar {BYTES_BAR:.0%})")
    return share <= BYTES_BAR


async def main(server: postgres.Server) -> bool:
    name = await postgres.clone(server)
    async with standing_house(server.url(name), "content") as house:
        room = Classroom(house)
        held = [await many_acts(room), await small_change(room)]
    await postgres.drop(server, name)
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return all(held)


if __name__ == "__main__":
    logs.configure(level="error")
    with postgres.running_server() as server:
        sys.exit(0 if uvloop.run(main(server)) else 1)
