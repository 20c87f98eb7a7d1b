"""A small SegFormer, and pictures that it can learn in seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.classes import ClassTable
from segcore.labels import write_label_map
from segcore.models import SegFormer, SegFormerConfig
from segcore.training.samples import ArraySamples

CLASSES = ClassTable.from_names(["ground", "disc", "bar"])
COLOURS = np.array([(60, 110, 60), (200, 60, 50), (50, 70, 210)], np.uint8)


def draw(seed: int, size: tuple[int, int] = (64, 96)) -> tuple[np.ndarray, np.ndarray]:
    """A disc and a bar on the ground: (H, W, 3) uint8 with noise, and its labels."""
    rng = np.random.default_rng(seed)
    height, width = size
    y, x = np.mgrid[:height, :width]
    labels = np.zeros(size, np.uint8)
    top = int(rng.integers(0, height - 12))
    labels[top : top + 12] = 2
    centre = rng.integers(12, height - 12), rng.integers(12, width - 12)
    labels[(y - centre[0]) ** 2 + (x - centre[1]) ** 2 < 140] = 1
    noise = rng.normal(0, 12, (height, width, 3))
    picture = np.clip(COLOURS[labels] + noise, 0, 255).astype(np.uint8)
    return picture, labels


def drawn_samples(count: int, first: int = 0) -> ArraySamples:
    pictures = [draw(first + number) for number in range(count)]
    return ArraySamples(CLASSES, [p for p, _ in pictures], [labels for _, labels in pictures])


def small_config(num_classes: int = 3, drop: float = 0.1) -> SegFormerConfig:
    return SegFormerConfig(
        widths=(8, 16, 24, 32),
        depths=(1, 2, 1, 1),
        heads=(1, 2, 3, 4),
        decoder_width=16,
        num_classes=num_classes,
        drop_path=drop,
        dropout=drop,
    )


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small lose more by threads that wait for each other than they win."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def samples() -> ArraySamples:
    return drawn_samples(6)


@pytest.fixture
def small_network() -> Callable[..., SegFormer]:
    def build(num_classes: int = 3, drop: float = 0.1, seed: int = 0) -> SegFormer:
        import torch

        network = SegFormer(small_config(num_classes, drop))
        network.initialise(torch.Generator().manual_seed(seed))
        return network

    return build


@pytest.fixture
def png_folder(tmp_path: Path) -> Path:
    """Six drawn pictures in the `png` layout."""
    folder = tmp_path / "data"
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    for number in range(6):
        picture, labels = draw(number)
        Image.fromarray(picture).save(folder / "images" / f"{number}.png")
        write_label_map(folder / "labels" / f"{number}.png", labels, CLASSES)
    CLASSES.write(folder / "classes.json")
    return folder
