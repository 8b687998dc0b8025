"""Pages of portal over a real house."""

import pytest

from tests.covers import covers
from tests.house import StartHouse


@covers("PORT-1", "PORT-30", "PORT-34")
@pytest.mark.parametrize("binding", ["local", "remote"])
async def test_a_stranger_sees_home_and_catalogue_without_javascript(start_house: StartHouse, binding: str) -> None:
    async with start_house("portal", binding=binding) as house:
        client = house.client()
        for path in ("/", "/courses", "/categories/physics"):
            page = await client.get(path)
            assert page.status_code == 200, page.text[:2000]
            assert "<h1" in page.text
            assert "public" in page.headers["cache-control"]
        assert (await client.get("/learn")).headers["location"].startswith("/sign-in?next=%2Flearn")
