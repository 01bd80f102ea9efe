"""Where the files of a base come from: the weights package, a directory, or PaddleOCR's hosts.

A model is named as PaddleOCR names it (`latin_PP-OCRv5_mobile_rec`) or by the path of its
directory. What the weights package carries needs no network; another official name is fetched by
PaddleOCR itself, in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from recognition.engines.weights import NAME, WeightsError, package_files
from recognition.preprocess import HEIGHT

PACKAGED = {
    "PP-OCRv6_small_rec": "small",
    "PP-OCRv6_small_det": "small",
    "PP-OCRv6_tiny_rec": "tiny",
    "PP-OCRv6_tiny_det": "tiny",
}
"""Official names of what the weights package carries."""

FETCH_SECONDS = 1_800
"""The largest models are a few hundred megabytes."""

_FETCH = """
import sys
from paddlex.inference.utils.official_models import official_models
print(official_models.get_model_path(sys.argv[1], model_formats=["onnx"]))
"""


@dataclass(frozen=True, slots=True)
class BaseSources:
    """The four files that a base is made of, by role, and what the base is called."""

    name: str
    files: dict[str, bytes]


def base_sources(recogniser: str = "", detector: str = "") -> BaseSources:
    """The files of the named models; the packaged PP-OCRv6 small where a name is empty.

    Raises WeightsError, which says what to do, where a model is not to be had or not of a kind
    that this release can read with.
    """
    files = package_files()
    names = []
    for role, wanted in (("recogniser", recogniser), ("detector", detector)):
        if not wanted:
            continue
        model, config = _model(wanted, role)
        files |= {role: model, f"{role}_config": config}
        names.append(_checked_name(config, role, wanted))
    return BaseSources(" + ".join(names) or NAME, files)


def _model(wanted: str, role: str) -> tuple[bytes, bytes]:
    """(inference.onnx, inference.yml) of a model named or given as a directory."""
    if wanted in PACKAGED:
        files = package_files(PACKAGED[wanted])
        kind = "detector" if wanted.endswith("_det") else "recogniser"
        return files[kind], files[f"{kind}_config"]
    directory = Path(wanted)
    if not directory.is_dir():
        if os.sep in wanted:
            raise WeightsError(f"There is no directory {wanted}; give the path of one that is.")
        directory = _fetched(wanted)
    try:
        model = (directory / "inference.onnx").read_bytes()
        return model, (directory / "inference.yml").read_bytes()
    except FileNotFoundError as error:
        paddle = (directory / "inference.pdiparams").exists()
        raise WeightsError(
            f"{error.filename} is missing. "
            + (
                f"Convert it first: paddlex --paddle2onnx --paddle_model_dir {directory} "
                f"--onnx_model_dir {directory}"
                if paddle
                else "A PaddleOCR model directory holds inference.onnx and inference.yml."
            )
        ) from error


def _fetched(name: str) -> Path:
    """The directory of an official model, fetched by PaddleOCR or kept from an earlier time."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _FETCH, name],
            capture_output=True,
            text=True,
            timeout=FETCH_SECONDS,
            env={**os.environ, "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": ""},
        )
    except subprocess.TimeoutExpired as error:
        raise WeightsError(f"Fetching {name} took over {FETCH_SECONDS} s; try again.") from error
    lines = done.stdout.strip().splitlines()
    if done.returncode == 0 and lines:
        return Path(lines[-1])
    said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
    raise WeightsError(
        f"PaddleOCR could not get {name} ({said}). Check the name (it has to be one of PaddleOCR's "
        "that is published as ONNX) and the network; or fetch its directory on another machine, "
        "with inference.onnx and inference.yml in it, and give its path instead of the name."
    )


def _checked_name(config: bytes, role: str, wanted: str) -> str:
    """What the model calls itself. Raises WeightsError where it is not of the role."""
    try:
        described: dict[str, Any] = yaml.load(config, Loader=yaml.CSafeLoader)
        name = str(described["Global"]["model_name"])
        steps = described["PreProcess"]["transform_ops"]
        shape = next((step["RecResizeImg"] for step in steps if "RecResizeImg" in step), None)
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise WeightsError(f"inference.yml of {wanted} is not PaddleOCR's ({error!r}).") from error
    if (shape is not None) != (role == "recogniser"):
        raise WeightsError(f"{name} is no {role}; name one whose name ends in _{role[:3]}.")
    if shape is not None and int(shape["image_shape"][1]) != HEIGHT:
        raise WeightsError(
            f"{name} reads lines {shape['image_shape'][1]} pixels high, this release {HEIGHT}."
        )
    return name
