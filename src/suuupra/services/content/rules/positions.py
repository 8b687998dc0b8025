"""Places in a list as text, so that a move writes one row.

A place is a fraction in base 62 without its leading `0.`, compared byte by byte; it never ends in the
lowest digit, so there is always room between two of them (D. Greenspan, "Implementing Fractional
Indexing", 2020, tells the idea; the steps at the ends are ours: a step of one digit keeps them short).
"""

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE = len(DIGITS)
MIDDLE = DIGITS[BASE // 2]


def between(low: str | None, high: str | None) -> str:
    """A place after `low` and before `high`; None is the end of the list on that side."""
    if low is not None and high is not None and low >= high:
        raise ValueError(f"no place between {low!r} and {high!r}")
    if high is None:
        return MIDDLE if low is None else _after(low)
    return _halfway(low or "", high)


def spread(count: int) -> list[str]:
    """Places for a fresh list, in order."""
    found: list[str] = []
    for _ in range(count):
        found.append(between(found[-1] if found else None, None))
    return found


def _after(low: str) -> str:
    for index, digit in enumerate(low):
        if digit != DIGITS[-1]:
            return low[:index] + DIGITS[DIGITS.index(digit) + 1]
    return low + DIGITS[1]


def _halfway(low: str, high: str) -> str:
    """Digit by digit: the shared head, then the middle of the first gap that has one."""
    head = ""
    bounded = True
    for index in range(max(len(low), len(high)) + 1):
        left = DIGITS.index(low[index]) if index < len(low) else 0
        right = DIGITS.index(high[index]) if bounded and index < len(high) else BASE
        if bounded and index >= len(high):
            right = 0
        if right - left > 1:
            return head + DIGITS[(left + right) // 2]
        head += DIGITS[left]
        bounded = bounded and right == left
    return head + MIDDLE
