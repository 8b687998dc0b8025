"""The caps, each met by something one line too long."""

from pathlib import Path

import pytest

from tests.covers import covers
from tests.gates import sizes
from tests.gates.planted import plant
from tests.gates.source import REPOSITORY

LONG_FUNCTION = "def walk() -> None:\n" + "    step()\n" * 60
MANY_PARAMETERS = "class Room:\n    def draw(self, a, b, c, *, d, e, f, g): ...\n"
TOO_BIG = {
    "web/long.py": ("x = 1\n" * 401, "long.py:401: 401 lines, 400 at most a file"),
    "web/walk.py": (LONG_FUNCTION, "walk.py:1: walk has 61 lines, 60 at most"),
    "web/draw.py": (MANY_PARAMETERS, "draw.py:2: draw has 7 parameters"),
    "web/page.html": ("<p>\n" * 251, "page.html:251: 251 lines, 250 at most"),
    "web/static/sheet.css": ("a {}\n" * 251, "sheet.css:251: 251 lines, 250 at most"),
    "web/static/tabs.js": (";\n" * 251, "tabs.js:251: 251 lines, 250 at most"),
    "kernel/a.py": ("x = 1\n" * 2_501, "kernel:2501: 2501 lines, 2500 at most in this room"),
    "platform/bus/a.py": ("x = 1\n" * 601, "platform/bus:601: 601 lines, 600 at most in this room"),
}


@covers("OPS-14")
@pytest.mark.parametrize("name", TOO_BIG)
def test_what_passes_its_cap_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    text, message = TOO_BIG[name]
    plant(tmp_path, name, text)
    assert any(message in str(violation) for violation in sizes.check(tmp_path))


@covers("OPS-14")
def test_a_long_test_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tests" / "test_a.py"
    path.parent.mkdir()
    path.write_text("def test_much() -> None:\n" + "    step()\n" * 40)
    (found,) = sizes.check(tmp_path)
    assert str(found) == "tests/test_a.py:1: test_much has 41 lines, a test 40 at most"


@covers("OPS-14")
def test_at_the_cap_nothing_is_said_and_what_is_vendored_has_none(tmp_path: Path) -> None:
    plant(tmp_path, "web/long.py", "x = 1\n" * 400)
    plant(tmp_path, "web/static/vendor/big.js", ";\n" * 9_000)
    plant(tmp_path, "services/vod/migrations/0001_tables.py", LONG_FUNCTION)
    assert list(sizes.check(tmp_path)) == []


@covers("OPS-14")
def test_the_table_has_a_row_for_each_size_of_this_tree() -> None:
    table = sizes.table(REPOSITORY)
    assert "Python file" in table
    assert "test function" in table
    assert f"of {sizes.KERNEL_LINES} lines" in table
