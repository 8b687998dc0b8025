"""The headers of a request, read in one pass: each question asked of a list again would be a walk over it."""

from collections.abc import Iterable

CLAIMS = frozenset({"x-forwarded-for", "forwarded", "x-real-ip"})
OURS = "suuupra-"


class Fields(dict[str, str]):
    """By lower-case name; of a doubled one the first counts.

    `size` in bytes over all; `claims`: something that only a proxy or the house itself may state;
    `is_doubled`: the length was stated twice.
    """

    __slots__ = ("claims", "is_doubled", "size")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        super().__init__()
        self.size, self.claims, self.is_doubled = 0, False, False
        for name, value in raw:
            self.size += len(name) + len(value)
            text = name.decode("latin-1")
            if text in self:
                self.is_doubled |= text == "content-length"
                continue
            self[text] = value.decode("latin-1")
            if text in CLAIMS or text.startswith(OURS):
                self.claims = True
