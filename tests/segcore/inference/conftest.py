"""Random models on disk, as transformers writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from segcore.inference import Predictor

MakeModel = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def one_thread_for_inference() -> Iterator[None]:
    """Inputs here are so small that threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> MakeModel:
    """A small SegFormer of transformers in a folder; `size` is what its processor resizes to."""
    transformers = pytest.importorskip("transformers")

    def make(num_labels: int = 7, size: tuple[int, int] | None = None) -> Path:
        folder = tmp_path_factory.mktemp("model")
        torch.manual_seed(5)
        config = transformers.SegformerConfig(num_labels=num_labels)
        model = transformers.SegformerForSemanticSegmentation(config)
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim > 1:
                    parameter.mul_(2.5)
                else:
                    parameter.add_(torch.randn_like(parameter), alpha=0.1)
        model.save_pretrained(folder)
        words = {"do_resize": False} if size is None else {"height": size[0], "width": size[1]}
        if size is None:
            transformers.SegformerImageProcessor(**words).save_pretrained(folder)
        else:
            transformers.SegformerImageProcessor(size=words).save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def own_size_folder(model_folder: MakeModel) -> Path:
    """Its pictures go in at their own size."""
    return model_folder()


@pytest.fixture
def own_size(own_size_folder: Path) -> Predictor:
    """A predictor, by torch, whose pictures go in at their own size."""
    return Predictor.load(own_size_folder, device="cpu", backend="torch")


@pytest.fixture(scope="session")
def picture() -> Callable[[int, int], np.ndarray]:
    """A picture with something in it, (H, W, 3) uint8."""
    import cv2

    def make(height: int, width: int) -> np.ndarray:
        coarse = np.random.default_rng(1).integers(0, 256, (7, 9, 3), np.uint8)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)

    return make
