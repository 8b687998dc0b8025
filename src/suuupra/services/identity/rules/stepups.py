"""How strong and how fresh a proof an act needs (RFC 9470; the levels are those of NIST SP 800-63B)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FRESH = timedelta(minutes=5)
GRANT_AGE_MAX = timedelta(minutes=5)
OWN_ACTS = frozenset({"identity.password", "identity.email", "identity.factor", "identity.recovery_codes"})


@dataclass(frozen=True)
class Need:
    """`is_bound`: only a proof given for this very act will do, once."""

    level: int
    within: timedelta = FRESH
    is_bound: bool = False


@dataclass(frozen=True)
class Proof:
    """What the session at hand has shown."""

    level: int
    at: datetime | None


def need_of(action: str, *, has_factor: bool, is_staff_strict: bool, has_amount: bool) -> Need:
    """Level 2 for whoever has a second factor, and for staff where the site demands one; else level 1.

    Own security settings stay at level 1 for people without a factor: else nobody could add the first.
    """
    strict = is_staff_strict and action not in OWN_ACTS
    return Need(2 if has_factor or strict else 1, is_bound=has_amount)


def is_met(need: Need, proof: Proof, now: datetime) -> bool:
    """Whether the session alone satisfies the need."""
    if need.is_bound or proof.at is None:
        return False
    return proof.level >= need.level and now - proof.at <= need.within
