"""A link that leads nowhere is found; code and foreign addresses are left alone."""

from pathlib import Path

from tests.covers import covers
from tests.gates import links

PAGE = """# House
[plan](docs/map.md) and [map](docs/plan.md#rooms)
![picture](docs/none.png) `[code](nowhere.md)` [far](https://example.org/x)
"""


@covers("OPS-50")
def test_a_link_that_leads_nowhere_is_found_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "plan.md").write_text("# Plan\n")
    (tmp_path / "README.md").write_text(PAGE)
    found = [str(violation) for violation in links.check(tmp_path)]
    assert found == [
        "README.md:2: a link to docs/map.md, which is not there",
        "README.md:3: a link to docs/none.png, which is not there",
    ]
