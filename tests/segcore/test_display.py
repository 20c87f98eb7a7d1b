"""What values of a picture become on the screen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcore.display import LIMITS, DisplayCurve, auto_contrast
from segcore.errors import RequestError

CURVES = st.builds(DisplayCurve, **{name: st.floats(*ends) for name, ends in LIMITS.items()})


def test_the_neutral_curve_changes_nothing() -> None:
    assert np.array_equal(DisplayCurve().table(), np.arange(256))
    assert DisplayCurve().is_neutral
    assert not DisplayCurve(gamma=1.01).is_neutral


@given(CURVES)
def test_lighter_stays_lighter(curve: DisplayCurve) -> None:
    table = curve.table()
    assert table.shape == (256,)
    assert (np.diff(table.astype(int)) >= 0).all()


def test_each_figure_does_what_it_is_called() -> None:
    assert DisplayCurve(brightness=0.2).table()[100] == 151
    assert DisplayCurve(contrast=2).table()[[64, 127, 191]].tolist() == [0, 126, 254]
    gamma = DisplayCurve(gamma=2).table()
    assert gamma[[0, 64, 255]].tolist() == [0, 128, 255]


@pytest.mark.parametrize("bad", [{"contrast": 0}, {"brightness": 1.5}, {"gamma": float("nan")}])
def test_figures_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(RequestError, match=next(iter(bad)).capitalize()):
        DisplayCurve(**bad)


def test_auto_contrast_spreads_the_percentiles() -> None:
    rng = np.random.default_rng(3)
    image = np.clip(rng.normal(90, 12, (400, 500, 1)), 0, 255).astype(np.uint8).repeat(3, axis=2)
    shown = auto_contrast(image).table()[image[..., 0]]
    low, high = np.percentile(shown, (1, 99))
    assert low <= 3
    assert high >= 252
    assert np.isclose((shown == 0).mean(), 0.01, atol=0.01)


def test_auto_contrast_of_a_flat_picture_and_of_a_huge_one() -> None:
    flat = auto_contrast(np.full((5, 5, 3), 200, np.uint8))
    assert flat.contrast == LIMITS["contrast"][1]
    assert abs(int(flat.table()[200]) - 128) <= 1
    ramp = np.linspace(50, 150, 3000).astype(np.uint8)
    huge = np.broadcast_to(ramp[:, None, None], (3000, 2000, 3))
    curve = auto_contrast(np.ascontiguousarray(huge))
    assert curve.table()[51] <= 4
    assert curve.table()[149] >= 251
