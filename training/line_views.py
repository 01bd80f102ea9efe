"""Features of the lines' further views, made in a thread beside the training that uses them.

Learning keeps one core busy; what the other one makes meanwhile costs no time. A round is one view
of every line, and a training begins with the lines themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from recognition.crops import Image
from recognition.engines.halves import Features
from training.features import FeatureReader, View
from training.fitting import Sample

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
    samples: Sequence[Sample], lines: Sequence[View], reader: FeatureReader, *, count: int
) -> Iterator[list[Sample]]:
    """The lines' samples with `count` views instead of the first, which are made meanwhile.

    `lines` are in the samples' order. Asking a sample for a view waits until it is made, and raises
    what made its making fail. Leaving drops what is not made by then.
    """
    left = threading.Event()

    def pixels(line: View) -> Image:
        if left.is_set():
            raise CancelledError
        return line.fetch()

    def make(number: int) -> list[Features]:
        views = (replace(line, number=number, fetch=partial(pixels, line)) for line in lines)
        return list(reader.stream(views))

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
