"""Several processes that train one network together, as `torchrun` starts them.

Each takes its part of every batch; gradients are summed once a step, so that processes that share
busy cores wait for each other once a step rather than at every layer.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed

_PATIENCE = timedelta(minutes=30)


@dataclass(frozen=True)
class Workers:
    """Which one this process is, of how many; `rank` 0 speaks and writes for all."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this one speaks and writes."""
        return self.rank == 0

    def average_(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its mean over the workers, in place."""
        if self.count == 1:
            return
        flat = torch.cat([tensor.reshape(-1).float() for tensor in tensors])
        distributed.all_reduce(flat)
        flat /= self.count
        sizes = [tensor.numel() for tensor in tensors]
        for tensor, piece in zip(tensors, torch.split(flat, sizes)):
            tensor.copy_(piece.view_as(tensor))

    def sum_(self, tensor: Tensor) -> None:
        """Replace the tensor by its sum over the workers, in place."""
        if self.count > 1:
            distributed.all_reduce(tensor)

    def wait(self) -> None:
        """Until all are here."""
        if self.count > 1:
            distributed.barrier()


ALONE = Workers()
"""This process and no other."""


def join_workers(device: torch.device) -> Workers:
    """The workers that `torchrun` started, or this process alone."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return ALONE
    if not distributed.is_initialized():
        # With GPUs both: what the CPUs tell each other makes no GPU wait.
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        distributed.init_process_group(backend, timeout=_PATIENCE)
    return Workers(distributed.get_rank(), distributed.get_world_size())


def local_device(name: str) -> str:
    """The device of this worker: with several of them, `cuda` is the GPU of its number."""
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1
    if several and name in ("auto", "cuda") and torch.cuda.is_available():
        return f"cuda:{int(os.environ.get('LOCAL_RANK', '0')) % torch.cuda.device_count()}"
    return name


def leave_workers() -> None:
    """End what `join_workers` began."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()
