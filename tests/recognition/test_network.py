"""Networks on the inference library: equal to ONNX Runtime, in order, and safe to interleave."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from recognition.engines.network import Network, NetworkInvalid
from recognition.preprocess import line_tensor
from tests.recognition.engine_kit import model_files, text_line


def inputs() -> list[np.ndarray]:
    texts = ["one", "a longer line of text", "7", "and one that is longer than all of the others"]
    return [line_tensor(text_line(text))[None] for text in texts]


def test_the_numbers_are_those_of_onnx_runtime() -> None:
    files = model_files()
    session = onnxruntime.InferenceSession(str(files.backbone))
    exact = Network(files.backbone, threads=2, streams=2)
    native = Network(files.backbone, threads=2, streams=2, precision="native")
    for value in inputs():
        (theirs,) = session.run(None, {"x": value})
        assert np.allclose(exact.run(value), theirs, atol=2e-3)
        # bfloat16 has eight bits of precision: close where it is in use, equal where it is not.
        assert np.corrcoef(native.run(value).ravel(), theirs.ravel())[0, 1] > 0.98


def test_results_come_in_order_and_do_not_hang_on_their_neighbours() -> None:
    network = Network(model_files().backbone, threads=2, streams=2)
    alone = [network.run(value) for value in inputs()]
    together = [np.array(found) for found in network.stream(inputs() * 3)]
    assert len(together) == 3 * len(alone)
    for number, found in enumerate(together):
        assert np.array_equal(found, alone[number % len(alone)])


def test_two_loops_over_one_network_get_their_own_results() -> None:
    network = Network(model_files().backbone, threads=2, streams=2)
    alone = [network.run(value) for value in inputs()]
    pairs = zip(network.stream(inputs()), network.stream(reversed(inputs())), strict=True)
    for number, (one, other) in enumerate(pairs):
        assert np.array_equal(one, alone[number])
        assert np.array_equal(other, alone[-1 - number])


def test_a_loop_left_in_the_middle_harms_no_other() -> None:
    network = Network(model_files().backbone, threads=2, streams=2)
    first = network.run(inputs()[0])
    for _ in network.stream(inputs()):
        break
    assert np.array_equal(network.run(inputs()[0]), first)

    def failing() -> Iterator[np.ndarray]:
        yield inputs()[1]
        raise OSError("the page cannot be read")

    with pytest.raises(OSError, match="page"):
        list(network.stream(failing()))
    assert np.array_equal(network.run(inputs()[0]), first)


@pytest.mark.parametrize("content", [b"", b"no network at all", b"\x08\x07\x12\x00" * 9])
def test_what_is_no_network_is_refused(content: bytes) -> None:
    with pytest.raises(NetworkInvalid):
        Network(content)


def test_the_precision_is_one_that_the_processor_has() -> None:
    flags = {
        flag
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("flags")
        for flag in line.split()
    }
    native = Network(model_files().backbone, precision="native")
    assert native.bits == (16 if {"avx512_bf16", "amx_bf16"} & flags else 32)
    assert Network(model_files().backbone).bits == 32


def test_a_forked_worker_can_use_what_its_parent_only_imported() -> None:
    program = f"""
import multiprocessing
import numpy as np
from pathlib import Path
from recognition.engines.network import Network

def read(_):
    network = Network(Path({str(model_files().backbone)!r}), threads=2, streams=2)
    return network.run(np.zeros((1, 3, 48, 160), np.float32)).shape

with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(read, range(4)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.count("(1, 20, 384)") == 4, done.stderr
