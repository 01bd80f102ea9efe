"""What one of several training processes has found, told to the others through files.

Who waits looks for the file: a collective call of gloo gives up where another process comes half a
minute later. Where one dies its file never comes, and the launcher ends the others.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.engines.halves import Features
from training.parallel import Ranks

_LOOKS = 0.2  # seconds from one look for a file to the next

Array = npt.NDArray[np.float32]
Told = tuple[int, str, float | None, float, tuple[int, ...]]
"""A line's place in the job, its reading, how sure that is, its fill, and its features' shape."""


@dataclass(frozen=True, slots=True)
class Share:
    """The lines that one process read, in the job's order, and the features of the first ones.

    `near` is the highest probability of each class on any step of these lines.
    """

    told: list[Told]
    features: list[Features]
    near: Array


def exchange(share: Share, folder: Path, ranks: Ranks) -> list[Share]:
    """The shares of all ranks, by rank; every rank calls it, and the first one alone gets features.

    The features of some thousand lines are some hundred megabytes. A whole exchange leaves no file
    in `folder`. Raises OSError.
    """
    handed_on = [] if ranks.is_first else share.features
    arrays = {f"features_{at}": each for at, each in enumerate(handed_on)}
    told = np.array(json.dumps(share.told))
    own = _write(folder / f"read-{ranks.rank}.npz", near=share.near, told=told, **arrays)
    mine = share if ranks.is_first else replace(share, features=[])
    found = [
        mine if rank == ranks.rank else _read(folder / f"read-{rank}.npz", features=ranks.is_first)
        for rank in range(ranks.count)
    ]
    ranks.meet()
    own.unlink()
    return found


def from_first(make: Callable[[], list[Array]], folder: Path, ranks: Ranks) -> list[Array]:
    """What the first rank makes, for all of them; every rank calls it. Raises OSError."""
    if ranks.count == 1:
        return make()
    path = folder / "made.npz"
    if ranks.is_first:
        made = make()
        _write(path, **{f"array_{at}": array for at, array in enumerate(made)})
    else:
        _wait_for(path)
        with np.load(path, allow_pickle=False) as kept:
            made = [kept[f"array_{at}"] for at in range(len(kept.files))]
    ranks.meet()
    if ranks.is_first:
        path.unlink()
    return made


def _write(path: Path, **arrays: npt.NDArray[np.generic]) -> Path:
    """Whole or not at all: others wait for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    part.replace(path)
    return path


def _wait_for(path: Path) -> None:
    while not path.exists():
        time.sleep(_LOOKS)


def _read(path: Path, *, features: bool) -> Share:
    _wait_for(path)
    with np.load(path, allow_pickle=False) as kept:
        told = [(*rest, tuple(shape)) for *rest, shape in json.loads(str(kept["told"]))]
        number = sum(name.startswith("features_") for name in kept.files)
        found = [kept[f"features_{at}"] for at in range(number)] if features else []
        return Share(told, found, kept["near"])
