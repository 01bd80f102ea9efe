"""The devices a training runs on: one process each, by `paddle.distributed.launch`.

Written against Paddle's documentation and not run: there was no machine with an NVIDIA GPU. On a
processor there is one rank, and every method here does nothing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import paddle

from training.job import JobError

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process's place among those that train together; the first one writes and judges."""

    rank: int = 0
    count: int = 1
    on_gpu: bool = False

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def share(self, lines: Sequence[Item]) -> Sequence[Item]:
        """This rank's lines of a step; never none, for every rank has to take part."""
        return lines[self.rank :: self.count] or lines[:1]

    def shared(self, layers: paddle.nn.Layer) -> paddle.nn.Layer:
        """The layers with their gradients averaged over all ranks."""
        return paddle.DataParallel(layers) if self.count > 1 else layers

    def agreed(self, number: float) -> float:
        """The first rank's number, of its clock say, so that all of them end with the same step."""
        if self.count == 1:
            return number
        value = paddle.to_tensor([number], dtype="float32")
        paddle.distributed.broadcast(value, src=0)
        return float(value)

    def mixed_precision(self) -> AbstractContextManager[Any]:
        """bfloat16 where a GPU computes; its range is float32's, so no loss need be scaled."""
        if not self.on_gpu:
            return nullcontext()
        mixed: AbstractContextManager[Any] = paddle.amp.auto_cast(level="O1", dtype="bfloat16")
        return mixed


def join_ranks() -> Ranks:
    """Set the device up and meet the other processes that the launcher started, if any.

    Raises JobError where it started several and there is no GPU for them.
    """
    on_gpu = bool(paddle.is_compiled_with_cuda()) and paddle.device.cuda.device_count() > 0
    count = int(os.environ.get("PADDLE_TRAINERS_NUM", "1"))
    if count > 1 and not on_gpu:
        raise JobError(
            "TRAIN_DEVICES names several GPUs, but Paddle sees none here. Install its GPU build "
            "(requirements-gpu.txt), or leave TRAIN_DEVICES empty."
        )
    if count == 1:
        paddle.set_device("gpu" if on_gpu else "cpu")
        return Ranks(on_gpu=on_gpu)
    paddle.distributed.init_parallel_env()
    return Ranks(paddle.distributed.get_rank(), count, on_gpu=True)
