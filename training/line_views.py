"""Features of the lines' further views, made in a thread beside the training that uses them.

Learning keeps one core busy; what the other one makes meanwhile costs no time. A round is one view
of every line, and a training begins with the lines themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from recognition.crops import Image
from recognition.engines.halves import Backbone, Features
from training.augment import line_view
from training.fitting import Sample

Fetch = Callable[[], Image]
Round = Future[list[Features]]


@dataclass(frozen=True, slots=True)
class _ViewsOfLine:
    """A line's views by number; one that is not made yet is waited for."""

    own: Features
    rounds: Sequence[Round]
    line: int

    def __len__(self) -> int:
        return 1 + len(self.rounds)

    def __getitem__(self, number: int, /) -> Features:
        return self.rounds[number - 1].result()[self.line] if number else self.own


@contextmanager
def line_views(
    samples: Sequence[Sample], crops: Sequence[Fetch], backbone: Path, *, count: int, seed: int
) -> Iterator[list[Sample]]:
    """The lines' samples with `count` views instead of the first, which are made meanwhile.

    `crops` fetch the lines' pixels, in the samples' order. Asking a sample for a view waits until
    it is made, and raises what made its making fail. Leaving drops what is not made by then.
    """
    left = threading.Event()
    reader = cache(partial(Backbone, backbone, threads=1))  # built in the thread

    def views(number: int) -> Iterator[Image]:
        for crop in crops:
            if left.is_set():
                raise CancelledError
            yield line_view(crop(), number, seed)

    def make(number: int) -> list[Features]:
        return list(reader().stream(views(number)))

    maker = ThreadPoolExecutor(1, thread_name_prefix="views")
    rounds = [maker.submit(make, number) for number in range(1, count)]
    try:
        yield [
            replace(sample, views=_ViewsOfLine(sample.views[0], rounds, line))
            for line, sample in enumerate(samples)
        ]
    finally:
        left.set()
        maker.shutdown(cancel_futures=True)
