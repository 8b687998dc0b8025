"""The tree of categories: read from its shipped text, walked up and counted."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class CategoryNode:
    """One category; `position` orders siblings and puts parents before children."""

    slug: str
    title: str
    parent: str | None
    position: int


def parse(text: str) -> tuple[CategoryNode, ...]:
    """Nodes of a TOML tree: a table is a category, tables in it its children."""
    found: list[CategoryNode] = []

    def walk(table: Mapping[str, object], parent: str | None) -> None:
        for slug, value in table.items():
            if isinstance(value, Mapping):
                found.append(CategoryNode(slug, str(value["title"]), parent, len(found)))
                walk(value, slug)

    walk(tomllib.loads(text), None)
    return tuple(found)


def below(slug: str, nodes: Iterable[CategoryNode]) -> frozenset[str]:
    """The category and all beneath it; empty for an unknown one."""
    children: dict[str | None, list[str]] = {}
    for node in nodes:
        children.setdefault(node.parent, []).append(node.slug)
    known = {one for group in children.values() for one in group}
    found, waiting = set(), [slug] if slug in known else []
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += children.get(one, [])
    return frozenset(found)


def summed(counts: Mapping[str, int], nodes: Iterable[CategoryNode]) -> dict[str, int]:
    """Counts with those of the branches below added."""
    nodes = tuple(nodes)
    return {node.slug: sum(counts.get(one, 0) for one in below(node.slug, nodes)) for node in nodes}
