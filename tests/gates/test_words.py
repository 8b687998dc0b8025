"""Each word that may not stand, planted once; and its harmless neighbours."""

from pathlib import Path

import pytest

from tests.covers import covers
from tests.gates import words
from tests.gates.planted import plant

WRONG = {
    "kernel/find.py": (
        "import importlib\n\nimportlib.import_module('a')\n",
        "find.py:3: import_module() hides",
    ),
    "web/utils.py": ("x = 1\n", "utils.py:1: 'utils' says nothing"),
    "web/a.html": ("<p>\n<script>go()</script>", "a.html:2: inline script"),
    "web/b.html": ('<p style="color: red">', "b.html:1: inline style"),
    "web/c.html": ('<a href="/" onclick="go()">', "c.html:1: inline handler"),
    "web/d.html": ("{{ text | safe }}", "d.html:1: unescaped output"),
    "web/e.html": ("<style>p {}</style>", "e.html:1: inline style sheet"),
    "web/static/a.js": ("\nnode.innerHTML = text;", "a.js:2: markup from text"),
    "web/static/b.js": ("eval(text);", "b.js:1: code from text"),
    "web/static/c.css": ("/* TODO: colours */\np {}\n/* fine */\nq {} TODO", "c.css:4: unfinished"),
}
RIGHT = {
    "web/a.html": '<script src="/static/a.js"></script>\n{# no <script> here #}\n<progress value="1">',
    "web/c.html": '<script type="application/ld+json">{{ facts }}</script>',
    "web/b.html": '<p data-style="2" class="on">one = 1</p>',
    "web/static/a.js": "/* never innerHTML */\nnode.textContent = text;",
}


@covers("OPS-14", "PORT-34")
@pytest.mark.parametrize("name", WRONG)
def test_a_word_that_may_not_stand_is_found_with_its_line(name: str, tmp_path: Path) -> None:
    text, message = WRONG[name]
    plant(tmp_path, name, text)
    assert any(message in str(violation) for violation in words.check(tmp_path))


@covers("OPS-14", "PORT-34")
@pytest.mark.parametrize("name", RIGHT)
def test_its_harmless_neighbour_passes(name: str, tmp_path: Path) -> None:
    plant(tmp_path, name, RIGHT[name])
    assert list(words.check(tmp_path)) == []


@covers("OPS-14", "PLT-17")
def test_commit_stands_once(tmp_path: Path) -> None:
    plant(tmp_path, "kernel/work.py", "async def end(session):\n    await session.commit()\n")
    assert list(words.check(tmp_path)) == []
    plant(tmp_path, "services/vod/service.py", "async def hurry(session):\n    await session.commit()\n")
    assert [violation.line for violation in words.check(tmp_path)] == [2, 2]
