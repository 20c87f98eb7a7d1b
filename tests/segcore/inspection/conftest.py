"""The same weights here and in transformers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from segcore.inference import Predictor
from segcore.preprocess import Preprocess


@dataclass(frozen=True)
class Oracle:
    """transformers' own model, and the folder it was saved to."""

    folder: Path
    model: Any

    @staticmethod
    def pixels(image: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(Preprocess().normalised(image))[None]


@pytest.fixture(scope="session", autouse=True)
def one_thread_for_inspection() -> Iterator[None]:
    """Inputs here are so small that threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    """A B0 of transformers whose every weight matters; pictures go in at their own size."""
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("oracle")
    torch.manual_seed(8)
    config = transformers.SegformerConfig(num_labels=7, attn_implementation="eager")
    model = transformers.SegformerForSemanticSegmentation(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(2.5)
            else:
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
    model.save_pretrained(folder)
    transformers.SegformerImageProcessor(do_resize=False).save_pretrained(folder)
    return Oracle(folder, model)


@pytest.fixture
def street() -> Predictor:
    """The bundled model."""
    return Predictor.load("street-b0", device="cpu")


@pytest.fixture(scope="session")
def picture() -> Callable[..., np.ndarray]:
    """A picture with something in it, (H, W, 3) uint8."""

    def make(height: int, width: int, seed: int = 1) -> np.ndarray:
        coarse = np.random.default_rng(seed).integers(0, 256, (7, 9, 3), np.uint8)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)

    return make
