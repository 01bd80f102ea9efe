"""The model store with the real base, and one real training, once for all tests here."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from filelock import FileLock

from recognition.engines.store import ModelFiles, install_base
from recognition.models import Canary, DocumentType
from tests.factories import make_model, make_type
from tests.training.canaries import begin
from tests.training.rendered import make_job
from training.job import read_job
from training.runner import environment

COUNTS = {"train": 56, "validation": 8, "test": 40}
EXTRA = (("no", "train"), ("do\u16a0", "train"))
"""One text to be made far too long for its crop, one character no dictionary has."""
LONG = "m" * 80


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    """The base in a store that no test may damage."""
    return install_base(tmp_path_factory.mktemp("models"))


@pytest.fixture
def letters() -> DocumentType:
    """A type, and a model with files that serves it."""
    make_model(active=True, files=True)
    return make_type("Letters")


@pytest.fixture
def canary(letters: DocumentType) -> Canary:
    """A model that reads every second page."""
    return begin()


@pytest.fixture
def own_store(tmp_path: Path) -> Path:
    """An empty place for a store a test may do anything to."""
    return tmp_path / "store"


def train(folder: Path, module: str = "training.trainer") -> subprocess.Popen[bytes]:
    """The trainer's process on a job's folder."""
    with (folder / "log.txt").open("wb") as log, (folder / "error.txt").open("wb") as error:
        return subprocess.Popen(
            [sys.executable, "-m", module, str(folder)],
            stdout=log,
            stderr=error,
            env=environment(),
        )


class Trained(NamedTuple):
    """A finished training: its folder, its result, the truths by label id, the base it began from.

    Its base's store is read by all processes of a run, and versions are added to it by all.
    """

    folder: Path
    result: dict[str, Any]
    truths: dict[str, str]
    base: ModelFiles


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Trained:
    """A real training on drawn lines, done by the process that asks first; the others wait."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    folder = shared / "job"
    with FileLock(shared / "job.lock"):
        base = install_base(shared / "models")
        if not folder.exists():
            make_training(shared / "unfinished", base).rename(folder)
    result = json.loads((folder / "result.json").read_text())
    truths = {str(item.label_id): item.text for item in read_job(folder).items}
    return Trained(folder, result, truths, base)


def make_training(folder: Path, base: ModelFiles) -> Path:
    """Train on drawn lines; from nothing, where another process tried in vain."""
    shutil.rmtree(folder, ignore_errors=True)
    make_job(folder, base.store, base.sha256, counts=COUNTS, extra=EXTRA)
    raw = json.loads((folder / "job.json").read_text())
    raw["items"][-2]["text"] = LONG
    (folder / "job.json").write_text(json.dumps(raw))
    status = train(folder).wait(300)
    assert status == 0, (folder / "error.txt").read_text() + (folder / "log.txt").read_text()
    return folder
