import asyncio
import time

import pytest
from sqlalchemy import text

from suuupra.kernel.messages import Query
from suuupra.kernel.problems import Invalid
from suuupra.services.content.api import Browse, Shelf, WithdrawCourse
from suuupra.services.content.service import cached
from tests.covers import covers
from tests.services.content.classroom import Classroom


async def browse(room: Classroom, **asked: object) -> Shelf:
    """Of this room's own teacher, as a stranger sees it; the second of caching has passed."""
    with room.as_(room.nobody):
        query = Browse.model_validate({"owner_id": room.teacher.subject, **asked})
        return await room.content.catalogue._browse(query)


@covers("CON-5", "CON-6")
async def test_words_are_found_by_their_beginning_and_titles_first(room: Classroom) -> None:
    by_title = await room.publish(title="Monsoon weather")
    by_summary = await room.publish(title="Clouds", summary="What the monsoon brings.")
    await room.publish(title="Deserts")
    found = await browse(room, text="monso")
    assert [card.id for card in found.items] == [by_title.id, by_summary.id]
    assert (await browse(room, text="monsoon winter")).items == ()
    assert (await browse(room, text="' | & ! :* \x00")).total == 3


@covers("CON-5")
async def test_facets_narrow_and_count(room: Classroom) -> None:
    await room.publish(level="beginner", category="calculus", tags=("limits",))
    await room.publish(level="advanced", category="algebra", admission="granted")
    await room.publish(level="beginner", category="music", language="hi")
    everything = await browse(room)
    assert everything.total == 3
    mathematics = await browse(room, category="mathematics")
    assert mathematics.total == 2
    levels = {facet.value: facet.count for facet in mathematics.facets.levels}
    assert levels == {"beginner": 1, "advanced": 1}
    both = await browse(room, category="mathematics", level="beginner")
    assert both.total == 1
    assert {facet.value: facet.count for facet in both.facets.levels} == levels
    assert (await browse(room, language="hi")).items[0].category_title == "Music"
    assert (await browse(room, admission="granted")).total == 1
    assert [facet.value for facet in everything.facets.tags] == ["limits"]
    assert (await browse(room, tag="limits")).total == 1


@covers("CON-5")
async def test_facets_that_mean_nothing_are_left_out_and_named(room: Classroom) -> None:
    await room.publish()
    found = await browse(room, category="alchemy", level="godlike", admission="bribe")
    assert found.ignored == ("category", "level", "admission")
    assert found.total == 1


@covers("CON-6")
@pytest.mark.parametrize("sort", ["newest", "popular", "title", "relevance"])
async def test_pages_neither_repeat_nor_skip(room: Classroom, sort: str) -> None:
    ids = {(await room.publish(title=f"Part {letter}")).id for letter in "cabed"}
    seen: list[object] = []
    cursor = None
    while True:
        page = await browse(
            room, sort=sort, limit=2, cursor=cursor, text="part" if sort == "relevance" else ""
        )
        seen += [card.id for card in page.items]
        if (cursor := page.next) is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert set(seen) == ids


@covers("CON-6")
async def test_a_forged_or_foreign_cursor_is_refused(room: Classroom) -> None:
    for _ in range(2):
        await room.publish()
    page = await browse(room, sort="newest", limit=1)
    assert page.next is not None
    for cursor in ("forged", page.next[:-3] + "abc"):
        with pytest.raises(Invalid):
            await browse(room, sort="newest", limit=1, cursor=cursor)
    with pytest.raises(Invalid):
        await browse(room, sort="title", limit=1, cursor=page.next)


@covers("CON-5", "CON-13")
async def test_drafts_and_withdrawn_courses_are_not_offered(room: Classroom) -> None:
    await room.write()
    await room.submit(await room.write())
    gone = await room.publish()
    with room.as_(gone.author):
        await room.content.courses.withdraw(WithdrawCourse(course_id=gone.id, reason="Not any more."))
    assert (await browse(room)).total == 0


@covers("CON-6")
async def test_a_course_is_in_the_catalogue_two_seconds_after_its_approval(room: Classroom) -> None:
    asked = Browse(owner_id=room.teacher.subject)
    with room.as_(room.nobody):
        assert (await room.content.catalogue.browse(asked)).total == 0
    await room.publish()
    deadline = time.monotonic() + 2
    with room.as_(room.nobody):
        while (await room.content.catalogue.browse(asked)).total == 0:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


@covers("CON-5")
async def test_categories_that_come_after_the_first_visitor_are_seen_at_once(own_room: Classroom) -> None:
    desk = own_room.content.desk
    async with desk.work.begin() as unit:
        await unit.session.execute(text("delete from content.category"))
    await desk.cache.delete("content:categories")
    assert await cached.categories(desk) == ()
    await own_room.content.counting.start()
    assert await cached.categories(desk)


@covers("CON-5")
async def test_the_tree_of_categories_counts_what_is_published(own_room: Classroom) -> None:
    room = own_room
    await room.publish(category="calculus")
    await room.publish(category="algebra")
    with room.as_(room.nobody):
        found = await room.content.catalogue.categories(Query())
    counts = {category.slug: category.count for category in found.items}
    assert (counts["mathematics"], counts["calculus"], counts["music"]) == (2, 1, 0)
    order = [category.slug for category in found.items]
    assert order.index("mathematics") < order.index("calculus")
