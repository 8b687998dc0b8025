"""Text can be read and borders seen, in both themes; sheets and templates name no raw colour or length."""

import re
from pathlib import Path

import pytest

from suuupra.web.assets import STATIC
from suuupra.web.pages import TEMPLATES
from tests.covers import covers
from tests.web.colours import contrast, tokens

GROUNDS = ("canvas", "surface", "sunken", "raised")
WASHES = ("kesar-wash", "neel-wash", "mor-wash", "haldi-wash", "good-wash", "warn-wash", "bad-wash")
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in GROUNDS),
    *((ink, wash) for ink in ("ink", "ink-2") for wash in WASHES),
    *(
        (brand, ground)
        for brand in ("kesar-strong", "bad", "good", "neel")
        for ground in ("canvas", "surface")
    ),
    *((tone, f"{tone}-wash") for tone in ("good", "warn", "bad", "neel")),
    ("kesar-strong", "kesar-wash"),
    ("kesar-strong", "sunken"),
    ("kesar", "canvas"),
    ("on-kesar", "kesar"),
    ("on-kesar", "kesar-strong"),
    ("on-ink", "ink"),
    ("on-ink", "ink-hover"),
    ("on-bad", "bad"),
    ("film-ink", "film"),
    ("film-glyph", "film-ink"),
]
BORDERS = [
    *(("line-control", ground) for ground in GROUNDS),
    *(("kesar", ground) for ground in GROUNDS),
    *(("bad", ground) for ground in GROUNDS),
    ("kesar", "line"),
    ("film-kesar", "film"),
    ("good", "surface"),
]
SHEETS = sorted((STATIC / "css").glob("*.css"))
ORDINARY = [sheet for sheet in SHEETS if not sheet.name.startswith("tokens-")]
BREAKPOINTS = {"24rem", "30rem", "40rem", "60rem"}


@covers("PORT-33")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_stands_at_four_and_a_half_to_one(theme: str, ink: str, ground: str) -> None:
    found = tokens(theme)
    assert contrast(found[ink], found[ground]) >= 4.5


@covers("PORT-33")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), BORDERS)
def test_controls_are_outlined_at_three_to_one(theme: str, line: str, ground: str) -> None:
    found = tokens(theme)
    assert contrast(found[line], found[ground]) >= 3


@covers("PORT-33")
@pytest.mark.parametrize("hue", range(0, 360, 30))
def test_initials_can_be_read_on_every_step_of_the_wheel(hue: int) -> None:
    sheet = (STATIC / "css" / "tokens-avatar.css").read_text().replace("var(--hue)", str(hue))
    ground, ink = (re.findall(r"oklch\([^)]*\)", line) for line in sheet.split(";") if "oklch" in line)
    for side in (0, 1):
        assert contrast(ground[side], ink[side]) >= 4.5


@covers("PORT-33")
@pytest.mark.parametrize("sheet", ORDINARY, ids=lambda sheet: sheet.name)
def test_no_colour_length_or_duration_is_named_outside_the_tokens(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    for prelude in re.findall(r"@(?:media|container)[^{]*", text):
        assert set(re.findall(r"[\d.]+rem", prelude)) <= BREAKPOINTS, prelude
        text = text.replace(prelude, "")
    assert re.findall(r"#[0-9a-f]{3,8}\b|\b(?:oklch|oklab|rgba?|hsla?|color)\(", text) == []
    assert re.findall(r"(?<![\w-])[\d.]+(?:px|rem|pt|ms|s)\b", text) == []
    assert re.findall(r":[^;{}]*\b(?:white|black|red|gr[ae]y|blue|green|orange)\b", text) == []


@covers("PORT-33")
def test_every_variable_that_is_used_is_a_token() -> None:
    text = "".join(sheet.read_text() for sheet in SHEETS)
    known = set(re.findall(r"(--[\w-]+):", text))
    assert set(re.findall(r"var\((--[\w-]+)\)", text)) - known == set()


@covers("PORT-33")
def test_importance_is_claimed_by_reduced_motion_alone() -> None:
    for sheet in SHEETS:
        for line in sheet.read_text().splitlines():
            assert "!important" not in line or ("animation: none" in line and sheet.name == "modes.css")


@covers("PORT-33")
def test_nothing_is_said_by_left_and_right() -> None:
    physical = r"(?:margin|padding|border|inset)-(?:left|right)|\b(?:left|right):|text-align: (?:left|right)"
    for sheet in SHEETS:
        assert re.findall(physical, sheet.read_text()) == [], sheet.name


@covers("PORT-34")
@pytest.mark.parametrize("template", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_templates_hold_no_inline_style_script_or_handler(template: Path) -> None:
    text = template.read_text()
    assert re.findall(r"\sstyle=|\son[a-z]+=|<style|javascript:", text) == []
    scripts = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*ld\+json)[^>]*>", text)
    assert scripts == []


@covers("PORT-34")
def test_modules_never_turn_text_into_markup_or_code() -> None:
    forbidden = (
        r"(?:inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(|new Function|ContextualFragment"
    )
    for module in (STATIC / "js").glob("*.js"):
        assert re.findall(forbidden, module.read_text()) == [], module.name


@covers("PORT-34")
def test_own_files_stay_within_two_hundred_and_fifty_lines() -> None:
    files = [*SHEETS, *(STATIC / "js").glob("*.js"), *TEMPLATES.rglob("*.html")]
    assert {path.name for path in files if len(path.read_text().splitlines()) > 250} == set()
