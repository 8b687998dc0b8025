"""Steps of an encoding: each makes its files beside, moves them into the store, and tells in one unit.

A step that is interrupted is made again as a whole, and only that step: what is in the store stays.
"""

from dataclasses import dataclass

from suuupra.engines.media.grid import grid_of
from suuupra.engines.media.problems import Cancelled, NotPlayable, TooBig
from suuupra.kernel.jobs import current_job
from suuupra.kernel.problems import Unavailable
from suuupra.kernel.work import Unit
from suuupra.services.vod.rules import encoding as rules
from suuupra.services.vod.service import orders
from suuupra.services.vod.service.ground import Ground, log
from suuupra.services.vod.service.making import Making, Order, Record
from suuupra.services.vod.service.scanning import LADDERS, PROBES
from suuupra.services.vod.service.steps import advance, give_up
from suuupra.services.vod.service.supervision import Supervision
from suuupra.services.vod.service.workroom import Workroom
from suuupra.services.vod.store import assets as asset_rows
from suuupra.services.vod.store import steps as step_rows
from suuupra.services.vod.store.rows import Asset, Revision, Step

GAVE_UP = "This video could not be prepared. Try again, or upload it again."


@dataclass(frozen=True)
class Held:
    """The locked rows of a step that is still wanted, and what could start before it ended."""

    asset: Asset
    revision: Revision
    step: Step
    may_start: frozenset[str]


class Encoding:
    """The use cases of the step jobs."""

    def __init__(self, ground: Ground, workroom: Workroom) -> None:
        self._ground = ground
        self._making = Making(ground, workroom)

    async def index(self, job: orders.IndexSource) -> None:
        """A copy of the streams that can be entered at any moment."""
        await self._run(job, rules.INDEX)

    async def audio(self, job: orders.EncodeAudio) -> None:
        """The sound, once, and its segments."""
        await self._run(job, rules.AUDIO)

    async def first(self, job: orders.EncodeFirst) -> None:
        """A chunk of the rung that runs ahead."""
        await self._run(job, rules.FIRST)

    async def rest(self, job: orders.EncodeChunk) -> None:
        """The same chunk of all other rungs."""
        await self._run(job, rules.REST)

    async def poster(self, job: orders.DrawPoster) -> None:
        """The poster; a video without one plays all the same."""
        await self._run(job, rules.POSTER)

    async def package(self, job: orders.Package) -> None:
        """The progressive MP4 out of the first rung and the sound."""
        await self._run(job, rules.PACKAGE)

    async def _run(self, job: orders.StepJob, name: str) -> None:
        order = await self._begin(job, name)
        if order is None:
            return
        try:
            async with self.supervised(order).minding() as watch:
                record = await self._making.make(order, watch)
        except Cancelled:
            await self._end_quietly(order)
        except Unavailable as problem:
            await self._note(order, problem.detail or problem.title)
            raise
        except Exception as error:
            if isinstance(error, NotPlayable | TooBig) and name not in {rules.PACKAGE, rules.POSTER}:
                await self._failed(order, error.detail or error.title)
                return
            if not self._is_last_try(order):
                await self._note(order, f"{type(error).__name__}: {error}"[:500])
                raise
            log.warning("encode.gave_up", asset=str(order.asset_id), step=name, exc_info=error)
            await self._failed(order, GAVE_UP, f"{type(error).__name__}: {error}"[:500])
        else:
            await self._done(order, record)

    def supervised(self, order: Order) -> Supervision:
        """Who minds the encoder of a step."""
        return Supervision(self._ground, order.place, order.step_id, rungs=len(order.rungs) or 1)

    def _is_last_try(self, order: Order) -> bool:
        run = current_job()
        tries_max = {rules.POSTER: orders.DrawPoster.tries_max}.get(order.name, rules.TRIES_MAX)
        return run is None or run.attempt >= tries_max

    async def _begin(self, job: orders.StepJob, name: str) -> Order | None:
        """Mark the step as running; None (and the job ends) where there is nothing left to do."""
        async with self._ground.work.begin() as unit:
            revision = await asset_rows.revision(unit.session, job.asset_id, job.revision)
            step = await step_rows.one(unit.session, job.asset_id, job.revision, name, job.chunk, lock=True)
            if (
                revision is None
                or step is None
                or revision.state not in asset_rows.MAKING
                or step.state in rules.ENDED
            ):
                unit.finish()
                return None
            step.state, step.started_at, step.changed_at = rules.RUNNING, unit.now, unit.now
            step.tries += 1
            return self._order(revision, step)

    def _order(self, revision: Revision, step: Step) -> Order:
        probe = PROBES.validate_python(revision.probe)
        return Order(
            asset_id=revision.asset_id,
            number=revision.number,
            name=step.name,
            chunk=step.chunk,
            step_id=step.id,
            frames_total=step.frames_total,
            tries=step.tries,
            upload_id=revision.upload_id,
            source_key=revision.index_key or revision.source_key,
            source_sha256=revision.source_sha256,
            probe=probe,
            ladder=LADDERS.validate_python(revision.ladder),
            grid=grid_of(probe),
            started=self._ground.clock.monotonic(),
        )

    async def _locked(self, unit: Unit, order: Order) -> Held | None:
        """The rows of a step, in the order in which everybody locks them; None where nobody waits for it."""
        asset = await asset_rows.one(unit.session, order.asset_id, lock=True)
        revision = await asset_rows.revision(unit.session, *order.place, lock=True)
        step = await step_rows.one(unit.session, *order.place, order.name, order.chunk, lock=True)
        if not (asset and revision and step) or revision.state not in asset_rows.MAKING:
            return None
        if step.state in rules.ENDED:
            return None
        may_start = rules.may_start(await step_rows.stages(unit.session, *order.place))
        return Held(asset, revision, step, may_start)

    async def _done(self, order: Order, record: Record) -> None:
        """Rows of the step and what follows from it, in the unit that ends the job."""
        async with self._ground.work.begin() as unit:
            if held := await self._locked(unit, order):
                step = held.step
                await record(unit, held.revision)
                step.state, step.error, step.frames_done = rules.DONE, "", step.frames_total
                step.seconds = self._ground.clock.monotonic() - order.started
                step.changed_at = unit.now
                await advance(unit, held.asset, held.revision, held.may_start)
            unit.finish()
        await self._ground.faults.at("vod.step.done")

    async def _failed(self, order: Order, reason: str, error: str = "") -> None:
        """For good. What is optional fails alone."""
        async with self._ground.work.begin() as unit:
            if held := await self._locked(unit, order):
                step = held.step
                step.state, step.error, step.changed_at = rules.FAILED, error or reason, unit.now
                await unit.session.flush()
                if order.name in rules.OPTIONAL:
                    await advance(unit, held.asset, held.revision, held.may_start)
                else:
                    await give_up(unit, held.asset, held.revision, reason)
            unit.finish()

    async def _end_quietly(self, order: Order) -> None:
        """Cancelled by a person: their act has written everything already."""
        async with self._ground.work.begin() as unit:
            unit.finish()
        log.info("encode.cancelled", asset=str(order.asset_id), step=order.name)

    async def _note(self, order: Order, error: str) -> None:
        """The step waits for its next try; what happened is kept for operators."""
        async with self._ground.work.begin() as unit:
            step = await step_rows.one(unit.session, *order.place, order.name, order.chunk, lock=True)
            if step is not None and step.state == rules.RUNNING:
                step.state, step.error, step.changed_at = rules.WAITING, error, unit.now
