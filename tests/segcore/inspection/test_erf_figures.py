"""Figures of receptive fields, against squares counted one by one."""

from __future__ import annotations

import numpy as np
import pytest

from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.inspection import erf_figures, erf_picture
from segcore.inspection.erf_figures import replknet_area_ratios


def heat_map(values: np.ndarray, box: Box | None = None) -> HeatMap:
    return HeatMap(values, "test", box or Box.of_size(values.shape))


def counted(values: np.ndarray, row: int, column: int, share: float) -> float:
    height, width = values.shape
    for reach in range(1, height + width):
        top, left = max(row - reach, 0), max(column - reach, 0)
        square = values[top : row + reach + 1, left : column + reach + 1]
        if square.sum() > share * values.sum():
            return square.size / values.size
    return 1.0


@pytest.mark.parametrize("size", [(21, 33), (40, 17), (3, 3), (1, 1), (2, 30)])
@pytest.mark.parametrize("corner", [False, True])
def test_area_ratios_are_those_of_squares_counted_one_by_one(size, corner):
    values = np.random.default_rng(4).random(size).astype(np.float32) ** 3
    height, width = size
    row, column = (0, width - 1) if corner else (height // 2, width // 2)
    point = (column, row) if corner else None
    figures = erf_figures(heat_map(values), point)
    exact = values.astype(np.float64)
    assert list(figures.area_ratio) == [20, 30, 50, 99]
    for share, ratio in figures.area_ratio.items():
        assert ratio == pytest.approx(counted(exact, row, column, share / 100))


def test_centroid_and_radius():
    values = np.zeros((20, 30), np.float32)
    values[5, 10] = values[5, 20] = 2
    figures = erf_figures(heat_map(values), (15, 5))
    assert figures.centroid == (15, 5)
    assert figures.radius == 5
    assert erf_figures(heat_map(-values), (15, 5)) == figures


def test_the_point_is_of_the_image_that_the_map_covers():
    values = np.zeros((8, 8), np.float32)
    values[2, 6] = 1
    figures = erf_figures(heat_map(values, Box(100, 50, 180, 130)), (165, 75))
    assert figures.radius == 0
    with pytest.raises(RequestError):
        erf_figures(heat_map(values, Box(100, 50, 180, 130)), (99, 75))


def test_zeros_have_figures_too():
    figures = erf_figures(heat_map(np.zeros((6, 8), np.float32)))
    assert figures.area_ratio == {20: 1.0, 30: 1.0, 50: 1.0, 99: 1.0}
    assert figures.to_json()["centroid"] == [4.0, 3.0]
    assert list(figures.to_json()["area_ratio"]) == ["20", "30", "50", "99"]


def test_the_picture_has_a_panel_for_each_target():
    values = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    maps = {"stage1": heat_map(values), "head": heat_map(values * 0)}
    figures = {name: erf_figures(one) for name, one in maps.items()}
    picture = erf_picture(maps, figures, title="a model")
    assert [axes.get_title() for axes in picture.axes[:2]] == ["Stage 1", "Head, logits"]
    picture.canvas.draw()
    from matplotlib import _pylab_helpers

    assert not _pylab_helpers.Gcf.figs


def by_the_script(values: np.ndarray, share: float) -> float | None:
    """The analysis as it is described, square by square; None where it finds nothing."""
    shown = np.log10(values.astype(np.float64) + 1)
    shown = shown / shown.max()
    height, width = shown.shape
    for reach in range(1, height // 2):
        rows = slice(height // 2 - reach, height // 2 + 1 + reach)
        columns = slice(width // 2 - reach, width // 2 + 1 + reach)
        if shown[rows, columns].sum() / shown.sum() > share:
            return (2 * reach + 1) / height * ((2 * reach + 1) / width)
    return None


@pytest.mark.parametrize("size", [(64, 64), (41, 41), (30, 50)])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e3])
def test_area_ratios_of_replknets_script_on_the_same_map(size, scale):
    y, x = np.mgrid[: size[0], : size[1]]
    away = np.hypot(y - size[0] // 2, x - size[1] // 2)
    values = (np.exp(-away / 5) * scale).astype(np.float32)
    figures = erf_figures(heat_map(values), analysis="replknet")
    for share, ratio in figures.area_ratio.items():
        expected = by_the_script(values, share / 100)
        assert ratio == pytest.approx(np.nan if expected is None else expected, nan_ok=True)
    assert figures.radius == erf_figures(heat_map(values)).radius


def test_the_scripts_ratios_depend_on_the_scale_and_zeros_have_none():
    y, x = np.mgrid[:64, :64]
    values = np.exp(-np.hypot(y - 32, x - 32) / 5)
    small, large = (replknet_area_ratios(values * scale)[50] for scale in (1e-3, 1e3))
    assert large > 1.5 * small
    figures = erf_figures(heat_map(values * 0), analysis="replknet")
    assert set(figures.to_json()["area_ratio"].values()) == {None}


def test_equivalent_radius_and_the_share_in_a_box():
    values = np.zeros((40, 40), np.float32)
    values[18:23, 18:23] = 1  # a square of 5 x 5 around (20, 20)
    box = Box(0, 0, 80, 80)  # every cell is 2 x 2 pixels
    figures = erf_figures(heat_map(values, box), box=Box(36, 0, 40, 80))
    assert figures.equivalent_radius == pytest.approx(np.sqrt(25 / np.pi))
    assert figures.box_share == pytest.approx(2 / 5)
    assert figures.to_json()["box_share"] == figures.box_share
    assert "box_share" not in erf_figures(heat_map(values)).to_json()
    with pytest.raises(RequestError, match="holds nothing"):
        erf_figures(heat_map(values, box), box=Box(90, 90, 99, 99))
