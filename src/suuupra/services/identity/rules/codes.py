"""One-time codes: TOTP (RFC 6238, 30 s, six digits, one step of slack each way) and recovery codes."""

import hashlib
import hmac
from datetime import datetime

import pyotp

PERIOD_S = 30
SLACK_STEPS = 1
RECOVERY_COUNT = 10
RECOVERY_BITS = 50
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter that looks like another sign."""
LOOKALIKES = str.maketrans({"o": "0", "i": "1", "l": "1"})


def step_of(now: datetime) -> int:
    """The number of the present 30 seconds since 1970."""
    return int(now.timestamp()) // PERIOD_S


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step whose code this is, if it is near enough and later than the last one that was used."""
    digits = code.replace(" ", "")
    if not (digits.isascii() and digits.isdigit()):
        return None
    generator, present, found = pyotp.TOTP(secret), step_of(now), None
    for step in range(present - SLACK_STEPS, present + SLACK_STEPS + 1):
        if hmac.compare_digest(generator.generate_otp(step), digits) and step > last_step:
            found = step
    return found


def enrolment_uri(secret: str, address: str, site: str) -> str:
    """What an authenticator reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=site)


def recovery_code(chance: int) -> str:
    """Ten signs of 50 random bits, in two groups."""
    signs = [ALPHABET[chance >> shift & 31] for shift in range(0, RECOVERY_BITS, 5)]
    return f"{''.join(signs[:5])}-{''.join(signs[5:])}"


def recovery_hash(account_key: bytes, code: str) -> bytes:
    """Fifty random bits need no slow hash, only one bound to the account."""
    plain = code.lower().replace("-", "").replace(" ", "").translate(LOOKALIKES)
    return hmac.new(account_key, plain.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
