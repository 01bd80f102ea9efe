"""The processes a training runs in: by `paddle.distributed.launch`, one for each GPU or core.

Every process takes its share of a step's lines; the gradients are summed, so that a step is what
one process would have made of it. Run with several processes on a processor's cores; with several
GPUs it is written against Paddle's documentation, for there was no machine with any.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
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

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """What of these is this rank's: every one is one rank's, and a rank may have none."""
        return items[self.rank :: self.count]

    def start_alike(self, places: Sequence[paddle.Tensor]) -> None:
        """Give every rank the first one's weights."""
        if self.count > 1:
            for place in places:
                paddle.distributed.broadcast(place, src=0)

    def meet(self) -> None:
        """Wait until every rank is here; on processors that has to be within half a minute."""
        self.added(0)

    def add_gradients(self, places: Sequence[paddle.Tensor], loss: float) -> float:
        """Sum the gradients and the losses of all ranks; every rank must call it in every step.

        A rank whose loss is not a number makes the sum none: all of them then leave the step out.
        """
        if self.count == 1:
            return loss
        told = paddle.to_tensor([loss], dtype="float32")
        paddle.distributed.all_reduce(told)
        total = float(told)
        if not math.isfinite(total):
            return total
        flat = paddle.concat(
            [
                paddle.zeros_like(place).flatten() if place.grad is None else place.grad.flatten()
                for place in places
            ]
        )
        paddle.distributed.all_reduce(flat)
        parts = paddle.split(flat, [int(place.size) for place in places])
        for place, part in zip(places, parts, strict=True):
            place.grad = part.reshape(place.shape)
        return total

    def added(self, *numbers: float) -> list[float]:
        """The sum over all ranks of each number."""
        if self.count == 1:
            return list(numbers)
        told = paddle.to_tensor(numbers, dtype="float64")
        paddle.distributed.all_reduce(told)
        return [float(number) for number in told]

    def agreed(self, number: float) -> float:
        """The first rank's number, of its clock say, so that all of them end with the same step."""
        if self.count == 1:
            return number
        value = paddle.to_tensor([number], dtype="float64")
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

    Raises JobError where it started one for each of several GPUs and there is none.
    """
    on_gpu = bool(paddle.is_compiled_with_cuda()) and paddle.device.cuda.device_count() > 0
    count = int(os.environ.get("PADDLE_TRAINERS_NUM", "1"))
    on_cores = os.environ.get("PADDLE_DISTRI_BACKEND") == "gloo"
    if count > 1 and not on_gpu and not on_cores:
        raise JobError(
            "TRAIN_DEVICES names several GPUs, but Paddle sees none here. Install its GPU build "
            "(requirements-gpu.txt), or leave TRAIN_DEVICES empty."
        )
    if count == 1 or not on_gpu:
        paddle.set_device("gpu" if on_gpu else "cpu")
    if count == 1:
        return Ranks(on_gpu=on_gpu)
    paddle.distributed.init_parallel_env()
    return Ranks(paddle.distributed.get_rank(), count, on_gpu=on_gpu)


def own_folder(job: Path) -> Path:
    """Where this process writes its progress and its result: the job's folder is the first one's.

    `training.runner` follows the first, and looks at the others where one of them failed.
    """
    rank = int(os.environ.get("PADDLE_TRAINER_ID", "0"))
    if not rank:
        return job
    folder = job / "ranks" / str(rank)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
