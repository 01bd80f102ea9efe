"""Progress on a terminal as one line that renews itself; in a log as a line now and then."""

import sys
from typing import IO

WIDTH = 30  # characters of the bar
STEPS_IN_A_LOG = 5


class Progress:
    """Counts up to `total` things called `what` on `stream` (standard error)."""

    def __init__(self, what: str, total: int, stream: IO[str] | None = None) -> None:
        self.what, self.total = what, total
        self.stream = stream or sys.stderr
        self._said = -1

    def show(self, done: int, note: str = "") -> None:
        """Say how many are done, and what happens now."""
        total = max(self.total, 1)
        if self.stream.isatty():
            filled = WIDTH * min(done, total) // total
            bar = "#" * filled + "." * (WIDTH - filled)
            end = "\n" if done >= self.total else ""
            line = f"{bar} {done:,} of {self.total:,} {self.what} {note}"
            self.stream.write(f"\r{line[:100]:<100}{end}")
            self.stream.flush()
            return
        step = STEPS_IN_A_LOG * done // total
        if step > self._said:
            self._said = step
            self.stream.write(f"{done:,} of {self.total:,} {self.what}\n")
            self.stream.flush()
