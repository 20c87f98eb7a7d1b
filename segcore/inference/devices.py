"""Where the network runs and in which numbers."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy.typing as npt
import torch
from torch import Tensor

from segcore.errors import RequestError

Precision = Literal["fp32", "bf16", "fp16"]

DTYPES: dict[str, torch.dtype] = {
    "fp32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


class Device(NamedTuple):
    """A device of this machine: what `place` takes, and what the person calls it."""

    name: str
    title: str


@dataclass(frozen=True)
class Placement:
    """A device, the floating-point type of weights and features on it, and what to tell."""

    device: torch.device
    precision: Precision
    notes: tuple[str, ...] = ()

    @property
    def dtype(self) -> torch.dtype:
        """The precision as torch names it."""
        return DTYPES[self.precision]


def place(device: str = "auto", precision: str = "auto", numerics: str = "fast") -> Placement:
    """Choose device and precision.

    Device `auto` is CUDA where torch has it, then MPS, then the CPU. Precision `auto` is fp32 on
    the CPU, on MPS and with exact numerics (which are for study); on CUDA bf16 where the GPU
    computes in it and fp16 on older ones.

    Raises:
        RequestError: there is no such device here, or no such precision.
    """
    notes: tuple[str, ...] = ()
    if device == "auto":
        chosen = _best_device()
        if chosen.type == "cpu":
            notes = tuple(filter(None, [driver_without_cuda()]))
    else:
        chosen = _named_device(device)
    return Placement(chosen, _precision(precision, chosen, numerics), notes)


def available_devices() -> tuple[Device, ...]:
    """The devices that are really here: the CPU, each CUDA GPU with its card's name, MPS."""
    found = [Device("cpu", "CPU")]
    if torch.cuda.is_available():
        found += [
            Device(f"cuda:{index}", f"cuda:{index} {torch.cuda.get_device_name(index)}")
            for index in range(torch.cuda.device_count())
        ]
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU"))
    return tuple(found)


def driver_without_cuda() -> str | None:
    """A sentence for those with an NVIDIA GPU that torch cannot use, else None."""
    if torch.cuda.is_available() or not nvidia_driver_present():
        return None
    if torch.version.cuda is None:
        return (
            f"An NVIDIA driver is installed but torch {torch.__version__} is built for the CPU "
            "alone: install a CUDA build of torch as the README says under NVIDIA GPUs."
        )
    return (
        f"An NVIDIA driver is installed but torch {torch.__version__} finds no GPU that it can "
        f"use: update the driver to one for CUDA {torch.version.cuda} or later."
    )


def nvidia_driver_present() -> bool:
    """Whether this machine has an NVIDIA driver, whatever torch can do with it."""
    if os.name == "nt":
        system = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
        return (system / "nvcuda.dll").exists()
    return Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None


def free_bytes(device: torch.device) -> int | None:
    """Memory that is free on a GPU, None elsewhere: the CPU's is shared with everything else."""
    if device.type != "cuda":
        return None
    free, _ = torch.cuda.mem_get_info(device)
    cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return free + cached


def sent(values: npt.NDArray[Any] | Tensor, device: torch.device) -> Tensor:
    """What lies on the host, on a device: a GPU fetches it in its turn, and nobody waits."""
    tensor = values if isinstance(values, Tensor) else torch.from_numpy(values)
    if device.type == "cuda":
        # torch keeps the pinned copy until the GPU has read it.
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def _best_device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def _named_device(name: str) -> torch.device:
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda", "mps"):
        raise RequestError(f'There is no device "{name}": choose auto, cpu, cuda, cuda:0 or mps.')
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if count == 0:
            reason = driver_without_cuda() or "torch finds no NVIDIA GPU on this machine."
            raise RequestError(f'The device "{name}" cannot be used: {reason}')
        if device.index is not None and device.index >= count:
            raise RequestError(
                f'There is no device "{name}": this machine has cuda:0 to cuda:{count - 1}.'
            )
        return device if device.index is not None else torch.device("cuda", 0)
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise RequestError(f'The device "{name}" is not on this machine: choose auto or cpu.')
    return device


def _precision(name: str, device: torch.device, numerics: str) -> Precision:
    if name == "auto":
        if device.type != "cuda" or numerics == "exact":
            return "fp32"
        return "bf16" if _computes_in_bfloat16(device) else "fp16"
    for known in ("fp32", "bf16", "fp16"):
        if name == known:
            return known
    raise RequestError(f'There is no precision "{name}": choose auto, fp32, bf16 or fp16.')


def _computes_in_bfloat16(device: torch.device) -> bool:
    """From compute capability 8 on it is in the hardware; torch emulates it on older GPUs."""
    return torch.cuda.get_device_capability(device)[0] >= 8
