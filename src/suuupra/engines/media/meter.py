"""Reads ffmpeg's `-progress` lines and tells the watcher how far the work is."""

from fractions import Fraction

from suuupra.engines.media.control import Control, Watch
from suuupra.engines.media.values import Progress

DIGITS_MAX = 20


class Meter:
    """Counts frames, since the times of several outputs get mixed up; `by_time` for sound, which has none."""

    def __init__(self, watch: Watch, frames_total: int, fps: Fraction, *, by_time: bool = False) -> None:
        self.watch, self.frames_total, self.fps = watch, frames_total, fps
        self.key = b"out_time_us" if by_time else b"frame"
        self.frames_per_count = fps / 1_000_000 if by_time else Fraction(1)
        self.control = watch.control or Control()
        self.start_s = self.control.clock_s
        self.done = 0

    def read(self, line: bytes) -> None:
        """One `key=value`; anything else is ignored, and nothing makes the count fall."""
        key, _, value = line.partition(b"=")
        if key == self.key and len(value) < DIGITS_MAX and value.strip().isdigit():
            frames = int(int(value) * self.frames_per_count)
            self.done = max(self.done, min(frames, self.frames_total))
        elif key == b"progress" and self.watch.on_progress:
            self.watch.on_progress(self.progress())

    def progress(self) -> Progress:
        elapsed_s = max(self.control.clock_s - self.start_s, 0.001)
        per_s = self.done / elapsed_s
        eta_s = (self.frames_total - self.done) / per_s if per_s else 0.0
        return Progress(self.done, self.frames_total, per_s / float(self.fps), eta_s)
