"""Running a network on the processor: the one module that knows the inference library, OpenVINO.

A network runs one input at a time on each of its streams, never a batch: a line's numbers then
depend on that line alone. Nothing here may run before a worker's fork.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import openvino
from openvino.preprocess import ColorFormat, PrePostProcessor

Array = npt.NDArray[np.float32]
Tensor = npt.NDArray[np.float32] | npt.NDArray[np.uint8]

Precision = Literal["float32", "native"]
"""`native` is bfloat16 where the processor computes with it, in half the time, else float32."""


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as malloc.h numbers them
_LARGE_BLOCK = 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Pixels:
    """For a network that is given a picture as it is, uint8 [1, height, width, 3] in RGB.

    Its channels are put in the order of PaddleOCR's networks, blue first, and scaled by `mean`
    and `deviation` (of values 0 to 255, in the network's order) within the network.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]


class NetworkInvalid(ValueError):
    """A file holds no network that can be run."""


class Network:
    """A network with one input and one output, on `threads` processor threads.

    `streams` inputs are worked on at once, each by its share of the threads: 1 for one large
    input, as many as threads for many small ones. `model` is ONNX. Raises NetworkInvalid.
    """

    def __init__(
        self,
        model: Path | bytes,
        *,
        threads: int = 2,
        streams: int = 1,
        precision: Precision = "float32",
        pixels: Pixels | None = None,
    ) -> None:
        try:
            graph = _read(model)
            if pixels is not None:
                graph = _fed_with_pixels(graph, pixels)
            self._load(graph, threads, streams, precision)
        except RuntimeError as error:
            raise NetworkInvalid(str(error).strip().splitlines()[-1]) from error

    def _load(
        self, graph: openvino.Model, threads: int, streams: int, precision: Precision
    ) -> None:
        self.classes = _last_dimension(graph)
        half = precision == "native" and _has_bfloat16()
        self.bits = 16 if half else 32
        self._compiled = _core().compile_model(
            graph,
            "CPU",
            {
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": streams,
                "INFERENCE_PRECISION_HINT": "bf16" if half else "f32",
                # Other workers share the cores: the scheduler places threads better than a pin.
                "ENABLE_CPU_PINNING": False,
                # Layers prepared for earlier shapes: more of them cost memory and save no time.
                "CPU_RUNTIME_CACHE_CAPACITY": 20,
            },
        )
        # One more than can run, so that no stream waits while a result is looked at.
        self._ahead = streams + 1
        self._idle: deque[Any] = deque()

    def run(self, value: Tensor) -> Array:
        """The output for one input; both have a leading axis of 1."""
        for found in self.stream([value]):
            return np.array(found)
        raise AssertionError("one input gives one output")

    def stream(self, values: Iterable[Tensor]) -> Iterator[Array]:
        """The output for each input, in order, while the next are worked on.

        An output is the library's own memory, overwritten after the next is asked for: copy what
        is to be kept.
        """
        running: deque[tuple[Any, Tensor]] = deque()
        try:
            for value in values:
                request = self._idle.pop() if self._idle else self._compiled.create_infer_request()
                request.start_async({0: value}, share_inputs=True)
                running.append((request, value))  # the input's memory must outlive its run
                if len(running) == self._ahead:
                    yield from self._first(running)
            while running:
                yield from self._first(running)
        finally:
            for request, _ in running:
                request.wait()

    def _first(self, running: deque[tuple[Any, Tensor]]) -> Iterator[Array]:
        request, _ = running[0]
        request.wait()
        running.popleft()
        yield request.get_output_tensor(0).data
        self._idle.append(request)


def _read(model: Path | bytes) -> openvino.Model:
    # As bytes it is tried as ONNX alone; a file would be tried as every format there is.
    return _core().read_model(model.read_bytes() if isinstance(model, Path) else model)


def _fed_with_pixels(graph: openvino.Model, pixels: Pixels) -> openvino.Model:
    process = PrePostProcessor(graph)
    source = process.input()
    source.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    source.tensor().set_color_format(ColorFormat.RGB)
    source.preprocess().convert_element_type(openvino.Type.f32).convert_color(ColorFormat.BGR)
    source.preprocess().mean(list(pixels.mean)).scale(list(pixels.deviation))
    source.model().set_layout(openvino.Layout("NCHW"))
    return process.build()


def _last_dimension(graph: openvino.Model) -> int | None:
    last = graph.outputs[0].partial_shape[-1]
    return None if last.is_dynamic else last.get_length()


@cache
def _core() -> openvino.Core:
    _give_memory_back()
    return openvino.Core()


def _give_memory_back() -> None:
    """Have the C library return large freed blocks at once, in the whole process.

    Left alone it raises its limits to the largest block ever freed, and a worker that has seen
    one large page stays large: with this it stays at two thirds.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return  # not the GNU C library
    for option in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
        mallopt(option, _LARGE_BLOCK)


@cache
def _has_bfloat16() -> bool:
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
