"""Room on the disk: what must stay free, what is promised already, and what an owner may fill."""

from dataclasses import dataclass

MARGIN = 1.05  # headers of segments and the second copy of the smallest rungs' edges


@dataclass(frozen=True)
class Room:
    """The disk at a moment. `reserved_bytes` is promised to others and not written yet."""

    free_bytes: int
    total_bytes: int
    reserved_bytes: int
    keep_bytes: int
    keep_percent: float

    @property
    def kept_free_bytes(self) -> int:
        """What uploads may never take: the greater of a size and a share of the disk."""
        return max(self.keep_bytes, int(self.total_bytes * self.keep_percent / 100))

    @property
    def open_bytes(self) -> int:
        """What may still be promised."""
        return max(0, self.free_bytes - self.reserved_bytes - self.kept_free_bytes)

    def fits(self, size_bytes: int) -> bool:
        """Whether so much may be promised now."""
        return size_bytes <= self.open_bytes


def encoded_bytes(caps_kbps: tuple[int, ...], first_kbps: int, sound_kbps: int, duration_ms: int) -> int:
    """The most that rungs, sound and the progressive copy of the first rung can take."""
    kbps = sum(caps_kbps) + sound_kbps + (first_kbps + sound_kbps)
    return int(kbps * 125 * duration_ms / 1000 * MARGIN)
