"""State dicts out of what training code wraps around them: mappings, and prefixes of every key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from segcore.checkpoints.refusal import refusal

# In order: where a file holds the trained weights and their moving average, the former are taken.
# mmengine, alone in that, puts the average under `state_dict` itself when it saves.
_WRAPPINGS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "module",
    "net",
    "network",
    "ema_state_dict",
    "state_dict_ema",
    "model_ema",
    "ema",
)
_DEEPEST_WRAPPING = 3

# Of several devices, of torch.compile, and of modules that hold the network beside a loss.
_PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "ema_model.")
_SHARE_OF_KEYS = 0.5
# What moving averages count with; evaluation has no use for it.
_COUNTERS = frozenset({"n_averaged", "steps", "num_updates", "decay"})


@dataclass(frozen=True)
class Unwrapped:
    """Weights without wrapping and prefix, and what was taken off.

    Attributes:
        tensors: keys without `prefix`.
        outside: keys that never had it.
        wrapping: the keys below which the weights lay, joined by dots; empty for a bare file.
        meta: what mmcv and mmengine write beside them.
    """

    tensors: dict[str, torch.Tensor]
    outside: frozenset[str]
    prefix: str
    wrapping: str
    meta: Mapping[str, Any]


def unwrap(path: Path, content: object) -> Unwrapped:
    """Find the state dict in the content of a file.

    Raises:
        CheckpointError: there is none, or it holds no weights.
    """
    if not isinstance(content, Mapping):
        raise refusal(
            path,
            f"the file holds a {type(content).__name__} and no state dict",
            "save the model's state_dict()",
        )
    wrapping, weights = _innermost(content)
    tensors = {
        key: value
        for key, value in weights.items()
        if isinstance(key, str) and isinstance(value, torch.Tensor)
    }
    if not tensors:
        raise refusal(path, "there are no weights in the file", "save the model's state_dict()")
    meta = content.get("meta") if wrapping else None
    bare, prefix, outside = _without_prefixes(tensors)
    return Unwrapped(bare, outside, prefix, wrapping, meta if isinstance(meta, Mapping) else {})


def _innermost(content: Mapping[Any, Any]) -> tuple[str, Mapping[Any, Any]]:
    """The wrapping's keys, joined by dots, and what lies below them."""
    keys: list[str] = []
    weights = content
    while len(keys) < _DEEPEST_WRAPPING:
        wrapped = [key for key in _WRAPPINGS if isinstance(weights.get(key), Mapping)]
        if not wrapped:
            break
        # An empty one, as a run that keeps no average leaves it, is passed over.
        key = next((key for key in wrapped if weights[key]), wrapped[0])
        keys.append(key)
        weights = weights[key]
    return ".".join(keys), weights


def _without_prefixes(
    tensors: dict[str, torch.Tensor],
) -> tuple[dict[str, torch.Tensor], str, frozenset[str]]:
    """Drop the prefixes that most keys share; those without are most likely a loss's."""
    prefix = ""
    outside: set[str] = set()
    while found := next((one for one in _PREFIXES if _shared(tensors, one)), ""):
        without = {key for key in tensors if not key.startswith(found)}
        surplus = {key for key in without if key not in _COUNTERS or tensors[key].numel() > 1}
        if any(f"{found}{key}" in tensors for key in surplus):
            break  # two layers would get one name
        prefix += found
        outside |= surplus
        tensors = {
            key.removeprefix(found): tensor
            for key, tensor in tensors.items()
            if key not in without or key in surplus
        }
    return tensors, prefix, frozenset(outside)


def _shared(tensors: Mapping[str, torch.Tensor], prefix: str) -> bool:
    return sum(key.startswith(prefix) for key in tensors) > _SHARE_OF_KEYS * len(tensors)
