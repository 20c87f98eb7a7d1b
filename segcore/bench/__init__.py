"""How fast this machine is, and how much memory it takes, against what else runs SegFormer.

Every contestant has a process of its own and is as its makers ship it: transformers with its
default attention; ONNX Runtime and OpenVINO on the graph that `torch.onnx.export` makes of
transformers' model. They run in turn, in changing order, with the same weights and input, because
a machine's speed drifts more from one minute to the next than they differ; what is reported is the
median of the ratios of neighbours. Weights are random: speed does not depend on them, and nothing
needs to be downloaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segcore.bench.models import random_model
    from segcore.bench.report import Report, Row
    from segcore.bench.run import ROWS, Plan, bench

__all__ = ["ROWS", "Plan", "Report", "Row", "bench", "random_model"]

_HOMES = {
    "ROWS": "run",
    "Plan": "run",
    "Report": "report",
    "Row": "report",
    "bench": "run",
    "random_model": "models",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for: a contestant's process has nothing of ours that it does not use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
