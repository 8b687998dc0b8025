"""The catalogue: published courses by words and facets, by keyset."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Float, Select, cast, func, select, tuple_

from suuupra.kernel.session import Session
from suuupra.services.content.api import Browse
from suuupra.services.content.rules.facets import Cell, Chosen
from suuupra.services.content.tables import Course

WORDS_MAX = 12
TAGS_SHOWN = 20


def words_of(text: str) -> str:
    """A tsquery: all words, the last one as a beginning. Empty where there is no word."""
    words = re.findall(r"\w+", text.lower(), re.UNICODE)[:WORDS_MAX]
    return " & ".join(words) + ":*" if words else ""


def _matching(query: Browse) -> list[ColumnElement[bool]]:
    """What is not a counted facet: state, words, tag, owner."""
    found: list[ColumnElement[bool]] = [Course.state == "published"]
    if words := words_of(query.text):
        found.append(Course.words.op("@@")(func.to_tsquery("simple", words)))
    if query.tag is not None:
        found.append(Course.tags.contains([query.tag]))
    if query.owner_id is not None:
        found.append(Course.owner_id == query.owner_id)
    return found


def _chosen(chosen: Chosen) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.categories:
        found.append(Course.category.in_(sorted(chosen.categories)))
    for column, value in (
        (Course.level, chosen.level),
        (Course.language, chosen.language),
        (Course.admission, chosen.admission),
    ):
        if value is not None:
            found.append(column == value)
    return found


async def page(
    session: Session, query: Browse, chosen: Chosen, after: Sequence[Any] | None
) -> list[tuple[Course, list[Any]]]:
    """One more than asked for, each with its place in the list."""
    sort = query.sort
    words = words_of(query.text)
    if sort == "relevance" and not words:
        sort = "popular"
    statement: Select[Any] = select(Course).where(*_matching(query), *_chosen(chosen))
    place, read = _place(sort, words)
    statement = select(Course, place).where(*_matching(query), *_chosen(chosen))
    descending = sort != "title"
    if after is not None:
        keys = tuple_(place, Course.id)
        edge = (read(after[0]), UUID(after[1]))
        statement = statement.where(keys < edge if descending else keys > edge)
    order = (place.desc(), Course.id.desc()) if descending else (place, Course.id)
    rows = await session.execute(statement.order_by(*order).limit(query.limit + 1))
    return [(course, [_written(value), str(course.id)]) for course, value in rows]


def _place(sort: str, words: str) -> tuple[Any, Any]:
    """The column a list is ordered by, and how its value is read from a cursor."""
    if sort == "newest":
        return Course.published_at, datetime.fromisoformat
    if sort == "title":
        return Course.title, str
    if sort == "relevance":
        return cast(func.ts_rank(Course.words, func.to_tsquery("simple", words)), Float(53)), float
    return Course.enrolled_count, int


def _written(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


async def cells(session: Session, query: Browse) -> list[Cell]:
    """How many published courses share category, level, language and admission."""
    keys = (Course.category, Course.level, Course.language, Course.admission)
    rows = await session.execute(select(*keys, func.count()).where(*_matching(query)).group_by(*keys))
    return [Cell(*row) for row in rows]


async def tags(session: Session, query: Browse, chosen: Chosen) -> list[tuple[str, int]]:
    """The most frequent tags of what the question leaves."""
    each = select(func.unnest(Course.tags).label("tag")).where(*_matching(query), *_chosen(chosen)).subquery()
    count = func.count()
    rows = await session.execute(
        select(each.c.tag, count).group_by(each.c.tag).order_by(count.desc(), each.c.tag).limit(TAGS_SHOWN)
    )
    return [(tag, number) for tag, number in rows]
