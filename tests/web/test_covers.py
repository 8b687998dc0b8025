"""Every course has art, always the same, and never anything but our own shapes."""

import hashlib
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suuupra.web.covers import MOTIFS, PALETTES, cover, standalone
from suuupra.web.motifs import Chance
from tests.covers import covers

SHAPES = {"svg", "g", "path", "circle", "ellipse", "rect"}


@covers("PORT-2")
@pytest.mark.parametrize("motif", MOTIFS)
@pytest.mark.parametrize("palette", range(len(PALETTES)))
def test_each_motif_is_drawn_in_each_palette(motif: str, palette: int) -> None:
    drawn = standalone("waves-and-fourier", motif, palette)
    tree = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    assert {node.tag.rpartition("}")[2] for node in tree.iter()} <= SHAPES
    inks = PALETTES[palette]
    assert inks.ground in drawn
    assert inks.ink in drawn
    assert len(drawn) < 7_000


@covers("PORT-2")
@given(st.text(min_size=1, max_size=80))
def test_the_same_slug_is_the_same_art_and_never_markup(slug: str) -> None:
    assert cover(slug) == cover(slug)
    assert slug == "" or "<script" not in cover(slug)
    ET.fromstring(standalone(slug))  # noqa: S314 - our own drawing


@covers("PORT-2")
def test_art_does_not_change_between_releases() -> None:
    drawn = "".join(cover("calculus-by-hand", motif, 3) for motif in MOTIFS)
    assert hashlib.sha256(drawn.encode()).hexdigest()[:16] == "e3cc7533010d6f4e"


@covers("PORT-2")
def test_slugs_are_dealt_over_all_motifs_and_palettes() -> None:
    grounds = {cover(f"course-{index}").split('fill="')[1].split('"')[0] for index in range(200)}
    assert grounds == {inks.ground for inks in PALETTES}


@covers("PORT-2")
@given(st.text(max_size=20), st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_chance_stays_between_its_bounds(seed: str, low: float, span: float) -> None:
    value = Chance(seed).between(low, low + span)
    assert low <= value <= low + span
