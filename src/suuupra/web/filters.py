"""How figures and times read: Indian grouping, plain words, a given now and a given zone."""

import zlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_MINUS = "−"
_WORDS = (("K", 1_000), ("L", 100_000), ("Cr", 10_000_000))
_SIZES = ("B", "kB", "MB", "GB", "TB")
_SPANS = (
    ("year", 365 * 86_400),
    ("month", 30 * 86_400),
    ("week", 7 * 86_400),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)
_KILO = 1000
_JUST_NOW_S = 45


def number(value: float, places: int = 0) -> str:
    """1234567 -> `12,34,567`: three digits, then pairs."""
    sign = _MINUS if value < 0 else ""
    whole, _, fraction = f"{abs(value):.{places}f}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return sign + ",".join([*groups, tail]) + (f".{fraction}" if fraction else "")


def compact(value: float) -> str:
    """1234567 -> `12.3 L`; below a thousand the figure itself."""
    for word, size in reversed(_WORDS):
        if abs(value) >= size:
            return f"{number(value / size, 1).removesuffix('.0')} {word}"
    return number(value)


def percent(value: float) -> str:
    """64 -> `64%`."""
    return f"{number(value)}%"


def share(value: float, places: int = 1) -> str:
    """0.973 -> `97.3%`."""
    return f"{number(value * 100, places).removesuffix('.0')}%"


def rupees(amount_minor: int) -> str:
    """Paise in, rupees out; paise are shown only when there are any."""
    sign = _MINUS if amount_minor < 0 else ""
    whole, paise = divmod(abs(amount_minor), 100)
    return f"{sign}₹{number(whole)}" + (f".{paise:02d}" if paise else "")


def clock(duration_s: float) -> str:
    """842 -> `14:02`, 3661 -> `1:01:01`."""
    minutes, seconds = divmod(int(duration_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def duration(duration_s: float) -> str:
    """22800 -> `6 h 20 min`; below a minute in seconds."""
    whole = round(duration_s)
    if whole < 60:  # noqa: PLR2004 - a minute
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return " ".join(filter(None, [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]))


def size(size_bytes: float) -> str:
    """8388608 -> `8.4 MB`, in powers of a thousand, as disks are sold."""
    value, unit = float(size_bytes), 0
    while round(value, 1) >= _KILO and unit < len(_SIZES) - 1:
        value, unit = value / _KILO, unit + 1
    return f"{number(value, 0 if unit == 0 else 1).removesuffix('.0')} {_SIZES[unit]}"


def plural(count: int, one: str, many: str = "") -> str:
    """3, `lesson` -> `3 lessons`; an irregular plural is given."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def ago(at: datetime, now: datetime) -> str:
    """The distance in its biggest unit: `5 minutes ago`, `in 2 days`, `just now`."""
    seconds = (now - at).total_seconds()
    if abs(seconds) < _JUST_NOW_S:
        return "just now"
    for word, span in _SPANS:
        count = round(abs(seconds) / span)
        if count and abs(seconds) >= span * 0.75:
            text = plural(count, word)
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return "a minute ago" if seconds > 0 else "in a minute"


def date(at: datetime, zone: str) -> str:
    """`24 Nov 2026` on the calendar of `zone`."""
    local = _aware(at).astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y}"


def moment(at: datetime, zone: str) -> str:
    """`24 Nov 2026, 18:05` on the clock of `zone`."""
    return f"{date(at, zone)}, {at.astimezone(ZoneInfo(zone)):%H:%M}"


def iso(at: datetime) -> str:
    """For the `datetime` attribute: UTC to the second."""
    return _aware(at).astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


def hue(name: str) -> int:
    """A steady step 0..11 of the avatar wheel."""
    return zlib.crc32(name.encode()) % 12


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None or at.utcoffset() is None or not isinstance(at.utcoffset(), timedelta):
        message = "a page shows aware times only"
        raise ValueError(message)
    return at
