"""The last step on the CPU gives what full-size logits would give."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as nnf

from segcore.inference.quads import label_quads
from segcore.inference.spans import QuadAxis, Span


def smooth_logits(classes: int, grid: tuple[int, int], scale: float, blur: float) -> np.ndarray:
    rng = np.random.default_rng(3)
    planes = rng.normal(size=(classes, *grid)).astype(np.float32)
    if blur:
        planes = np.stack([cv2.GaussianBlur(plane, (0, 0), blur) for plane in planes])
    return (planes / planes.std() * scale).astype(np.float32)


def by_quads(logits: np.ndarray, size: tuple[int, int], threads: int = 1):
    _, rows, columns = logits.shape
    dtype = np.uint8 if len(logits) <= 255 else np.uint16
    labels, confidence = np.empty(size, dtype), np.empty(size, np.float16)
    label_quads(
        logits,
        QuadAxis.over(Span.whole(rows, size[0])),
        QuadAxis.over(Span.whole(columns, size[1])),
        labels,
        confidence,
        threads=threads,
    )
    return labels, confidence


def in_full(logits: np.ndarray, size: tuple[int, int]):
    larger = nnf.interpolate(torch.from_numpy(logits)[None], size, mode="bilinear")[0]
    share, winner = larger.double().softmax(0).max(0)
    return winner.numpy(), share.numpy()


@pytest.mark.parametrize(
    ("classes", "grid", "size", "scale", "blur"),
    [
        (150, (24, 24), (562, 750), 0.03, 1),  # an untrained network: all nearly equal
        (150, (24, 24), (562, 750), 1, 2),  # few nodes
        (150, (24, 24), (562, 750), 2.5, 2),  # many nodes
        (150, (24, 24), (281, 375), 8, 1),  # pixel by pixel
        (19, (32, 48), (128, 192), 5, 2),  # the model's own stride
        (19, (9, 12), (180, 240), 60, 0),  # far too steep for products
        (300, (8, 8), (90, 90), 3, 1),  # 16-bit ids
        (5, (33, 17), (131, 67), 5, 1),  # odd
        (5, (33, 17), (20, 10), 5, 1),  # smaller than the grid
        (7, (1, 1), (30, 50), 3, 0),  # one cell
        (1, (5, 6), (20, 24), 3, 0),  # one class
    ],
)
def test_labels_and_confidence_equal_those_of_full_logits(classes, grid, size, scale, blur):
    logits = smooth_logits(classes, grid, scale, blur)
    labels, confidence = by_quads(logits, size)
    winner, share = in_full(logits, size)
    assert (labels == winner).mean() >= 0.99999
    assert np.abs(confidence.astype(np.float64) - share).max() <= 2e-3


def test_threads_change_nothing():
    logits = smooth_logits(150, (40, 40), 4, 2)
    for one, many in zip(by_quads(logits, (400, 600)), by_quads(logits, (400, 600), threads=3)):
        assert np.array_equal(one, many)


def test_infinite_logits_are_no_crash():
    logits = smooth_logits(4, (6, 6), 3, 1)
    logits[2, 3, 3] = np.inf
    logits[1, 0, 0] = np.nan
    labels, confidence = by_quads(logits, (24, 24))
    assert labels.max() < 4
    assert np.isfinite(confidence[:8, 16:].astype(np.float32)).all()
