"""Facet counts of the catalogue from one table of cells, so that one query feeds them all."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from suuupra.services.content.api import ADMISSIONS, LANGUAGES, LEVELS, FacetCount, Facets


@dataclass(frozen=True)
class Cell:
    """How many published courses share these four."""

    category: str
    level: str
    language: str
    admission: str
    count: int


@dataclass(frozen=True)
class Chosen:
    """The facets of a question; `categories` is the chosen one with all beneath it, empty for any."""

    categories: frozenset[str] = field(default_factory=frozenset)
    level: str | None = None
    language: str | None = None
    admission: str | None = None

    def without(self, facet: str) -> "Chosen":
        """The same question with one facet open."""
        return Chosen(
            frozenset() if facet == "category" else self.categories,
            None if facet == "level" else self.level,
            None if facet == "language" else self.language,
            None if facet == "admission" else self.admission,
        )

    def allows(self, cell: Cell) -> bool:
        """Whether the courses of a cell answer the question."""
        return (
            (not self.categories or cell.category in self.categories)
            and self.level in {None, cell.level}
            and self.language in {None, cell.language}
            and self.admission in {None, cell.admission}
        )


def total(cells: Iterable[Cell], chosen: Chosen) -> int:
    """How many courses answer."""
    return sum(cell.count for cell in cells if chosen.allows(cell))


def facets(
    cells: Iterable[Cell],
    chosen: Chosen,
    titles: Mapping[str, str],
    parents: Mapping[str, str | None],
    tags: Iterable[tuple[str, int]] = (),
) -> Facets:
    """Each facet counted as if it alone were open; a category also counts what is beneath it."""
    cells = tuple(cells)

    def counted(
        facet: str, keys: Callable[[Cell], Iterable[str]], labels: Mapping[str, str]
    ) -> tuple[FacetCount, ...]:
        counts: dict[str, int] = {}
        for cell in cells:
            if chosen.without(facet).allows(cell):
                for key in keys(cell):
                    counts[key] = counts.get(key, 0) + cell.count
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(FacetCount(value=key, label=labels.get(key, key), count=count) for key, count in ranked)

    return Facets(
        categories=counted("category", lambda cell: _up(cell.category, parents), titles),
        levels=counted("level", lambda cell: (cell.level,), LEVELS),
        languages=counted("language", lambda cell: (cell.language,), LANGUAGES),
        admissions=counted("admission", lambda cell: (cell.admission,), ADMISSIONS),
        tags=tuple(FacetCount(value=tag, label=tag, count=count) for tag, count in tags),
    )


def _up(slug: str, parents: Mapping[str, str | None]) -> Iterable[str]:
    at: str | None = slug
    seen: set[str] = set()
    while at and at not in seen:
        seen.add(at)
        yield at
        at = parents.get(at)
