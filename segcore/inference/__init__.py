"""Running a model on images: devices, windows, the features they keep, labels and confidence.

Names are imported when they are first used (PEP 562): the protocols need no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segcore.inference.encoded import EncodedImage
    from segcore.inference.prediction import Prediction
    from segcore.inference.predictor import Predictor
    from segcore.inference.protocol import InferenceProtocol, Sliding, protocol_of
    from segcore.inference.upsample import TopTwo

_HOMES = {
    "EncodedImage": "encoded",
    "InferenceProtocol": "protocol",
    "Prediction": "prediction",
    "Predictor": "predictor",
    "Sliding": "protocol",
    "TopTwo": "upsample",
    "protocol_of": "protocol",
}

__all__ = [
    "EncodedImage",
    "InferenceProtocol",
    "Prediction",
    "Predictor",
    "Sliding",
    "TopTwo",
    "protocol_of",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
