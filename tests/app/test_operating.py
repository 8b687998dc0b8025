"""What `doctor` says of the processes of a site."""

from suuupra.app.operating import _processes
from suuupra.platform.instances import Instances
from tests.covers import covers
from tests.house import StartHouse


@covers("PLT-13")
async def test_doctor_names_the_processes_that_live_and_says_when_none_does(start_house: StartHouse) -> None:
    async with start_house("portal") as house:
        estate = house.estates["gateway"]
        silent = await _processes(estate)
        assert (silent.state, silent.version) == ("degraded", "")
        for slot in ("work-0", "web-0"):
            await Instances(house.premises.database, slot, ("portal",)).beat()
        alive = await _processes(estate)
        assert (alive.state, alive.version) == ("well", "web-0, work-0")
        await Instances(house.premises.database, "work-0", ("portal",)).leave()
        assert (await _processes(estate)).version == "web-0"
