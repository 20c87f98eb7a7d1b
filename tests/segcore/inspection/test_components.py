"""Principal components of features, against a singular value decomposition."""

from __future__ import annotations

import numpy as np
import pytest

from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.inspection.components import channel_map, channel_order, principal_components


def test_components_equal_those_of_a_singular_value_decomposition():
    rng = np.random.default_rng(5)
    features = (rng.normal(size=(8, 3)) @ rng.normal(size=(3, 60))).reshape(8, 6, 10)
    features = (features + 0.01 * rng.normal(size=features.shape)).astype(np.float32)
    found = principal_components(features, 3)
    flat = features.reshape(8, -1).astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    _, singular, places = np.linalg.svd(flat, full_matrices=False)
    for ours, size, place in zip(found.values, singular, places):
        assert abs(np.corrcoef(ours.ravel(), place)[0, 1]) == pytest.approx(1, abs=1e-6)
        assert np.abs(ours).max() == pytest.approx(size * np.abs(place).max(), rel=1e-4)
    np.testing.assert_allclose(found.shares, (singular**2 / (singular**2).sum())[:3], rtol=1e-4)


def test_with_more_channels_than_places_they_are_the_same():
    rng = np.random.default_rng(9)
    features = rng.normal(size=(50, 3, 4)).astype(np.float32) + 7
    found = principal_components(features, 3)
    flat = features.reshape(50, -1).astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    _, singular, places = np.linalg.svd(flat, full_matrices=False)
    for ours, size, place in zip(found.values, singular, places):
        assert abs(np.corrcoef(ours.ravel(), place)[0, 1]) == pytest.approx(1, abs=1e-5)
        assert np.abs(ours).max() == pytest.approx(size * np.abs(place).max(), rel=1e-4)
    np.testing.assert_allclose(found.shares, (singular**2 / (singular**2).sum())[:3], rtol=1e-4)


def test_a_sample_of_a_large_grid_settles_the_components():
    rng = np.random.default_rng(10)
    smooth = np.cumsum(rng.normal(size=(6, 200, 200)), axis=2)
    features = np.einsum("ck,khw->chw", rng.normal(size=(6, 6)), smooth).astype(np.float32)
    found = principal_components(features, 2)
    flat = features.reshape(6, -1).astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    variances, loadings = np.linalg.eigh(flat @ flat.T)
    for number, ours in enumerate(found.values, start=1):
        assert abs(np.corrcoef(ours.ravel(), loadings[:, -number] @ flat)[0, 1]) > 0.999
    shares = variances[::-1][:2] / variances.sum()
    np.testing.assert_allclose(found.shares, shares, atol=0.01)


def test_channels_are_ordered_by_what_varies_or_fires_most():
    features = np.zeros((3, 2, 2), np.float32)
    features[0] = 5
    features[1, 0, 0] = -9
    features[2] = [[1, -1], [1, -1]]
    assert channel_order(features, "number").tolist() == [0, 1, 2]
    assert channel_order(features, "variance").tolist() == [1, 2, 0]
    assert channel_order(features, "activation", (0, 0)).tolist() == [1, 0, 2]
    assert channel_order(features, "activation", (1, 1)).tolist() == [0, 2, 1]
    with pytest.raises(RequestError):
        channel_order(features, "activation")


def test_the_picture_does_not_depend_on_the_features_scale_and_sign_is_settled():
    features = np.random.default_rng(6).normal(size=(5, 7, 9)).astype(np.float32)
    picture = principal_components(features).picture()
    assert picture.shape == (7, 9, 3)
    assert picture.min() == 0
    assert picture.max() == 255
    scaled = principal_components(features * 50 + 3).picture()
    assert np.abs(picture.astype(int) - scaled).max() <= 1


def test_features_that_are_all_alike_are_black():
    found = principal_components(np.ones((4, 3, 3), np.float32))
    assert not found.picture().any()
    assert not found.shares.any()


def test_a_channel_is_a_heat_map():
    features = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    found = channel_map(features, 1, Box(0, 0, 40, 30), "Stage 2")
    np.testing.assert_array_equal(np.asarray(found), features[1])
    assert found.meaning == "Stage 2, channel 1"


@pytest.mark.parametrize(
    "call",
    [
        lambda f: principal_components(f, 3),
        lambda f: principal_components(f[0]),
        lambda f: principal_components(f * np.nan, 1),
        lambda f: channel_map(f, 2, Box(0, 0, 1, 1), "x"),
    ],
)
def test_what_cannot_be_shown_is_refused(call):
    with pytest.raises(RequestError):
        call(np.ones((2, 3, 4), np.float32))
