"""Carried labels against the model: equal to the posterior computed class by class."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segcore import Predictor, resources
from segcore.errors import RequestError
from segcore.images import read_image
from segcore.inference.fusion import fused_labels

WEIGHT = 6.0


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load("street-b0", device="cpu", backend="torch")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return read_image(resources.sample_paths()[0][0])[100:228, 200:360]


def full_logits(predictor: Predictor, image: np.ndarray) -> torch.Tensor:
    ((_, logits),) = predictor.logits(predictor.encode(image))
    size = image.shape[:2]
    return torch.nn.functional.interpolate(
        torch.from_numpy(logits)[None], size, mode="bilinear", align_corners=False
    )[0]


def test_it_is_the_softmax_of_logits_with_the_carried_class_lifted(
    predictor: Predictor, image: np.ndarray
) -> None:
    rng = np.random.default_rng(0)
    size = image.shape[:2]
    labels = rng.integers(0, 11, size).astype(np.uint8)
    confidence = rng.random(size).astype(np.float32)
    confidence[:20] = 0
    fused = fused_labels(
        predictor, predictor.encode(image), labels, confidence, range(11), weight=WEIGHT
    )
    logits = full_logits(predictor, image)
    lifted = logits.clone()
    lifted.scatter_add_(
        0,
        torch.from_numpy(labels.astype(np.int64))[None],
        torch.from_numpy(WEIGHT * confidence)[None],
    )
    share, winner = lifted.softmax(0).max(0)
    assert (fused.labels == winner.numpy()).mean() > 0.9995
    assert np.abs(fused.confidence.astype(np.float32) - share.numpy()).max() < 5e-3
    assert not fused.carried[:20].any()
    assert (fused.labels[fused.carried] == labels[fused.carried]).all()


def test_nothing_carried_is_the_prediction(predictor: Predictor, image: np.ndarray) -> None:
    encoded = predictor.encode(image)
    size = encoded.size
    fused = fused_labels(
        predictor, encoded, np.full(size, 255, np.uint8), np.zeros(size, np.float32), range(11)
    )
    prediction = predictor.predict(encoded)
    assert (fused.labels == prediction.labels).mean() > 0.9995
    assert not fused.carried.any()
    difference = fused.confidence.astype(np.float32) - prediction.confidence.astype(np.float32)
    assert np.abs(difference).max() < 5e-3


def test_ids_are_the_projects_and_a_class_the_model_lacks_is_carried(
    predictor: Predictor, image: np.ndarray
) -> None:
    encoded = predictor.encode(image)
    labels = np.full(encoded.size, 30, np.uint8)
    confidence = np.zeros(encoded.size, np.float32)
    confidence[:64] = 0.2
    ids = [20 - number for number in range(11)]
    fused = fused_labels(predictor, encoded, labels, confidence, ids)
    assert (fused.labels[:64] == 30).all()
    expected = 20 - predictor.predict(encoded).labels[64:].astype(int)
    assert (fused.labels[64:] == expected).mean() > 0.9995


def test_maps_of_another_size_are_refused(predictor: Predictor, image: np.ndarray) -> None:
    small = np.zeros((3, 3), np.uint8)
    with pytest.raises(RequestError, match="must agree"):
        fused_labels(predictor, predictor.encode(image), small, small.astype(np.float32), range(11))
