"""Who is alive is known within seconds, and who left at once."""

from suuupra.platform.instances import Instances
from tests.covers import covers
from tests.platform.ground import Ground, eventually, going


@covers("PLT-13")
class TestInstances:
    async def test_processes_see_each_other(self, ground: Ground) -> None:
        web = Instances(ground.database, "web-0", ["content", "vod"], "unix:/run/web.sock")
        work = Instances(ground.database, "work-0", ["content"])
        await web.beat()
        await work.beat()
        await work.beat()
        seen = [(one.service, one.slot, one.address) for one in await work.alive()]
        assert seen == [
            ("content", "web-0", "unix:/run/web.sock"),
            ("content", "work-0", ""),
            ("vod", "web-0", "unix:/run/web.sock"),
        ]

    async def test_one_that_falls_silent_is_dead_after_six_seconds(self, ground: Ground) -> None:
        web = Instances(ground.database, "web-0", ["content"])
        await web.beat()
        await ground.run("update kernel.instance set seen_at = seen_at - interval '5 seconds'")
        assert len(await web.alive()) == 1
        await ground.run("update kernel.instance set seen_at = seen_at - interval '2 seconds'")
        assert await web.alive() == []

    async def test_one_that_stops_is_gone_at_once(self, ground: Ground) -> None:
        web = Instances(ground.database, "web-0", ["content"])

        async def is_there() -> bool:
            return len(await web.alive()) == 1

        async with going(web.run):
            await eventually(is_there)
        assert await web.alive() == []
