"""The model store with the real base, once for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognition.engines.store import ModelFiles, install_base


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    """The base in a store that no test may damage."""
    return install_base(tmp_path_factory.mktemp("models"))


@pytest.fixture
def own_store(tmp_path: Path) -> Path:
    """An empty place for a store a test may do anything to."""
    return tmp_path / "store"
