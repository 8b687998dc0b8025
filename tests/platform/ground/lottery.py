"""The kill lottery: processes die at drawn points while work goes on; then every effect is counted."""

import asyncio
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.platform.ground import Ground, eventually

ROOT = Path(__file__).resolve().parents[3]
POINTS = {
    "web": ("unit.before_commit", "unit.after_commit"),
    "work": (
        "unit.before_commit",
        "unit.after_commit",
        "relay.before_move",
        "relay.after_move",
        "handler.before",
        "job.claimed",
        "job.before_mark",
    ),
}
LEFT = """
select concat_ws(' ', 'job', name, state, attempts, run_at, last_error) as row from kernel.job
where state in ('ready', 'running')
union all select concat_ws(' ', 'inbox', state, attempts, last_error) from kernel.inbox where state <> 'done'
union all select concat_ws(' ', 'outbox', id) from kernel.outbox
union all select concat_ws(' ', 'lane', lane, position, holder, until) from kernel.lane
union all select concat_ws(' ', 'lease', name, holder, epoch, until) from kernel.lease
union all select concat_ws(' ', 'head', position, epoch, high) from kernel.log_head
"""
KILL_LIMIT_S = 10.0
REST_LIMIT_S = 60.0
PAUSE_S = 0.02
"""Between two numbers: a fault is due within twelve, and what piles up meanwhile only takes time."""


async def start(role: str, ground: Ground, fault: str = "", slot: str = "") -> asyncio.subprocess.Process:
    """One process of the sample service."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.platform.ground.process",
        role,
        ground.dsn,
        slot or f"{role}-0",
        fault,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


@dataclass
class Lottery:
    """`acknowledged` are the numbers that web answered: none of them may be lost."""

    ground: Ground
    seed: int
    next_n: int = 0
    acknowledged: list[int] = field(default_factory=list)

    async def draw(self, kills: int) -> None:
        """One process after the other dies at its point; the other goes on."""
        chance = random.Random(self.seed)
        work = await start("work", self.ground)
        for _ in range(kills):
            role = chance.choice(("web", "work", "work"))
            fault = f"{chance.choice(POINTS[role])}={chance.randint(1, 12)}"
            if role == "work":
                await kill(work)
                work = await start("work", self.ground, fault)
            web = await start("web", self.ground, fault if role == "web" else "")
            await self._ask(web, work if role == "work" else web)
            await kill(web)
        await kill(work)
        await self._come_to_rest()

    async def _ask(self, web: asyncio.subprocess.Process, doomed: asyncio.subprocess.Process) -> None:
        """Give web numbers until the doomed process is dead, then a few more where it still lives."""
        more = 5
        loop = asyncio.get_running_loop()
        deadline = loop.time() + KILL_LIMIT_S
        while more and web.returncode is None and loop.time() < deadline:
            more -= doomed.returncode is not None
            if not await self._one(web):
                return
            await asyncio.sleep(PAUSE_S)

    async def _one(self, web: asyncio.subprocess.Process) -> bool:
        """One number; asked again of the next process where no answer came."""
        assert web.stdin is not None
        assert web.stdout is not None
        try:
            web.stdin.write(b"%d\n" % self.next_n)
            await web.stdin.drain()
            line = await web.stdout.readline()
        except ConnectionError:
            return False
        if not line:
            return False
        self.acknowledged.append(int(line))
        self.next_n += 1
        return True

    async def _come_to_rest(self) -> None:
        work = await start("work", self.ground)
        web = await start("web", self.ground)
        await self._one(web)
        await kill(web)
        try:
            await eventually(self._is_at_rest, REST_LIMIT_S)
        except TimeoutError:
            raise AssertionError(f"not at rest: {await self._left()}") from None
        finally:
            await kill(work)

    async def _left(self) -> list[str]:
        rows = await self.ground.rows(LEFT)
        return [str(row["row"]) for row in rows]

    async def _is_at_rest(self) -> bool:
        unfinished = await self.ground.one(
            "select (select count(*) from kernel.outbox)"
            " + (select count(*) from kernel.job where state in ('ready', 'running'))"
            " + (select count(*) from kernel.inbox where state <> 'done')"
            " + abs((select count(*) from kernel.event) - (select count(*) from kernel.inbox))"
        )
        return bool(unfinished == 0)

    async def effects(self) -> dict[str, list[int]]:
        """What happened, in the order it happened, by kind."""
        rows = await self.ground.rows("select key, n from sample.effect order by place")
        found: dict[str, list[int]] = {}
        for row in rows:
            found.setdefault(row["key"], []).append(row["n"])
        return found
