"""Which lanes this process holds: registers subscriptions, takes free lanes, renews, lets go."""

from collections.abc import Iterable, Mapping

from suuupra.platform.lanes import statements
from suuupra.platform.lanes.lane import Handler, Lane, Lanes
from suuupra.platform.postgres import Database


class Holding:
    """A lane outlives its process: the slot's next one takes it over at once, under the next epoch."""

    def __init__(self, database: Database, handlers: Mapping[str, Handler], slot: str) -> None:
        self._database = database
        self._handlers = handlers
        self._slot = slot
        self._is_registered = False
        self._epochs: dict[tuple[str, int], int] = {}
        self.lanes: Lanes = {}

    async def refresh(self) -> None:
        """Renew what is held, write where quiet lanes stand, forget what was lost, take what is free."""
        if not self._handlers:
            return
        if not self._is_registered:
            await self._register()
            self._is_registered = True
        if self.lanes:
            await self._renew()
        wanted = [
            (name, index)
            for name, handler in self._handlers.items()
            for index in range(handler.subscription.lanes)
            if (name, index) not in self.lanes
        ]
        if wanted:
            await self._take(wanted)

    async def release(self) -> None:
        """Let go of all lanes, so that another slot need not wait for them to lapse."""
        async with self._database.pool.driver() as driver:
            await driver.execute(statements.RELEASE_LANES, *self._columns(self.lanes.values()))
        self.lanes.clear()

    def drop(self, lane: Lane) -> None:
        """Forget a lane in doubt; it is taken anew from what is on disk."""
        self.lanes.pop((lane.handler.name, lane.index), None)

    async def _register(self) -> None:
        """New handlers begin where the log stood when this release was migrated.

        A new number of lanes begins at the slowest old one; the inbox makes what is read twice harmless.
        """
        names = sorted(self._handlers)
        counts = [self._handlers[name].subscription.lanes for name in names]
        async with self._database.pool.driver() as driver, driver.transaction():
            for row in await driver.fetch(statements.REGISTER, names, counts):
                await driver.execute(statements.ADD_LANES, row["name"], row["lanes"], row["position"])

    async def _renew(self) -> None:
        async with self._database.pool.driver() as driver:
            lost = await driver.fetch(statements.RENEW_LANES, *self._columns(self.lanes.values()))
        for row in lost:
            self.lanes.pop((row["subscription"], row["lane"]), None)

    async def _take(self, wanted: list[tuple[str, int]]) -> None:
        names, indexes = [name for name, _ in wanted], [index for _, index in wanted]
        epochs = [self._epochs.get(key) for key in wanted]
        async with self._database.pool.driver() as driver:
            rows = await driver.fetch(statements.TAKE_LANES, self._slot, names, indexes, epochs)
        for row in rows:
            key, position = (row["subscription"], row["lane"]), row["position"]
            handler = self._handlers[row["subscription"]]
            self._epochs[key] = row["epoch"]
            self.lanes[key] = Lane(handler, row["lane"], row["epoch"], position, position)

    @staticmethod
    def _columns(lanes: Iterable[Lane]) -> tuple[list[str], list[int], list[int], list[int]]:
        held = list(lanes)
        return (
            [lane.handler.name for lane in held],
            [lane.index for lane in held],
            [lane.epoch for lane in held],
            [lane.dealt if lane.is_quiet else lane.position for lane in held],
        )
