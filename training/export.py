"""From a trained Paddle head to the head.onnx that serves, and proof that the two agree."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx

from recognition.ctc import greedy_text
from recognition.engines import graphs
from recognition.engines.halves import ExportedHead, Features
from training.fitting import probabilities
from training.gate import Parity
from training.network import Head, read_weights


def export_head(head: Head, parent_head: Path) -> bytes:
    """The trained weights in the parent's graph: only numbers and the output's width change."""
    parent = onnx.load(str(parent_head))
    return graphs.serialise(graphs.replace_head_weights(parent, read_weights(head)))


def compare(
    head: Head, exported: ExportedHead, lines: Sequence[Features], names: Sequence[str]
) -> Parity:
    """Read every line with both; mismatched where the text differs. The head is in eval mode."""
    mismatched, furthest = 0, 0.0
    for features in lines:
        trained, served = probabilities(head, features), exported.probabilities(features)
        if trained.shape != served.shape:
            mismatched, furthest = mismatched + 1, 1.0
            continue
        mismatched += greedy_text(trained, names) != greedy_text(served, names)
        furthest = max(furthest, float(np.abs(trained - served).max()))
    return Parity(lines=len(lines), mismatched=mismatched, max_difference=furthest)
