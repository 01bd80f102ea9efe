"""The model store with the real base, and one real training, once for all tests here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recognition.engines.store import ModelFiles, install_base
from tests.training.rendered import make_job
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


@pytest.fixture(scope="session")
def trained(
    base: ModelFiles, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], dict[str, str]]:
    """A real training on drawn lines: its folder, result, and truths by label id."""
    folder = tmp_path_factory.mktemp("job") / "job"
    items = make_job(folder, base.store, base.sha256, counts=COUNTS, extra=EXTRA)
    raw = json.loads((folder / "job.json").read_text())
    raw["items"][-2]["text"] = LONG
    (folder / "job.json").write_text(json.dumps(raw))
    process = train(folder)
    status = process.wait(300)
    assert status == 0, (folder / "error.txt").read_text() + (folder / "log.txt").read_text()
    result = json.loads((folder / "result.json").read_text())
    return folder, result, {str(item.label_id): item.text for item in items}
