"""Invitations: addresses made alike, links that are known only by their hash, and how long they hold."""

import hashlib
import re
import unicodedata
from datetime import datetime, timedelta

from suuupra.services.content.api import InvitationState

HOLDS = timedelta(days=30)
ADDRESS = re.compile(r"^[^@\s<>\"(),:;\[\]\\]{1,64}@[^@\s<>\"(),:;\[\]\\]+\.[^@\s.<>\"(),:;\[\]\\]{2,}$")
ADDRESS_MAX = 254


def normal(address: str) -> str:
    """Trimmed, NFC, lower case; dots and plus tags are kept."""
    return unicodedata.normalize("NFC", address.strip()).casefold()


def fault(address: str) -> str:
    """A sentence where it cannot be an address, else nothing."""
    if len(address) > ADDRESS_MAX or not ADDRESS.match(normal(address)) or ".." in address:
        return "This does not look like a mail address."
    return ""


def split(text: str) -> tuple[str, ...]:
    """Addresses as people type them: lines, commas, semicolons, spaces; each once."""
    return tuple(dict.fromkeys(part.strip("<>") for part in re.split(r"[\s,;]+", text) if part.strip("<>")))


def token_hash(token: str) -> bytes:
    """What is kept of a link."""
    return hashlib.sha256(token.encode()).digest()


def state_at(state: InvitationState, expires_at: datetime, now: datetime) -> InvitationState:
    """The stored state, or `expired` where its time is over before the job came by."""
    return "expired" if state == "open" and now >= expires_at else state
