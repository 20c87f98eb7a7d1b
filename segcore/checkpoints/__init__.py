"""Checkpoints: recognised by content, checked key by key, loaded and saved."""

from segcore.checkpoints.catalog import (
    ModelEntry,
    bundled_path,
    list_models,
    local_models_folder,
)
from segcore.checkpoints.checkpoint import Checkpoint
from segcore.checkpoints.loader import load_model, load_segformer
from segcore.checkpoints.reader import read_checkpoint
from segcore.checkpoints.writer import save_pretrained

__all__ = [
    "Checkpoint",
    "ModelEntry",
    "bundled_path",
    "list_models",
    "load_model",
    "load_segformer",
    "local_models_folder",
    "read_checkpoint",
    "save_pretrained",
]
