"""Checkpoints: recognised by content, checked key by key, loaded and saved.

Names are imported when they are first used (PEP 562): what lies on a hub, and what is in the
catalogue, can be asked without torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segcore.checkpoints.catalog import (
        ModelEntry,
        bundled_path,
        list_models,
        local_models_folder,
    )
    from segcore.checkpoints.checkpoint import Checkpoint
    from segcore.checkpoints.loader import load_segformer
    from segcore.checkpoints.model_loader import load_encoder, load_model
    from segcore.checkpoints.own_layout import save_model
    from segcore.checkpoints.reader import read_checkpoint
    from segcore.checkpoints.writer import save_pretrained

_HOME_OF = {
    "Checkpoint": "checkpoint",
    "ModelEntry": "catalog",
    "bundled_path": "catalog",
    "list_models": "catalog",
    "load_encoder": "model_loader",
    "load_model": "model_loader",
    "load_segformer": "loader",
    "local_models_folder": "catalog",
    "read_checkpoint": "reader",
    "save_model": "own_layout",
    "save_pretrained": "writer",
}

__all__ = [
    "Checkpoint",
    "ModelEntry",
    "bundled_path",
    "list_models",
    "load_encoder",
    "load_model",
    "load_segformer",
    "local_models_folder",
    "read_checkpoint",
    "save_model",
    "save_pretrained",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'segcore.checkpoints' has no attribute {name!r}")
    value = getattr(import_module(f"segcore.checkpoints.{home}"), name)
    globals()[name] = value  # found directly the next time
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
