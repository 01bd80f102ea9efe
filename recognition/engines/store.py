"""The model store: write-once, content-addressed model versions on disk.

Layout, below one directory:

    <store>/<sha256>/manifest.json      names and hashes of the version's files
    <store>/<sha256>/<name> ...         hard links into blobs/, so heads share one backbone
    <store>/blobs/<sha256>              file contents by hash
    <store>/bases/<key>                 which version the weights package gave, by its sources' hash
    <store>/tmp/                        versions being written; never read

A version appears under its hash by one rename and is never changed again. A process killed at any
moment leaves at most something under tmp/. `load` checks every hash before it hands out a path.
Imports neither Django nor OpenVINO.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recognition.calibration import SHIPPED
from recognition.disk import flush_directory
from recognition.engines.blobs import (
    canonical_json,
    children,
    file_sha256,
    is_intact,
    link,
    put_blob,
    sha256_of,
    temporary_directory,
    write_file,
)
from recognition.engines.dictionary import dictionary_bytes, parse_dictionary
from recognition.exceptions import RecognitionError
from recognition.preprocess import PREPROCESSING_VERSION

FORMAT = 1
MANIFEST = "manifest.json"
DETECTOR = "detector/inference.onnx"
DETECTOR_CONFIG = "detector/inference.yml"
RECOGNISER_CONFIG = "recogniser.yml"
BACKBONE = "backbone.onnx"
HEAD = "head.onnx"
DICTIONARY = "dictionary.txt"
CALIBRATION = "calibration.json"
MODEL = "model.json"


class ModelStoreError(RecognitionError):
    """A model version cannot be used. `code` is stable; the message says what to do."""

    code = "model_store"


class ModelMissing(ModelStoreError):
    """No such version, or one of its files is gone."""

    code = "model_missing"


class ModelCorrupt(ModelStoreError):
    """A file of the version is not what was written."""

    code = "model_corrupt"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A verified model version on disk.

    `kind` is "base" (as shipped or fully fine-tuned) or "head" (trained on a base's features).
    `parent` is the version training started from, None for a base as shipped; `base` the version
    whose backbone is used, for a base itself. Both are hashes of versions, the remaining ones of
    single files.
    """

    sha256: str
    directory: Path
    kind: str
    name: str
    parent: str | None
    base: str
    backbone_sha256: str
    head_sha256: str
    detector_sha256: str
    dictionary_sha256: str
    preprocessing_version: str
    calibration_version: str

    @property
    def store(self) -> Path:
        return self.directory.parent

    @property
    def detector_dir(self) -> Path:
        """A PaddleOCR model directory: inference.onnx and inference.yml."""
        return self.directory / "detector"

    @property
    def backbone(self) -> Path:
        return self.directory / BACKBONE

    @property
    def head(self) -> Path:
        return self.directory / HEAD

    @property
    def dictionary(self) -> Path:
        return self.directory / DICTIONARY

    @property
    def calibration(self) -> Path:
        return self.directory / CALIBRATION

    def characters(self) -> tuple[str, ...]:
        """The dictionary: class i + 1 of the head is characters()[i].

        Class 0 is the blank and the class after the last character is the space; neither is here.
        """
        return parse_dictionary(self.dictionary.read_bytes())


def load(store: Path, sha256: str) -> ModelFiles:
    """Return the version with this hash, every file verified.

    A file's hash is computed once in a process for each (device, inode, size, mtime), so that
    heads that share a backbone check it once. Raises ModelMissing or ModelCorrupt.
    """
    directory = store / sha256
    files = _manifest_files(directory, sha256)
    for name, expected in files.items():
        path = directory / name
        try:
            actual = file_sha256(path)
        except FileNotFoundError:
            raise ModelMissing(
                f"Model version {sha256[:12]} lacks {name}; restore the model store from backup "
                "or install the version again."
            ) from None
        if actual != expected:
            raise ModelCorrupt(
                f"{name} of model version {sha256[:12]} has changed on disk; restore the model "
                "store from backup or install the version again."
            )
    about = json.loads((directory / MODEL).read_bytes())
    return ModelFiles(
        sha256=sha256,
        directory=directory,
        kind=about["kind"],
        name=about["name"],
        parent=about["parent"],
        base=about["base"] or sha256,
        backbone_sha256=files[BACKBONE],
        head_sha256=files[HEAD],
        detector_sha256=files[DETECTOR],
        dictionary_sha256=files[DICTIONARY],
        preprocessing_version=about["preprocessing_version"],
        calibration_version=about["calibration_version"],
    )


def save_version(store: Path, files: Mapping[str, bytes | Path]) -> str:
    """Write a version once and return its hash; the same content gives the same hash.

    A `Path` is a file already in the store and is linked, not copied. Safe under concurrent
    writers: whoever renames second finds the version there and drops its own.
    """
    blobs = {name: put_blob(store, content) for name, content in sorted(files.items())}
    rest = {"format": FORMAT, "files": blobs}
    sha256 = sha256_of(canonical_json(rest))
    target = store / sha256
    if _has_intact_manifest(target, sha256):
        return sha256
    work = temporary_directory(store)
    try:
        for name, blob in blobs.items():
            place = work / name
            place.parent.mkdir(parents=True, exist_ok=True)
            link(store / "blobs" / blob, place)
        write_file(work / MANIFEST, canonical_json({**rest, "sha256": sha256}))
        for directory in (work, *(path for path in work.rglob("*") if path.is_dir())):
            flush_directory(directory)
        try:
            work.rename(target)
        except OSError:
            if not target.is_dir():
                raise
            # Another writer was first; or an earlier version's manifest is damaged, and is mended.
            if not _has_intact_manifest(target, sha256):
                (work / MANIFEST).replace(target / MANIFEST)
        flush_directory(store)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return sha256


def save_head(
    store: Path,
    parent: str,
    head_onnx: bytes,
    dictionary: Sequence[str],
    calibration: bytes,
    meta: Mapping[str, object],
) -> ModelFiles:
    """Write a head trained from `parent` as a new version on the parent's backbone and detector.

    `calibration` is the JSON of a calibration with its "version"; `meta` must hold "name" and may
    hold what the version was made of (dataset, settings), all JSON. Raises ModelMissing or
    ModelCorrupt where the parent cannot be used.
    """
    origin = load(store, parent)
    return _save_trained(
        origin,
        kind="head",
        base=origin.base,
        backbone=origin.backbone,
        head=head_onnx,
        dictionary=dictionary,
        calibration=calibration,
        meta=meta,
    )


def save_base(
    store: Path,
    parent: str,
    backbone_onnx: bytes,
    head_onnx: bytes,
    dictionary: Sequence[str],
    calibration: bytes,
    meta: Mapping[str, object],
) -> ModelFiles:
    """Write a backbone and head trained together from `parent` as a new base.

    The detector is the parent's; the rest is as `save_head` has it.
    """
    return _save_trained(
        load(store, parent),
        kind="base",
        base=None,
        backbone=backbone_onnx,
        head=head_onnx,
        dictionary=dictionary,
        calibration=calibration,
        meta=meta,
    )


def _save_trained(
    origin: ModelFiles,
    *,
    kind: str,
    base: str | None,
    backbone: bytes | Path,
    head: bytes,
    dictionary: Sequence[str],
    calibration: bytes,
    meta: Mapping[str, object],
) -> ModelFiles:
    characters = dictionary_bytes(dictionary)
    about = {
        **meta,
        "kind": kind,
        "name": str(meta["name"]),
        "parent": origin.sha256,
        "base": base,
        "dictionary_sha256": sha256_of(characters),
        "preprocessing_version": origin.preprocessing_version,
        "calibration_version": str(json.loads(calibration)["version"]),
    }
    sha256 = save_version(
        origin.store,
        {
            DETECTOR: origin.directory / DETECTOR,
            DETECTOR_CONFIG: origin.directory / DETECTOR_CONFIG,
            RECOGNISER_CONFIG: origin.directory / RECOGNISER_CONFIG,
            BACKBONE: backbone,
            HEAD: head,
            DICTIONARY: characters,
            CALIBRATION: calibration,
            MODEL: canonical_json(about),
        },
    )
    return load(origin.store, sha256)


def install_base(store: Path, recogniser: str = "", detector: str = "") -> ModelFiles:
    """Return the base made from the named models, writing it into the store the first time.

    Empty names stand for the weights package; see `sources` for what a name may be.

    Idempotent and safe in many processes at once. Damaged or lost files of the base, and of heads
    that share them, are mended from the package. Raises WeightsError where the package is absent
    or is not the expected one.
    """
    # onnx and OpenVINO are needed only here, never where versions are merely loaded.
    from recognition.engines import weights
    from recognition.engines.sources import base_sources

    base = base_sources(recogniser, detector)
    sources = base.files
    calibration = SHIPPED.to_json().encode()
    facts = {
        "format": FORMAT,
        "sources": {role: sha256_of(data) for role, data in sources.items()},
        "preprocessing_version": PREPROCESSING_VERSION,
        "calibration": sha256_of(calibration),
    }
    pointer = store / "bases" / sha256_of(canonical_json(facts))
    try:
        return load(store, pointer.read_text().strip())
    except (FileNotFoundError, ModelStoreError):
        pass
    backbone, head, dictionary, recogniser_config = weights.split_sources(sources)
    about = {
        "kind": "base",
        "name": base.name,
        "parent": None,
        "base": None,
        "dictionary_sha256": sha256_of(dictionary),
        "preprocessing_version": PREPROCESSING_VERSION,
        "calibration_version": SHIPPED.version,
        "sources": facts["sources"],
    }
    sha256 = save_version(
        store,
        {
            DETECTOR: sources["detector"],
            DETECTOR_CONFIG: sources["detector_config"],
            RECOGNISER_CONFIG: recogniser_config,
            BACKBONE: backbone,
            HEAD: head,
            DICTIONARY: dictionary,
            CALIBRATION: calibration,
            MODEL: canonical_json(about),
        },
    )
    relink_damaged(store)
    pointer.parent.mkdir(exist_ok=True)
    work = temporary_directory(store)
    write_file(work / "pointer", sha256.encode())
    (work / "pointer").replace(pointer)
    work.rmdir()
    return load(store, sha256)


def export_paddleocr(store: Path, sha256: str, target: Path) -> Path:
    """Write the version's recogniser as one PaddleOCR model directory and return it.

    `target` must not exist; it appears whole, with inference.onnx (backbone and head joined) and
    inference.yml with the version's dictionary, for `paddleocr.TextRecognition(model_dir=...,
    engine="onnxruntime")`.
    """
    # onnx is needed only here, never where versions are merely loaded.
    from recognition.engines import weights

    model = load(store, sha256)
    recogniser, config = weights.join_sources(
        model.backbone.read_bytes(),
        model.head.read_bytes(),
        model.characters(),
        (model.directory / RECOGNISER_CONFIG).read_bytes(),
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=target.parent, prefix=".export-"))
    try:
        work.chmod(0o755)
        write_file(work / "inference.onnx", recogniser)
        write_file(work / "inference.yml", config)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target


def relink_damaged(store: Path) -> int:
    """Point versions' files whose content is wrong or gone back to their intact blobs.

    Used after a damaged blob was written anew; returns how many files were mended.
    """
    mended = 0
    for directory in children(store):
        try:
            files = _manifest_files(directory, directory.name)
        except ModelStoreError:
            continue
        for name, sha256 in files.items():
            blob, place = store / "blobs" / sha256, directory / name
            if is_intact(place, sha256) or not is_intact(blob, sha256):
                continue
            spare = temporary_directory(store) / "file"
            link(blob, spare)
            spare.replace(place)
            spare.parent.rmdir()
            mended += 1
    return mended


def _has_intact_manifest(directory: Path, sha256: str) -> bool:
    try:
        _manifest_files(directory, sha256)
    except ModelStoreError:
        return False
    return True


def _manifest_files(directory: Path, sha256: str) -> dict[str, str]:
    try:
        manifest: dict[str, Any] = json.loads((directory / MANIFEST).read_bytes())
        rest = {key: value for key, value in manifest.items() if key != "sha256"}
        intact = sha256_of(canonical_json(rest)) == sha256 == manifest.get("sha256")
        files = {str(name): str(value) for name, value in rest["files"].items()}
    except (FileNotFoundError, NotADirectoryError):
        raise ModelMissing(
            f"Model version {sha256[:12]} is not in {directory.parent}; check that the worker and "
            "the site use the same model store."
        ) from None
    except (ValueError, KeyError, AttributeError):
        intact, files = False, {}
    if not intact:
        raise ModelCorrupt(
            f"The manifest of model version {sha256[:12]} has changed on disk; restore the model "
            "store from backup or install the version again."
        )
    return files
