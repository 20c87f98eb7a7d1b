"""Heat maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.heatmap import HeatMap, Normalisation, colour_table

any_values = hnp.arrays(np.float32, (3, 4), elements=st.floats(width=32))
KINDS: tuple[Normalisation, ...] = ("linear", "log", "power")


def heat(values: object) -> HeatMap:
    array = np.asarray(values, np.float32)
    return HeatMap(array, "test", Box(0, 0, array.shape[1], array.shape[0]))


@given(any_values, st.sampled_from(KINDS), st.sampled_from([(0.0, 100.0), (1.0, 99.0)]))
def test_whatever_comes_in_it_lies_between_0_and_1(
    values: np.ndarray, kind: Normalisation, ends: tuple[float, float]
) -> None:
    shown = heat(values).normalised(kind, low_percentile=ends[0], high_percentile=ends[1])
    assert shown.dtype == np.float32
    assert np.isfinite(shown).all()
    assert shown.min() >= 0
    assert shown.max() <= 1


def test_zero_stays_zero_and_the_largest_is_one() -> None:
    for kind in KINDS:
        shown = heat([[0, 1, 2, 4]]).normalised(kind)
        assert shown[0, 0] == 0
        assert shown[0, 3] == pytest.approx(1)
        assert (np.diff(shown[0]) > 0).all()
    np.testing.assert_allclose(heat([[1, 2, 4]]).normalised(), [[0.25, 0.5, 1]])
    np.testing.assert_allclose(heat([[-2, 0, 2]]).normalised(), [[0, 0.5, 1]])


def test_log_is_repLKNets_on_scaled_values() -> None:
    values = np.array([[0, 0.25, 0.5, 1]], np.float32)
    expected = np.log10(1000 * values + 1) / np.log10(1001)
    np.testing.assert_allclose(heat(values * 7).normalised("log"), expected, rtol=1e-6)


def test_not_a_number_is_dark_and_infinity_bright() -> None:
    shown = heat([[np.nan, np.inf, -np.inf, 0, 2]]).normalised()
    np.testing.assert_array_equal(shown, [[0, 1, 0, 0, 1]])


def test_constant_maps() -> None:
    assert not heat(np.zeros((2, 2))).normalised().any()
    assert (heat(np.full((2, 2), 3)).normalised() == 1).all()
    assert not heat(np.full((2, 2), np.nan)).normalised().any()


def test_percentiles_clip() -> None:
    values = np.arange(101, dtype=np.float32)[None]
    shown = heat(values).normalised(low_percentile=10, high_percentile=90)
    assert (shown[0, :11] == 0).all()
    assert (shown[0, 90:] == 1).all()
    assert shown[0, 50] == pytest.approx(0.5)
    with pytest.raises(RequestError):
        heat(values).normalised(low_percentile=90, high_percentile=10)


def test_colours_are_matplotlibs() -> None:
    from matplotlib import colormaps

    values = np.linspace(0, 1, 256, dtype=np.float32)[None]
    expected = colormaps["viridis"](np.arange(256), bytes=True)
    difference = np.abs(heat(values).colour("viridis")[0].astype(int) - expected)
    assert difference.max() <= 1
    assert colour_table("magma") is colour_table("magma")
    with pytest.raises(RequestError, match="no colour map"):
        colour_table("greyish")


def test_it_is_an_array_to_numpy() -> None:
    values = np.arange(6, dtype=np.float64).reshape(2, 3)
    array = np.asarray(heat(values))
    assert array.dtype == np.float32
    assert array.shape == heat(values).shape == (2, 3)
    assert np.asarray(heat(values), np.float64).dtype == np.float64
    with pytest.raises(RequestError, match="rows and columns"):
        heat(np.zeros((2, 3, 4)))
