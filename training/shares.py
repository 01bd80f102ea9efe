"""What each of several training processes has read, told to the others through files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.engines.halves import Features
from training.parallel import Ranks

Told = tuple[int, str, float | None, float, tuple[int, ...]]
"""A line's place in the job, its reading, how sure that is, its fill, and its features' shape."""


@dataclass(frozen=True, slots=True)
class Share:
    """The lines that one process read, in the job's order, and the features of the first ones.

    `near` is the highest probability of each class on any step of these lines.
    """

    told: list[Told]
    features: list[Features]
    near: npt.NDArray[np.float32]


def exchange(share: Share, folder: Path, ranks: Ranks) -> list[Share]:
    """The shares of all ranks, by rank; every rank calls it, and the first one alone gets features.

    Files, for they are read where they are needed: the features of some thousand lines are some
    hundred megabytes. None is left in `folder`. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = _write(share, folder / f"read-{ranks.rank}")
    ranks.meet()
    found = [
        share if rank == ranks.rank else _read(folder / f"read-{rank}", features=ranks.is_first)
        for rank in range(ranks.count)
    ]
    ranks.meet()
    for path in own:
        path.unlink()
    return found


def _write(share: Share, stem: Path) -> tuple[Path, Path]:
    said, arrays = stem.with_suffix(".json"), stem.with_suffix(".npz")
    said.write_text(json.dumps(share.told), encoding="utf-8")
    np.savez(arrays, *share.features, near=share.near)
    return said, arrays


def _read(stem: Path, *, features: bool) -> Share:
    told = [
        (place, text, confidence, fill, tuple(shape))
        for place, text, confidence, fill, shape in json.loads(
            stem.with_suffix(".json").read_text(encoding="utf-8")
        )
    ]
    with np.load(stem.with_suffix(".npz"), allow_pickle=False) as kept:
        number = len(kept.files) - 1
        found = [kept[f"arr_{at}"] for at in range(number)] if features else []
        return Share(told, found, kept["near"])
