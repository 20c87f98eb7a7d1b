"""Figures of receptive fields, against squares counted one by one."""

from __future__ import annotations

import numpy as np
import pytest

from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.inspection import erf_figures, erf_picture


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
