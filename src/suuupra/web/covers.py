"""Course art drawn by rule: a flat ground, one motif, two inks, so that no course stands without a cover.

A slug always gives the same drawing. Palettes are the covers' own tokens, in OKLCH: all equally bright.
"""

import hashlib
from functools import lru_cache

from markupsafe import Markup

from suuupra.web.motifs import HEIGHT, MOTIFS, WIDTH, Chance, Inks

__all__ = ["MOTIFS", "PALETTES", "cover", "standalone"]

# ground, ink, spark
PALETTES = (
    Inks("oklch(33% .07 268)", "oklch(80% .09 255)", "oklch(74% .17 52)"),
    Inks("oklch(64% .19 40)", "oklch(96% .04 80)", "oklch(31% .09 25)"),
    Inks("oklch(47% .085 200)", "oklch(91% .06 185)", "oklch(85% .15 90)"),
    Inks("oklch(83% .14 84)", "oklch(36% .09 50)", "oklch(58% .20 34)"),
    Inks("oklch(42% .10 150)", "oklch(91% .10 130)", "oklch(80% .15 70)"),
    Inks("oklch(90% .035 80)", "oklch(38% .10 268)", "oklch(62% .20 36)"),
    Inks("oklch(40% .12 350)", "oklch(87% .07 10)", "oklch(86% .14 88)"),
    Inks("oklch(86% .06 195)", "oklch(36% .08 215)", "oklch(62% .20 30)"),
)


def cover(slug: str, motif: str = "", palette: int = -1) -> Markup:
    """An inline SVG, hidden from screen readers. Without motif or palette (-1) the slug deals them."""
    return Markup(_drawn(slug, motif, palette, 'aria-hidden="true" focusable="false"'))  # noqa: S704 - drawn here


def standalone(slug: str, motif: str = "", palette: int = -1) -> str:
    """The same art as a file of its own, for mails and previews."""
    size = f'xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}"'
    return _drawn(slug, motif, palette, size)


@lru_cache(maxsize=512)
def _drawn(slug: str, motif: str, palette: int, attributes: str) -> str:
    dealt = hashlib.sha256(slug.encode()).digest()
    name = motif or tuple(MOTIFS)[dealt[0] % len(MOTIFS)]
    inks = PALETTES[(dealt[1] if palette < 0 else palette) % len(PALETTES)]
    return (
        f'<svg class="art" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMidYMid slice" {attributes}>'
        f'<path fill="{inks.ground}" d="M0 0h{WIDTH}v{HEIGHT}H0z"/>{MOTIFS[name](Chance(slug), inks)}</svg>'
    )
