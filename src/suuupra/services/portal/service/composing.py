"""Composition: required parts fail the page, optional parts take their quiet form in time."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import structlog

from suuupra.kernel.problems import Late, Unavailable
from suuupra.kernel.stores import Cache
from suuupra.services.identity.api import Card, CardQuery, Directory

log = structlog.get_logger(service="portal")
T = TypeVar("T")
Faces = Mapping[UUID, Card]
OPTIONAL_S = 0.4
FACE_LIFE_S, FACES_MAX = 30.0, 200


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
    cache: Cache

    async def faces(self, ids: Iterable[UUID]) -> Faces:
        """By id; without those that are not known where identity is away: a page without names is a page.

        Kept for `FACE_LIFE_S`: whose faces a page needs is known only once its courses are, and a page that
        asks twice in a row takes twice as long.
        """
        found: dict[UUID, Card] = {}
        wanted = dict.fromkeys(ids)
        for one in wanted:
            if kept := await self.cache.get(f"portal:face:{one}"):
                found[one] = Card.from_wire(kept)
        missing = tuple(one for one in wanted if one not in found)[:FACES_MAX]
        if missing:
            fresh = await quiet(self._asked(missing), {}, name="faces")
            for one, card in fresh.items():
                await self.cache.set(f"portal:face:{one}", card.to_wire(), FACE_LIFE_S)
            found |= fresh
        return found

    async def _asked(self, ids: tuple[UUID, ...]) -> Faces:
        return (await self.directory.cards(CardQuery(ids=ids))).by_id()
