"""A training's state on disk, so that a killed run goes on where it was.

One file, written beside its place and renamed into it: a reader finds the last whole one. It holds
arrays and JSON, nothing that is executed when it is read. What is random in a step follows from the
seed and the step's number, so the number is all there is to keep of it.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

NAME = "checkpoint.npz"
SUMMARY = "checkpoint.json"
FORMAT = 2


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything a training needs to go on after `step` as if it had not stopped.

    `weights`, `average` and `best` are in the network's order of weights; `optimizer` is its state
    by name. `facts` are plain values: steps, seconds spent, the curve, the best look so far.
    """

    step: int
    weights: Sequence[Array]
    average: Sequence[Array]
    best: Sequence[Array]
    optimizer: Mapping[str, Array]
    facts: Mapping[str, Any]


def write_checkpoint(folder: Path, job: str, state: Checkpoint) -> None:
    """Keep a state of the job with the hash `job`; the one before it stays until this is whole."""
    arrays: dict[str, Array] = {f"optimizer/{key}": value for key, value in state.optimizer.items()}
    for name in ("weights", "average", "best"):
        for at, array in enumerate(getattr(state, name)):
            arrays[f"{name}/{at:04d}"] = array
    about = {"format": FORMAT, "job": job, "step": state.step, "facts": dict(state.facts)}
    draft = folder / f"{NAME}.part"
    with draft.open("wb") as file:
        # NumPy's annotation knows of no arrays by name beside its own switches.
        np.savez(file, about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / NAME)
    summary = folder / f"{SUMMARY}.part"
    summary.write_text(json.dumps({"step": state.step}), encoding="utf-8")
    summary.replace(folder / SUMMARY)


def read_checkpoint(folder: Path, job: str) -> Checkpoint | None:
    """The last state of this very job, or None: what is of another job or damaged is no state."""
    try:
        with (folder / NAME).open("rb") as file, np.load(file, allow_pickle=False) as held:
            about = json.loads(str(held["about"]))
            if (about["format"], about["job"]) != (FORMAT, job):
                return None
            names = sorted(held.files)
            groups = {
                group: [held[name] for name in names if name.startswith(f"{group}/")]
                for group in ("weights", "average", "best")
            }
            optimizer = {
                name.removeprefix("optimizer/"): held[name]
                for name in names
                if name.startswith("optimizer/")
            }
    except (FileNotFoundError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return Checkpoint(step=about["step"], optimizer=optimizer, facts=about["facts"], **groups)


def drop_checkpoint(folder: Path) -> None:
    """Forget the state: a training that has ended is not gone on with, and it is large."""
    for name in (NAME, SUMMARY):
        (folder / name).unlink(missing_ok=True)
        (folder / f"{name}.part").unlink(missing_ok=True)


def kept_step(folder: Path) -> int | None:
    """The step after which the job in a folder would go on; None where it would start anew."""
    try:
        return int(json.loads((folder / SUMMARY).read_text(encoding="utf-8"))["step"])
    except (FileNotFoundError, ValueError, KeyError):
        return None
