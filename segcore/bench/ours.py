"""This program's side of every row, as a person gets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from segcore.batch import predict_folder
from segcore.bench.contestant import Action
from segcore.bench.models import photo, pixels_of
from segcore.geometry import Size
from segcore.inference import Predictor


def forward(folder: Path, size: Size, backend: str) -> Action:
    """Normalised pixels to logits (classes, h, w)."""
    predictor = Predictor.load(folder, device="cpu", precision="fp32", backend=backend)
    network: Any = predictor.backend
    pixels = pixels_of(size)

    def run() -> Any:
        return np.asarray(network.decode(network.encode(pixels)))

    return run


def photo_to_labels(folder: Path, size: Size, backend: str) -> Action:
    """A photograph in memory to its label map; the confidence comes with it."""
    predictor = Predictor.load(folder, device="cpu", precision="fp32", backend=backend)
    image = photo(size)
    return lambda: predictor.predict(image).labels


def receptive_fields(folder: Path, size: Size, targets: tuple[str, ...]) -> Action:
    """All targets in one call, each (H, W)."""
    from segcore.inspection import receptive_field

    predictor = Predictor.load(folder, device="cpu", precision="fp32", backend="torch")
    image = photo(size)

    def run() -> Any:
        fields = receptive_field(predictor, image, targets, size=size)
        return {target: np.asarray(fields[target]) for target in targets}

    return run


def pictures_to_files(folder: Path, pictures: tuple[Path, ...], out: Path) -> Action:
    """Picture files to label files, as `predict` does it."""
    predictor = Predictor.load(folder, device="cpu", precision="fp32")

    def run() -> int:
        predict_folder(predictor, pictures, out, redo=True)
        return len(pictures)

    return run
