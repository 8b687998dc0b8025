"""Composition: required parts fail the page, optional parts take their quiet form in time."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import structlog

from suuupra.kernel.problems import Late, Unavailable
from suuupra.services.identity.api import Card, CardQuery, Directory

log = structlog.get_logger(service="portal")
T = TypeVar("T")
Faces = Mapping[UUID, Card]
OPTIONAL_S = 0.4


async def quiet(part: Awaitable[T], otherwise: T, *, name: str) -> T:
    """An optional part, or its quiet form when its service is away or late."""
    try:
        return await asyncio.wait_for(part, OPTIONAL_S)
    except (Unavailable, Late, TimeoutError) as error:
        await log.awarning("page.part_quiet", part=name, error=type(error).__name__)
        return otherwise


@dataclass(frozen=True)
class Composer:
    """What several pages need: names and faces in one batch."""

    directory: Directory

    async def faces(self, ids: Iterable[UUID]) -> Faces:
        """By id; empty where identity is away, since a page without names is still a page."""
        wanted = tuple(dict.fromkeys(ids))[:200]
        if not wanted:
            return {}

        async def ask() -> Faces:
            return (await self.directory.cards(CardQuery(ids=wanted))).by_id()

        return await quiet(ask(), {}, name="faces")
