"""The core of SegFormer Studio: models, inference, inspection, labels. No Qt here.

Public names are imported when they are first used (PEP 562), so that `import segcore` costs
neither torch nor Qt.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segcore.checkpoints import (
        Checkpoint,
        list_models,
        load_model,
        load_segformer,
        read_checkpoint,
        save_model,
        save_pretrained,
    )
    from segcore.classes import ClassInfo, ClassTable
    from segcore.errors import (
        Cancelled,
        CheckpointError,
        FormatError,
        ImageError,
        ProjectError,
        RequestError,
        SegcoreError,
        VideoError,
    )
    from segcore.heatmap import HeatMap
    from segcore.images import find_images, read_image, read_image_size
    from segcore.inference import EncodedImage, Prediction, Predictor
    from segcore.inspection import attention_map, receptive_field
    from segcore.inspection.explain import Explanation, explain
    from segcore.labels import read_label_map, write_label_map
    from segcore.progress import CancelToken, Progress
    from segcore.project import Project
    from segcore.video import Video

_HOMES = {
    "segcore.checkpoints": (
        "Checkpoint",
        "list_models",
        "load_model",
        "load_segformer",
        "read_checkpoint",
        "save_model",
        "save_pretrained",
    ),
    "segcore.classes": ("ClassInfo", "ClassTable"),
    "segcore.errors": (
        "Cancelled",
        "CheckpointError",
        "FormatError",
        "ImageError",
        "ProjectError",
        "RequestError",
        "SegcoreError",
        "VideoError",
    ),
    "segcore.heatmap": ("HeatMap",),
    "segcore.images": ("find_images", "read_image", "read_image_size"),
    "segcore.inference": ("EncodedImage", "Prediction", "Predictor"),
    "segcore.inspection": ("attention_map", "receptive_field"),
    "segcore.inspection.explain": ("Explanation", "explain"),
    "segcore.labels": ("read_label_map", "write_label_map"),
    "segcore.progress": ("CancelToken", "Progress"),
    "segcore.project": ("Project",),
    "segcore.video": ("Video",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CancelToken",
    "Cancelled",
    "Checkpoint",
    "CheckpointError",
    "ClassInfo",
    "ClassTable",
    "EncodedImage",
    "Explanation",
    "FormatError",
    "HeatMap",
    "ImageError",
    "Prediction",
    "Predictor",
    "Progress",
    "Project",
    "ProjectError",
    "RequestError",
    "SegcoreError",
    "Video",
    "VideoError",
    "attention_map",
    "explain",
    "find_images",
    "list_models",
    "load_model",
    "load_segformer",
    "read_checkpoint",
    "read_image",
    "read_image_size",
    "read_label_map",
    "receptive_field",
    "save_model",
    "save_pretrained",
    "write_label_map",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'segcore' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value  # found directly the next time
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
