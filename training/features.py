"""Features of labelled lines, kept on disk: the backbone runs once over each view of each line.

What is kept is a copy of what can be made again: any file here may vanish, be damaged, or find no
space, and costs time alone.
"""

from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from recognition.crops import Image
from recognition.engines.blobs import canonical_json, file_sha256, sha256_of
from recognition.preprocess import PREPROCESSING_VERSION
from training.augment import VIEWS_VERSION, line_view

if TYPE_CHECKING:
    from recognition.engines.halves import Backbone, Features

log = logging.getLogger("training")

Fetch = Callable[[], Image]
Half = npt.NDArray[np.float16]

_AT_ONCE = 64  # lines that are looked for on the disk before the backbone runs over the others
_HALF = np.finfo(np.float16)


@dataclass(frozen=True, slots=True)
class View:
    """One view of a line: the crop's hash, what fetches its pixels, and the view's number."""

    crop_sha256: str
    fetch: Fetch
    number: int = 0


class FeatureCache:
    """Features by crop and view below a folder, of one backbone and one seed of the views."""

    def __init__(self, folder: Path, backbone: Path, seed: int) -> None:
        of = [file_sha256(backbone), PREPROCESSING_VERSION, VIEWS_VERSION, seed]
        self._folder = folder / sha256_of(canonical_json(of))
        self._full = False

    def holds(self, crop_sha256: str, number: int) -> bool:
        """Whether there is a file; it may prove to be damaged."""
        return self._path(crop_sha256, number).exists()

    def find(self, crop_sha256: str, number: int) -> Features | None:
        """What was kept, None where there is nothing or what is there is damaged."""
        path = self._path(crop_sha256, number)
        try:
            with np.load(path, allow_pickle=False) as kept:
                found: Features = kept["features"].astype(np.float32)
            os.utime(path)  # what was used last is dropped last
        except FileNotFoundError:
            return None
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            log.warning("features of %s are damaged (%s): made again", crop_sha256, error)
            _remove(path)
            return None
        return found

    def keep(self, crop_sha256: str, number: int, features: Half) -> None:
        """Keep them, where there is space."""
        if self._full:
            return
        path = self._path(crop_sha256, number)
        part = path.with_suffix(f".{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:  # as an archive it has a checksum
                np.savez(file, features=features)
            part.replace(path)
        except OSError as error:
            log.warning("features are kept no longer: %s", error)
            self._full = True
            _remove(part)

    def _path(self, crop_sha256: str, number: int) -> Path:
        return self._folder / crop_sha256[:2] / f"{crop_sha256}-{number}.npz"


class FeatureReader:
    """Views' features, from the disk or else from a backbone, which is loaded when it is needed."""

    def __init__(
        self, backbone: Path, *, seed: int, threads: int, folder: Path | None = None
    ) -> None:
        """`folder`: where features are kept; None keeps none. Raises NetworkInvalid when read."""
        self._path, self._seed, self._threads = backbone, seed, threads
        self._cache = FeatureCache(folder, backbone, seed) if folder else None

    def holds(self, crop_sha256: str, number: int) -> bool:
        """Whether there is a file of this view; it may prove to be damaged."""
        return self._cache is not None and self._cache.holds(crop_sha256, number)

    @cached_property
    def _backbone(self) -> Backbone:
        # Here alone: the web drops what is kept, and has no use for the inference library.
        from recognition.engines.halves import Backbone

        return Backbone(self._path, self._threads)

    def stream(self, views: Iterable[View]) -> Iterator[Features]:
        """Features of each view in order, float32 [steps, 384] in half precision.

        They are rounded whether they are kept or not, so that what is learnt does not depend on it.
        """
        coming = iter(views)
        while several := list(islice(coming, _AT_ONCE)):
            found = [self._find(view) for view in several]
            missing = [view for view, kept in zip(several, found, strict=True) if kept is None]
            made = self._make(missing)
            for kept in found:
                yield next(made) if kept is None else kept

    def _find(self, view: View) -> Features | None:
        return self._cache.find(view.crop_sha256, view.number) if self._cache else None

    def _make(self, views: list[View]) -> Iterator[Features]:
        if not views:
            return
        pixels = (line_view(view.fetch(), view.number, self._seed) for view in views)
        for view, features in zip(views, self._backbone.stream(pixels), strict=True):
            rounded = np.clip(features, _HALF.min, _HALF.max).astype(np.float16)
            if self._cache:
                self._cache.keep(view.crop_sha256, view.number, rounded)
            yield rounded.astype(np.float32)


def trim_features(folder: Path, most_bytes: int) -> int:
    """Drop what was not used for longest until at most `most_bytes` are kept; returns how many."""
    kept = []
    for path in folder.rglob("*"):
        with suppress(OSError):  # it may be gone by now
            about = path.stat()
            if S_ISREG(about.st_mode):
                kept.append((about.st_mtime, about.st_size, path))
    total = sum(size for _, size, _ in kept)
    dropped = 0
    for _, size, path in sorted(kept):
        if total <= most_bytes:
            break
        _remove(path)
        total -= size
        dropped += 1
    return dropped


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
