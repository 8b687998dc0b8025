"""Beside a running encoder: it stands still while pages are slow, tells its frames, and stops when asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

from suuupra.engines.media.control import Control, Watch
from suuupra.engines.media.values import Progress
from suuupra.kernel.jobs import JobRun, current_job
from suuupra.services.vod.service.ground import Ground, log
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store import steps as step_rows

LOOK_S = 0.25
TELL_EVERY = 4
ASK_EVERY = 8


class Supervision:
    """One for each step that runs. `frames_done` is what the engine last said, over all rungs."""

    def __init__(self, ground: Ground, place: tuple[UUID, int], step_id: UUID, rungs: int) -> None:
        self._ground = ground
        self._place = place
        self._step_id = step_id
        self._rungs = rungs
        self.control = Control()
        self.frames_done = 0
        self._told = 0

    @property
    def watch(self) -> Watch:
        """For the engine."""
        return Watch(self._progressed, self.control)

    def _progressed(self, progress: Progress) -> None:
        self.frames_done = max(self.frames_done, progress.frames_done * self._rungs)

    @contextlib.asynccontextmanager
    async def minding(self) -> AsyncIterator[Watch]:
        """Run a block under supervision."""
        task = asyncio.create_task(self._mind(current_job()))
        try:
            yield self.watch
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _mind(self, run: JobRun | None) -> None:
        looks = 0
        while True:
            if run is not None and not run.may_run():
                self.control.pause()
            else:
                self.control.resume()
            await asyncio.sleep(LOOK_S)
            looks += 1
            try:
                if looks % TELL_EVERY == 0:
                    await self._tell()
                if looks % ASK_EVERY == 0 and await self._is_off(run):
                    self.control.cancel()
            except Exception as error:  # noqa: BLE001 - a look that fails must not fail the encoding
                log.warning("encode.unminded", reason=type(error).__name__)

    async def _tell(self) -> None:
        if self.frames_done == self._told:
            return
        self._told = self.frames_done
        async with self._ground.work.begin() as unit:
            await step_rows.progressed(unit.session, self._step_id, self._told, unit.now)

    async def _is_off(self, run: JobRun | None) -> bool:
        """Somebody cancelled the encoding, or the job is another worker's now."""
        async with self._ground.work.read() as session:
            revision = await asset_rows.revision(session, *self._place)
        if revision is None or revision.state not in asset_rows.MAKING:
            return True
        return run is not None and await run.is_cancelled()
