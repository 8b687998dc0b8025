"""`Catalogue`: what is published, by words and facets, with counts from one table of cells."""

import hashlib

from suuupra.kernel.messages import Query
from suuupra.services.content.api import ADMISSIONS, LEVELS, Browse, Categories, Category, Shelf
from suuupra.services.content.rules import categories as tree
from suuupra.services.content.rules import facets
from suuupra.services.content.rules.blocks import one_line
from suuupra.services.content.rules.categories import CategoryNode
from suuupra.services.content.rules.facets import Chosen
from suuupra.services.content.service import cached, shapes
from suuupra.services.content.service.desk import Desk
from suuupra.services.content.store import catalogue


class CatalogueDesk:
    """The port. An answer is kept for a second, so that a crowd costs what one reader costs."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def browse(self, query: Browse) -> Shelf:
        query = query.model_copy(update={"text": one_line(query.text)[:200]})
        kept_s = self._desk.settings.catalogue_cache_s
        if kept_s <= 0:
            return await self._browse(query)

        async def make() -> bytes:
            return (await self._browse(query)).to_wire()

        key = f"content:shelf:{hashlib.sha256(query.to_wire()).hexdigest()}"
        return Shelf.from_wire(await self._desk.cache.fill(key, kept_s, make))

    async def _browse(self, query: Browse) -> Shelf:
        nodes = await cached.categories(self._desk)
        query, chosen, ignored = understood(query, nodes)
        purpose = f"content.shelf:{query.sort}"
        after = self._desk.cursors.read(purpose, query.cursor)
        async with self._desk.work.read() as session:
            rows = await catalogue.page(session, query, chosen, after)
            cells = await catalogue.cells(session, query)
            tags = await catalogue.tags(session, query, chosen)
        titles = {node.slug: node.title for node in nodes}
        parents = {node.slug: node.parent for node in nodes}
        shown = rows[: query.limit]
        following = self._desk.cursors.write(purpose, shown[-1][1]) if len(rows) > query.limit else None
        return Shelf(
            items=tuple(shapes.card_of(course, titles) for course, _ in shown),
            next=following,
            total=facets.total(cells, chosen),
            facets=facets.facets(cells, chosen, titles, parents, tags),
            ignored=ignored,
        )

    async def categories(self, _query: Query) -> Categories:
        kept_s = self._desk.settings.catalogue_cache_s
        if kept_s <= 0:
            return await self._categories()

        async def make() -> bytes:
            return (await self._categories()).to_wire()

        return Categories.from_wire(await self._desk.cache.fill("content:counts", kept_s, make))

    async def _categories(self) -> Categories:
        nodes = await cached.categories(self._desk)
        async with self._desk.work.read() as session:
            cells = await catalogue.cells(session, Browse())
        counts: dict[str, int] = {}
        for cell in cells:
            counts[cell.category] = counts.get(cell.category, 0) + cell.count
        sums = tree.summed(counts, nodes)
        return Categories(
            items=tuple(
                Category(slug=node.slug, title=node.title, parent=node.parent, count=sums[node.slug])
                for node in nodes
            )
        )


def understood(query: Browse, nodes: tuple[CategoryNode, ...]) -> tuple[Browse, Chosen, tuple[str, ...]]:
    """The question without facets that mean nothing, and their names."""
    ignored: list[str] = []
    branch = tree.below(query.category, nodes) if query.category else frozenset()
    if query.category and not branch:
        ignored.append("category")
    level, admission = query.level, query.admission
    if level is not None and level not in LEVELS:
        ignored.append("level")
        level = None
    if admission is not None and admission not in ADMISSIONS:
        ignored.append("admission")
        admission = None
    return query, Chosen(branch, level, query.language, admission), tuple(ignored)
