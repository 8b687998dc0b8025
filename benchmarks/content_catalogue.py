"""The catalogue of 1,000 courses against that of 100: p95 of its questions, in one run.

Claim (first sale, section 7; content, section 11): at most 1.5 times as slow. Asked with the cache off: the
first shelf, a facet with words, and a later page, in turns, so that whatever else runs falls on both alike.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import uvloop
from sqlalchemy import text

from suuupra.kernel import logs
from suuupra.kernel.ids import TimeIds
from suuupra.services.content.api import Browse
from suuupra.services.content.service.content import Content
from tests import postgres
from tests.house import StandingHouse, standing_house

BAR = 1.5
SMALL, LARGE = 100, 1_000
ROUNDS, COUNT = 12, 20
CATEGORIES = ("calculus", "algebra", "physics", "music", "history", "programming", "economics", "yoga")
WORDS = ["waves", "limits", "rivers", "tales", "numbers", "rhythm", "orbits", "soil", "letters", "markets"]
IDS = TimeIds()
FILL = text("""
with given as (select cast(:title as text) as title, cast(:summary as text) as summary)
insert into content.course (id, owner_id, slug, draft_revision_id, live_revision_id, created_at, changed_at,
  state, state_reason, admission, title, summary, level, language, category, tags, cover_key, cover_motif,
  cover_palette, lesson_count, duration_s, enrolled_count, media_edition, published_at, live_at, words)
select :id, :owner, :slug, :id, :id, :at, :at, 'published', '', :admission, title, summary, :level, 'en',
  :category, :tags, '', '', -1, 12, 3600, :enrolled, 0, :at, :at,
  setweight(to_tsvector('simple', title), 'A') || setweight(to_tsvector('simple', summary), 'D')
from given
""")


def rows(start: int, stop: int) -> list[dict[str, Any]]:
    """Courses that differ in all that is asked for."""
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return [
        {
            "id": IDS.new(),
            "owner": IDS.new(),
            "slug": f"course-{number}",
            "at": at,
            "admission": ("open", "granted")[number % 2],
            "title": f"{WORDS[number % 10].title()} and {WORDS[number // 10 % 10]} {number}",
            "summary": f"About {WORDS[number * 7 % 10]}, told slowly, with examples and exercises. " * 3,
            "level": ("beginner", "intermediate", "advanced", "all")[number % 4],
            "category": CATEGORIES[number % len(CATEGORIES)],
            "tags": [WORDS[number % 10], WORDS[number * 3 % 10]],
            "enrolled": number * 37 % 1_000,
        }
        for number in range(start, stop)
    ]


async def fill(content: Content, start: int, stop: int) -> None:
    async with content.desk.work.begin() as unit:
        await unit.session.execute(FILL, rows(start, stop))


async def settle(house: StandingHouse) -> None:
    """What autovacuum would do soon."""
    async with house.premises.database.pool.driver() as driver:
        await driver.execute("analyze content.course")


async def ask(content: Content) -> list[float]:
    """Seconds of each question."""
    first = await content.catalogue.browse(Browse())
    questions = (
        Browse(),
        Browse(text="waves", level="beginner"),
        Browse(category="mathematics", sort="newest"),
        Browse(cursor=first.next, sort="relevance"),
    )
    taken = []
    for _ in range(COUNT):
        for question in questions:
            started = time.perf_counter()
            await content.catalogue.browse(question)
            taken.append(time.perf_counter() - started)
    return taken


def p95_ms(taken: Sequence[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1] * 1_000


async def measured(small: StandingHouse, large: StandingHouse) -> bool:
    contents: list[Content] = []
    for house, count in ((small, SMALL), (large, LARGE)):
        content = house.service("content")
        await fill(content, 0, count)
        await settle(house)
        contents.append(content)
        await ask(content)
    taken: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for index, content in enumerate(contents):
            taken[index] += await ask(content)
    few, many = p95_ms(taken[0]), p95_ms(taken[1])
    ratio = many / few
    print(f"p95 of {SMALL} courses {few:.2f} ms, of {LARGE} {many:.2f} ms: {ratio:.2f}x (bar {BAR}x)")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return ratio <= BAR


async def main(server: postgres.Server) -> bool:
    names = [await postgres.clone(server) for _ in range(2)]
    small, large = (
        standing_house(server.url(name), "content", content_catalogue_cache_s="0") for name in names
    )
    async with small as one, large as two:
        held = await measured(one, two)
    await asyncio.gather(*(postgres.drop(server, name) for name in names))
    return held


if __name__ == "__main__":
    logs.configure(level="error")
    with postgres.running_server() as server:
        sys.exit(0 if uvloop.run(main(server)) else 1)
