"""Reads the colour tokens and measures contrast: OKLCH to linear sRGB (Ottosson 2020), WCAG 2.2 ratios."""

import math
import re
from functools import cache

from suuupra.web.assets import STATIC

Colour = tuple[float, float, float]

_NUMBER = r"(-?[\d.]+)"
_OKLCH = re.compile(rf"oklch\({_NUMBER}% {_NUMBER} {_NUMBER}(?: / {_NUMBER})?\)")


@cache
def tokens(theme: str) -> dict[str, str]:
    """Token name -> its colour text in one theme."""
    text = (STATIC / "css" / "tokens-colour.css").read_text()
    found = dict(re.findall(r"--([\w-]+): ([^;]+);", text))
    side = 0 if theme == "light" else 1

    def resolve(value: str) -> str:
        if value.startswith("var("):
            return resolve(found[value[6:-1]])
        both = re.fullmatch(r"light-dark\((oklch\([^)]*\)), (oklch\([^)]*\))\)", value)
        return both[side + 1] if both else value

    return {name: resolve(value) for name, value in found.items()}


def linear(text: str) -> Colour:
    """Linear sRGB, clipped to the gamut as screens do."""
    found = _OKLCH.fullmatch(text)
    assert found, text
    lightness, chroma, hue = float(found[1]) / 100, float(found[2]), math.radians(float(found[3]))
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return clip(red), clip(green), clip(blue)


def clip(value: float) -> float:
    return min(1.0, max(0.0, value))


def luminance(text: str) -> float:
    red, green, blue = linear(text)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)
