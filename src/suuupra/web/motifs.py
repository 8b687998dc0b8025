"""The seven motifs of course art: each turns chance and inks into shapes on a 640 x 400 field."""

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 640, 400


@dataclass(frozen=True, slots=True)
class Inks:
    """Ground, ink for most shapes, spark for the one that catches the eye."""

    ground: str
    ink: str
    spark: str


class Chance:
    """Numbers dealt by SHA-256 over seed and count: the same on every machine and in every release."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def between(self, low: float, high: float) -> float:
        self._count += 1
        word = hashlib.sha256(f"{self._seed}/{self._count}".encode()).digest()[:6]
        return low + (high - low) * int.from_bytes(word, "big") / 2**48

    def upto(self, count: int) -> int:
        """A whole number below `count`."""
        return int(self.between(0, count))


def waves(chance: Chance, inks: Inks) -> str:
    """Strings of an instrument, plucked somewhere; one of them sounds."""
    where, phase, pull = chance.between(0.3, 0.7), chance.between(0, math.tau), chance.between(24, 36)
    drawn = []
    for row in range(13):
        swing = pull * math.exp(-(((row - 6) / 2.8) ** 2))
        points = []
        for step in range(21):
            across = step / 20
            near = math.exp(-(((across - where) / 0.36) ** 2))
            bend = swing * near * math.sin(across * 10.5 + phase + row * 0.3)
            points.append((across * (WIDTH + 40) - 20, 46 + row * 25.6 + bend))
        colour, width = (inks.spark, 5) if row == 6 else (inks.ink, 2)  # noqa: PLR2004 - the middle row
        drawn.append(f'<path d="{_smooth(points)}" stroke="{colour}" stroke-width="{width}"/>')
    return f'<g fill="none" stroke-linecap="round">{"".join(drawn)}</g>'


def orbits(chance: Chance, inks: Inks) -> str:
    """A star, its tilted orbits, and bodies caught at a moment."""
    x, y, tilt = chance.between(360, 440), chance.between(185, 220), chance.between(-34, -14)
    rings, bodies = [], []
    for ring in range(7):
        wide, high = 62 + ring * 45, 24 + ring * 20
        rings.append(f'<ellipse rx="{wide}" ry="{high}" opacity="{1 - ring * 0.1:.1f}"/>')
        if ring in {1, 2, 4, 5}:
            turn = chance.between(0, math.tau)
            colour = inks.spark if ring == 4 else inks.ink  # noqa: PLR2004 - one body shines
            at = f'cx="{wide * math.cos(turn):.0f}" cy="{high * math.sin(turn):.0f}"'
            bodies.append(f'<circle {at} r="{6 + ring * 2}" fill="{colour}"/>')
    place = f'transform="translate({x:.0f} {y:.0f}) rotate({tilt:.0f})"'
    lines = f'<g fill="none" stroke="{inks.ink}" stroke-width="2">{"".join(rings)}</g>'
    return f'<g {place}>{lines}<circle r="31" fill="{inks.spark}"/>{"".join(bodies)}</g>'


def tiles(chance: Chance, inks: Inks) -> str:
    """A floor of quarter discs, half discs and dots, some left out."""
    shapes = (
        "M0 0H80A80 80 0 0 1 0 80Z",
        "M0 80A40 40 0 0 1 80 80Z",
        "M20 40a20 20 0 1 0 40 0a20 20 0 1 0-40 0Z",
    )
    by_colour: dict[str, list[str]] = {inks.ink: [], inks.spark: []}
    for column in range(8):
        for row in range(5):
            kind, turn = chance.upto(4), chance.upto(4) * 90
            colour = inks.spark if chance.between(0, 1) < 0.13 else inks.ink  # noqa: PLR2004 - about one in eight
            if kind < len(shapes):
                place = f"translate({column * 80} {row * 80}) rotate({turn} 40 40)"
                by_colour[colour].append(f'<path transform="{place}" d="{shapes[kind]}"/>')
    return "".join(f'<g fill="{colour}">{"".join(shapes)}</g>' for colour, shapes in by_colour.items())


def graph(chance: Chance, inks: Inks) -> str:
    """Nodes joined to their nearest, and one way through from left to right."""
    nodes = [
        (66 + column * 127 + chance.between(-28, 28), 56 + row * 96 + chance.between(-24, 24))
        for column in range(5)
        for row in range(4)
    ]
    edges = set()
    for here, (x, y) in enumerate(nodes):
        near = sorted(range(len(nodes)), key=lambda n: math.hypot(nodes[n][0] - x, nodes[n][1] - y))
        edges |= {(min(here, n), max(here, n)) for n in near[1:4]}
    lines = "".join(f"M{_at(nodes[a])}L{_at(nodes[b])}" for a, b in sorted(edges))
    way = [column * 4 + chance.upto(4) for column in range(5)]
    route = "L".join(_at(nodes[n]) for n in way)
    dots = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{13 if n in way else 7}" '
        f'fill="{inks.spark if n in way else inks.ink}"/>'
        for n, (x, y) in enumerate(nodes)
    )
    faint = f'<path d="{lines}" stroke="{inks.ink}" stroke-width="2" opacity=".7"/>'
    bold = f'<path d="M{route}" stroke="{inks.spark}" stroke-width="6" stroke-linejoin="round" fill="none"/>'
    return faint + bold + dots


def strata(chance: Chance, inks: Inks) -> str:
    """Hills behind hills under a low sun."""
    x, y = chance.between(410, 545), chance.between(82, 104)
    drawn = [f'<circle cx="{x:.0f}" cy="{y:.0f}" r="46" fill="{inks.spark}"/>']
    for layer in range(7):
        base, bend = 136 + layer * 39, chance.between(14, 40)
        shift, wide = chance.between(0, math.tau), chance.between(105, 150)
        points = [(x, base + bend * math.sin(x / wide + shift)) for x in range(-20, WIDTH + 61, 40)]
        colour, opacity = (inks.spark, 0.94) if layer == 2 else (inks.ink, 0.18 + layer * 0.09)  # noqa: PLR2004
        edge = _smooth(points)
        drawn.append(f'<path d="{edge}V{HEIGHT}H-20Z" fill="{colour}" opacity="{opacity:.2f}"/>')
    return "".join(drawn)


def bars(chance: Chance, inks: Inks) -> str:
    """A year that went up, mostly; two months stand out."""
    high, chosen = 92.0, {4 + chance.upto(4), 11 + chance.upto(4)}
    drawn = []
    for column in range(16):
        high = min(334.0, max(52.0, high + chance.between(-32, 54)))
        colour = inks.spark if column in chosen else inks.ink
        drawn.append(
            f'<rect x="{27 + column * 37}" y="{HEIGHT - high:.0f}" '
            f'width="21" height="{high + 12:.0f}" rx="10.5" fill="{colour}"/>'
        )
    return "".join(drawn)


def rings(chance: Chance, inks: Inks) -> str:
    """Broken circles around a point off the centre, like grooves or a fingerprint."""
    x, y = chance.between(370, 470), chance.between(160, 240)
    shining = 2 + chance.upto(3)
    drawn = []
    for ring in range(9):
        radius = 26 + ring * 30
        gap, start = chance.between(0.5, 2.6), chance.between(0, math.tau)
        end = start + math.tau - gap
        far = 1 if math.tau - gap > math.pi else 0
        begin, stop = (f"{radius * math.cos(a):.0f} {radius * math.sin(a):.0f}" for a in (start, end))
        colour = inks.spark if ring == shining else inks.ink
        drawn.append(f'<path d="M{begin}A{radius} {radius} 0 {far} 1 {stop}" stroke="{colour}"/>')
    style = f'transform="translate({x:.0f} {y:.0f})" fill="none" stroke-width="14" stroke-linecap="round"'
    return f"<g {style}>{''.join(drawn)}</g>"


MOTIFS: dict[str, Callable[[Chance, Inks], str]] = {
    "waves": waves,
    "orbits": orbits,
    "tiles": tiles,
    "graph": graph,
    "strata": strata,
    "bars": bars,
    "rings": rings,
}


def _at(point: tuple[float, float]) -> str:
    return f"{point[0]:.0f} {point[1]:.0f}"


def _smooth(points: Sequence[tuple[float, float]]) -> str:
    """A quadratic curve through the midpoints; the points themselves pull it."""
    middles = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairwise(points)]
    drawn = "".join(
        f"Q{_at(point)} {_at(middle)}" for point, middle in zip(points[1:], middles[1:], strict=False)
    )
    return f"M{_at(points[0])}L{_at(middles[0])}{drawn}L{_at(points[-1])}"
