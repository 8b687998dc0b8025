"""Money: whole minor units of one currency. Only `allocate` divides, and it never loses a paisa."""

from collections.abc import Sequence
from dataclasses import dataclass

CURRENCY_EXPONENTS = {"INR": 2, "USD": 2, "EUR": 2, "GBP": 2, "JPY": 0}
"""ISO 4217 minor digits of the currencies that the house speaks, as of 2026-01-01."""

INT64_MAX = 2**63 - 1


@dataclass(frozen=True, order=True)
class Money:
    """An amount in minor units (paise of a rupee). Sums of two currencies are refused."""

    amount_minor: int
    currency: str = "INR"

    def __post_init__(self) -> None:
        if self.currency not in CURRENCY_EXPONENTS:
            raise ValueError(f"unknown currency {self.currency!r}")
        if abs(self.amount_minor) > INT64_MAX:
            raise ValueError("amount does not fit 64 bits")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def _same(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")


def allocate(amount: Money, weights: Sequence[int]) -> tuple[Money, ...]:
    """Split by weights with the largest remainder method; ties go to the earlier share.

    The parts always sum to the whole. Weights are non-negative and not all zero.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    sign = -1 if amount.amount_minor < 0 else 1
    whole = abs(amount.amount_minor)
    shares = [whole * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(whole * weights[i] % total), i))
    for index in by_remainder[: whole - sum(shares)]:
        shares[index] += 1
    return tuple(Money(sign * share, amount.currency) for share in shares)
