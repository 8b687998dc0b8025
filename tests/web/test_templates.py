"""Templates of all services, read against macros and icons: wrong names are found before pages are."""

import re
from pathlib import Path

import pytest

from suuupra.web.assets import read_assets
from suuupra.web.pages import TEMPLATES, Renderer
from tests.covers import covers

SERVICES = TEMPLATES.parents[2] / "services"
FOLDERS = {folder.parent.name: folder for folder in sorted(SERVICES.glob("*/templates"))}
PAGES = Renderer(read_assets(), FOLDERS)
OWN = [
    f"{name}/{path.relative_to(root)}"
    for name, root in FOLDERS.items()
    for path in sorted(root.rglob("*.html"))
]
HOUSE = [f"web/{path.relative_to(TEMPLATES)}" for path in sorted(TEMPLATES.rglob("*.html"))]


def source(name: str) -> str:
    loader = PAGES._environment.loader
    assert loader
    return loader.get_source(PAGES._environment, name)[0]


@covers("PORT-37")
@pytest.mark.parametrize("name", [*HOUSE, *OWN])
def test_a_template_compiles_and_calls_only_macros_that_exist(name: str) -> None:
    PAGES._environment.get_template(name)
    text = source(name)
    aliases = re.findall(r'import "(web/components/\w+\.html)" as (\w+)', text)
    known = {alias: PAGES._environment.get_template(path).make_module() for path, alias in aliases}
    for alias, macro, arguments in re.findall(r"\b(\w+)\.(\w+)\(([^()]*)", text):
        if alias not in known:
            continue
        found = getattr(known[alias], macro, None)
        assert found is not None, f"{alias}.{macro}"
        given = re.findall(r"(?:^|, )(\w+)=", re.sub(r'"[^"]*"|\{[^}]*\}', "", arguments))
        assert set(given) <= set(found.arguments), f"{alias}.{macro}: {given}"


@covers("PORT-33")
@pytest.mark.parametrize("name", OWN)
def test_a_template_names_only_icons_of_the_sprite(name: str) -> None:
    named = re.findall(r'(?:icon="|\bicon\("|icon_button\("|icon_link\(")([\w-]+)"', source(name))
    assert set(named) <= PAGES.assets.icons


@covers("PORT-33")
def test_there_are_templates_to_read() -> None:
    assert all(Path(folder).is_dir() for folder in FOLDERS.values())
    assert len(HOUSE) > 15
