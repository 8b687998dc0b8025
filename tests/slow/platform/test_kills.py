"""The kill lottery with twenty points, drawn anew by each seed."""

import pytest

from tests.covers import covers
from tests.platform.events.test_kills import check
from tests.platform.ground import Ground
from tests.platform.ground.lottery import Lottery


@covers("PLT-2", "PLT-3", "PLT-17")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2])
async def test_kill_lottery(ground: Ground, seed: int) -> None:
    lottery = Lottery(ground, seed)
    await lottery.draw(kills=20)
    await check(lottery)
