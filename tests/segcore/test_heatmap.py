"""Heat maps."""

from __future__ import annotations

from fractions import Fraction

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


def signed(values: object) -> HeatMap:
    array = np.asarray(values, np.float32)
    return HeatMap(array, "test", Box(0, 0, array.shape[1], array.shape[0]), signed=True)


def test_a_signed_map_has_zero_in_the_middle_and_one_scale_for_both_signs() -> None:
    for kind in KINDS:
        shown = signed([[-2, -1, 0, 1, 4, np.nan]]).normalised(kind)[0]
        assert shown[2] == shown[5] == 0.5
        assert shown[4] == pytest.approx(1)
        assert shown[1] + shown[3] == pytest.approx(1)
        assert (np.diff(shown[:5]) > 0).all()
    np.testing.assert_allclose(signed([[-2, 1, 4]]).normalised(), [[0.25, 0.625, 1]])
    assert signed([[-2, 1, 4]]).limits() == (-4, 4)
    assert (signed([[0, 0]]).normalised() == 0.5).all()


def test_a_signed_map_is_blue_below_and_red_above() -> None:
    below, above = signed([[-1, 1]]).colour()[0, :, :3].astype(int)
    assert below[2] > below[0]
    assert above[0] > above[2]


def test_a_difference_is_signed_and_only_of_maps_in_the_same_place() -> None:
    difference = heat([[1, 5]]).minus(heat([[2, 3]]), "first less second")
    assert difference.signed
    np.testing.assert_array_equal(np.asarray(difference), [[-1, 2]])
    assert difference.meaning == "first less second"
    with pytest.raises(RequestError, match="same part"):
        heat([[1, 5]]).minus(heat([[1], [5]]), "")
    moved = HeatMap(np.ones((1, 2), np.float32), "", Box(1, 0, 3, 1))
    with pytest.raises(RequestError, match="same part"):
        heat([[1, 5]]).minus(moved, "")


@given(
    hnp.arrays(np.int64, (3, 4), elements=st.integers(-3, 20)),
    st.fractions(min_value=Fraction(1, 40), max_value=1, max_denominator=40),
)
def test_a_region_is_the_fewest_cells_that_hold_the_share(
    values: np.ndarray, share: Fraction
) -> None:
    cells = heat(values).cells_of_share(float(share))
    amounts = sorted((int(value) for value in values.clip(0).ravel()), reverse=True)
    total, held, fewest = sum(amounts), 0, 0
    while total and held < share * total:
        held += amounts[fewest]
        fewest += 1
    # A share that no binary number equals may need one cell more or less, never another sum.
    found = int(values[cells].sum())
    if Fraction(float(share)) == share:
        assert cells.sum() == fewest
        assert found == held
    assert found >= float(share) * total * (1 - 1e-12)
    if cells.any():
        assert found - int(values[cells].min()) < float(share) * total
        assert values[cells].min() >= values[~cells].max(initial=-9)


def test_a_share_of_nothing_is_no_region_and_other_shares_are_refused() -> None:
    assert not heat([[0, -3], [np.nan, 0]]).cells_of_share(0.5).any()
    assert heat([[1, 0], [np.inf, 2]]).cells_of_share(1.0).tolist() == [
        [True, False],
        [False, True],
    ]
    for share in (0.0, -1.0, 1.01, float("nan")):
        with pytest.raises(RequestError, match="no share"):
            heat([[1]]).cells_of_share(share)


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 14), st.integers(1, 14)),
    st.integers(0, 10**6),
)
def test_a_pixel_is_in_the_region_when_its_centre_is_in_a_chosen_cell(
    rows: int, columns: int, place: tuple[int, int, int, int], seed: int
) -> None:
    x, y, width, height = place
    rng = np.random.default_rng(seed)
    heat_map = HeatMap(
        rng.random((rows, columns), np.float32), "", Box(x, y, x + width, y + height)
    )
    size = (16, 17)  # the box may reach beyond the image
    cells, region = heat_map.cells_of_share(0.5), heat_map.region(0.5, size)
    for row in range(size[0]):
        for column in range(size[1]):
            inside = x <= column < x + width and y <= row < y + height
            cell = (
                int(Fraction(2 * (row - y) + 1, 2 * height) * rows),
                int(Fraction(2 * (column - x) + 1, 2 * width) * columns),
            )
            assert region[row, column] == (inside and cells[cell])
    where, inner = heat_map.region_in_box(0.5, size)
    assert inner.shape == where.size
    np.testing.assert_array_equal(region[where.slices], inner)
    assert region.sum() == inner.sum()


def test_replknet_shows_the_values_as_they_are_and_a_top_makes_scales_common():
    values = np.array([[0, 9, 99], [-5, np.nan, 999]], np.float32)
    heat_map = HeatMap(values, "test", Box(0, 0, 3, 2))
    shown = heat_map.normalised("replknet")
    np.testing.assert_allclose(shown, np.array([[0, 1, 2], [0, 0, 3]]) / 3, atol=1e-6)
    common = heat_map.normalised("replknet", top=99_999)
    np.testing.assert_allclose(common, np.array([[0, 1, 2], [0, 0, 3]]) / 5, atol=1e-6)
    linear = HeatMap(values.clip(0), "test", Box(0, 0, 3, 2)).normalised(top=1998)
    assert linear[1, 2] == pytest.approx(0.5)
    signed = HeatMap(np.array([[-9, 0, 99]], np.float32), "test", Box(0, 0, 3, 1), signed=True)
    np.testing.assert_allclose(signed.normalised("replknet"), [[0.25, 0.5, 1]], atol=1e-6)
    assert (HeatMap(values * 0, "test", Box(0, 0, 3, 2)).normalised("replknet") == 0).all()
