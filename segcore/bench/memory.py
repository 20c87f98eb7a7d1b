"""The most memory that a piece of work takes over what was held before it."""

from __future__ import annotations

import ctypes
import gc
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")


def peak_of_process(work: Callable[[], Result]) -> tuple[Result, int | None]:
    """What `work` returns, and by how many bytes it raised the process's resident memory.

    To be asked once, of fresh work in a fresh process: what earlier work has left in its caches
    does not count again. None where the kernel does not tell; only Linux does.
    """
    _give_back_what_is_free()
    if not _forget_peak():
        return work(), None
    before = _bytes_of("VmRSS")
    result = work()
    return result, _bytes_of("VmHWM") - before


def peak_of_gpu(work: Callable[[], Result], cuda: Any) -> tuple[Result, int]:
    """The same for tensors on the GPU; `cuda` is `torch.cuda`."""
    cuda.synchronize()
    cuda.reset_peak_memory_stats()
    before = cuda.memory_allocated()
    result = work()
    cuda.synchronize()
    return result, int(cuda.max_memory_allocated() - before)


def seconds_of_gpu(work: Callable[[], object], cuda: Any) -> float:
    """How long the GPU had to do with `work`, by its own clock, waiting for Python included."""
    begin, end = (cuda.Event(enable_timing=True) for _ in range(2))
    cuda.synchronize()
    begin.record()
    work()
    end.record()
    end.synchronize()
    return float(begin.elapsed_time(end)) / 1000  # it tells milliseconds


def _give_back_what_is_free() -> None:
    """Memory that getting ready has freed would otherwise be had for nothing."""
    gc.collect()
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def _forget_peak() -> bool:
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def _bytes_of(field: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(field)
