"""What is run: models with random weights, and inputs that are the same in every process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore import resources
from segcore.checkpoints import save_pretrained
from segcore.errors import RequestError
from segcore.geometry import Size
from segcore.models import SegFormer, SegFormerConfig
from segcore.preprocess import Preprocess

CLASSES = 150
PHOTO_SIZE: Size = (3000, 4000)
MODEL_SIZE: Size = (512, 512)
_SEED = 7


def random_model(folder: Path, variant: str, size: Size = MODEL_SIZE) -> Path:
    """A model folder of that variant with random weights, 150 classes, resizing to `size`.

    Raises:
        RequestError: there is no such variant.
    """
    try:
        config = SegFormerConfig.named(variant, num_classes=CLASSES)
    except ValueError as error:
        raise RequestError(f"{error}.") from error
    model = SegFormer(config, device="meta").to_empty(device="cpu")
    model.initialise(torch.Generator().manual_seed(_SEED))
    classes = resources.class_table("ade20k")
    return save_pretrained(model, folder, classes, Preprocess(do_resize=True, size=size))


def pixels_of(size: Size, batch: int = 1) -> Tensor:
    """(batch, 3, *size) float32, as a normalised picture would be."""
    return torch.randn(batch, 3, *size, generator=torch.Generator().manual_seed(_SEED))


def photo(size: Size = PHOTO_SIZE) -> npt.NDArray[np.uint8]:
    """A stand-in for a photograph: gradients and noise, (*size, 3) uint8."""
    height, width = size
    rows = np.linspace(0, 200, height, dtype=np.float32)[:, None, None]
    columns = np.linspace(0, 55, width, dtype=np.float32)[None, :, None]
    noise = np.random.default_rng(_SEED).integers(-20, 20, (height, width, 3), dtype=np.int8)
    picture: npt.NDArray[np.uint8] = np.clip(rows + columns + noise, 0, 255).astype(np.uint8)
    return picture
