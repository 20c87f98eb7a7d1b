"""What the figures depend on besides the program."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

_PACKAGES = ("torch", "transformers", "onnxruntime", "openvino")


def machine(device: str = "cpu") -> dict[str, Any]:
    """Day, processor, cores, threads, GPU, and the versions of everything that takes part.

    The GPU is that of `device`, or the first one where it names none.
    """
    chosen = torch.device(device)
    index = chosen.index or 0 if chosen.type == "cuda" else 0
    gpu = torch.cuda.get_device_name(index) if torch.cuda.is_available() else None
    return {
        "date": date.today().isoformat(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": gpu,
        "cuda": torch.version.cuda if gpu else None,
        "python": platform.python_version(),
        **{name: version_of(name) for name in _PACKAGES},
    }


def version_of(package: str) -> str | None:
    """The version that is installed, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
