"""kill -9 in the middle of a publication: the old edition stays live, or the new one is, never half of it."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from suuupra.services.content.api import ApprovalCase, LessonQuery
from suuupra.services.content.service.authoring import ChangeNode
from tests.covers import covers
from tests.house import standing_house
from tests.services.content.classroom import Classroom, Written

ROOT = Path(__file__).parent.parent.parent.parent


def die_at(point: str, dsn: str, case: ApprovalCase) -> int:
    with tempfile.TemporaryDirectory() as home:
        program = [
            sys.executable,
            "-m",
            "tests.services.content.dying",
            dsn,
            f"{point}=kill",
            home,
            str(case.id),
        ]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        done = subprocess.run(
            program, cwd=ROOT, env=environment, capture_output=True, timeout=50, check=False
        )
    return done.returncode


async def submitted(room: Classroom) -> tuple[Written, ApprovalCase]:
    """A live course whose second edition waits for a decision."""
    course = await room.publish("First words.")
    await room.join(course)
    with room.as_(course.author):
        change = ChangeNode(course_id=course.id, node_id=course.lessons[0], markdown="Second words.")
        await room.content.authoring.change_node(change)
    return course, await room.submit(course)


async def read(room: Classroom, course: Written) -> str:
    with room.as_(room.learner):
        query = LessonQuery(course_id=course.id, lesson_id=course.lessons[0])
        return (await room.content.courses.lesson(query)).html


@covers("CON-9", "CON-27")
@pytest.mark.parametrize(
    ("point", "words"),
    [
        ("content.publish.swapped", "First words."),
        ("content.publish.before_commit", "First words."),
        ("content.publish.after_commit", "Second words."),
    ],
)
async def test_a_process_killed_while_publishing_leaves_one_whole_edition(
    fresh_database: str, point: str, words: str
) -> None:
    async with standing_house(fresh_database, "content", content_approval="every") as house:
        room = Classroom(house)
        course, case = await submitted(room)
        assert "First words." in await read(room, course)
        assert die_at(point, fresh_database, case) == -signal.SIGKILL
        assert words in await read(room, course)
        if words == "First words.":
            assert (await room.approve(case)).state == "approved"
        assert "Second words." in await read(room, course)
        published = await room.events("course_published")
        assert [event["revision_number"] for event in published] == [1, 2]
