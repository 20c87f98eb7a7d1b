from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import segcore
from segcore.inference.mean_entropy import MeanEntropy
from segcore.inference.protocol import InferenceProtocol
from segcore.inference.uncertainty import uncertainty_maps


@pytest.fixture(scope="module")
def predictor() -> segcore.Predictor:
    return segcore.Predictor.load("street-b0", device="cpu", backend="torch")


def noisy_street() -> np.ndarray:
    """Half of it plain, half of it nothing that a model could know."""
    image = np.full((192, 256, 3), 120, np.uint8)
    image[:, 128:] = np.random.default_rng(3).integers(0, 255, (192, 128, 3))
    return image


@pytest.mark.parametrize("scales", [(1.0,), (0.75, 1.0)])
def test_a_predictions_uncertainty_is_the_mean_of_its_entropy_map(
    predictor: segcore.Predictor, scales: tuple[float, ...]
) -> None:
    protocol = InferenceProtocol(scales=scales)
    encoded = predictor.encode(noisy_street(), protocol=protocol)
    prediction = predictor.predict(encoded)
    whole = uncertainty_maps(predictor, encoded, ("entropy",))["entropy"]
    assert prediction.uncertainty == pytest.approx(float(whole.astype(float).mean()), abs=0.02)
    assert 0 < prediction.uncertainty < 1


def test_it_comes_without_confidence_too(predictor: segcore.Predictor) -> None:
    image = noisy_street()
    without = predictor.predict(image, confidence=False)
    assert without.uncertainty == pytest.approx(predictor.predict(image).uncertainty, abs=1e-6)


def test_certain_and_clueless() -> None:
    entropy = MeanEntropy()
    assert math.isnan(entropy.value)
    sure, clueless = torch.zeros(4, 16, 16), torch.full((4, 16, 16), 0.25)
    sure[1] = 1.0
    entropy.add_strip(slice(0, 16), sure)
    assert entropy.value == pytest.approx(0.0, abs=1e-6)
    entropy.add_strip(slice(16, 32), clueless)
    assert entropy.value == pytest.approx(0.5, abs=1e-6)
