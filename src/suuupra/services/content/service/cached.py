"""Reads that everybody shares, cached under keys that change with their content and are never invalidated."""

import asyncio
import json
from collections.abc import Mapping
from uuid import UUID

from suuupra.services.content.rules import prose
from suuupra.services.content.rules.blocks import Article, Video
from suuupra.services.content.rules.categories import CategoryNode
from suuupra.services.content.rules.outline import Bone, Skeleton
from suuupra.services.content.rules.prose import Prose
from suuupra.services.content.service.desk import Desk
from suuupra.services.content.store import courses as course_rows
from suuupra.services.content.store import revisions
from suuupra.services.content.store.rows import Course

REVISION_TTL_S = 3_600.0
HTML_TTL_S = 6 * 3_600.0
CATEGORY_TTL_S = 30.0
CATEGORIES = "content:categories"


async def live_skeleton(desk: Desk, course: Course) -> Skeleton | None:
    """Of the live revision; None for a course that never went live. Not inside a read."""
    revision_id = course.live_revision_id
    if revision_id is None:
        return None

    async def make() -> bytes:
        async with desk.work.read() as session:
            return (await revisions.skeleton(session, revision_id)).to_wire()

    key = f"content:skeleton:{revision_id}:{course.media_edition}"
    return Skeleton.from_wire(await desk.cache.fill(key, REVISION_TTL_S, make))


async def draft_skeleton(desk: Desk, revision_id: UUID) -> Skeleton:
    """Of a revision that may still change."""
    async with desk.work.read() as session:
        return await revisions.skeleton(session, revision_id)


async def html_of(desk: Desk, bone: Bone) -> Prose:
    """The sanitised text of a lesson, by the address of its block."""

    async def make() -> bytes:
        async with desk.work.read() as session:
            block = await revisions.block_of(session, bytes.fromhex(bone.block))
        text = block.markdown if isinstance(block, Article | Video) else ""
        shown = await asyncio.to_thread(prose.rendered, text)
        return json.dumps([shown.html, shown.words, list(shown.removed)]).encode()

    html, words, removed = json.loads(await desk.cache.fill(f"content:html:{bone.block}", HTML_TTL_S, make))
    return Prose(html, words, tuple(removed))


async def categories(desk: Desk) -> tuple[CategoryNode, ...]:
    """The tree; a change is seen within half a minute, and at once on a site that has none yet."""

    async def make() -> bytes:
        async with desk.work.read() as session:
            nodes = await course_rows.category_nodes(session)
        return json.dumps([[node.slug, node.title, node.parent, node.position] for node in nodes]).encode()

    rows = json.loads(await desk.cache.fill(CATEGORIES, CATEGORY_TTL_S, make))
    if not rows:
        await desk.cache.delete(CATEGORIES)  # asked before the first start had brought them
    return tuple(CategoryNode(*row) for row in rows)


async def category_titles(desk: Desk) -> Mapping[str, str]:
    """By slug."""
    return {node.slug: node.title for node in await categories(desk)}
