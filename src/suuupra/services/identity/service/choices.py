"""What forms offer: the languages of the house, the time zones of the world."""

from functools import cache
from zoneinfo import available_timezones

LANGUAGES = (
    ("en", "English"),
    ("hi", "हिन्दी"),
    ("bn", "বাংলা"),
    ("mr", "मराठी"),
    ("te", "తెలుగు"),
    ("ta", "தமிழ்"),
    ("gu", "ગુજરાતી"),
    ("kn", "ಕನ್ನಡ"),
    ("ml", "മലയാളം"),
    ("or", "ଓଡ଼ିଆ"),
    ("pa", "ਪੰਜਾਬੀ"),
    ("as", "অসমীয়া"),
    ("ur", "اردو"),
)
CONTINENTS = (
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


@cache
def zones() -> tuple[str, ...]:
    """Names such as Asia/Kolkata, in order."""
    return ("UTC", *sorted(zone for zone in available_timezones() if zone.split("/")[0] in CONTINENTS))
