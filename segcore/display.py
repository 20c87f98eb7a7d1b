"""Brightness, contrast and gamma of a picture as it is shown; never of what a model sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.opencv import cv2

LIMITS = {"brightness": (-1.0, 1.0), "contrast": (0.1, 10.0), "gamma": (0.1, 10.0)}
_SAMPLES = 1 << 18
"""Pixels, at most, that the percentiles are taken of."""


@dataclass(frozen=True)
class DisplayCurve:
    """How values of a picture, 0 to 1, become values on the screen.

    First `brightness` is added, then the distance from the middle grey is multiplied by `contrast`,
    then what is left between 0 and 1 is raised to 1 / `gamma`: above 1 shadows become lighter.

    Raises:
        RequestError: a figure outside `LIMITS`, or none.
    """

    brightness: float = 0.0
    contrast: float = 1.0
    gamma: float = 1.0

    def __post_init__(self) -> None:
        for name, (lowest, highest) in LIMITS.items():
            value = getattr(self, name)
            if not lowest <= value <= highest:
                raise RequestError(
                    f"{name.capitalize()} is {value:g}: give {lowest:g} to {highest:g}."
                )

    @property
    def is_neutral(self) -> bool:
        """Whether pictures look as they are."""
        return self == DisplayCurve()

    def table(self) -> npt.NDArray[np.uint8]:
        """(256,) uint8: what each value of a channel becomes."""
        value = np.arange(256) / 255
        value = np.clip((value + self.brightness - 0.5) * self.contrast + 0.5, 0, 1)
        shown: npt.NDArray[np.uint8] = np.round(255 * value ** (1 / self.gamma)).astype(np.uint8)
        return shown


def auto_contrast(
    image: npt.NDArray[np.uint8], low: float = 1.0, high: float = 99.0
) -> DisplayCurve:
    """The curve that makes the darkness at one percentile black and that at another white.

    Of the grey values (Rec. 601) of an (H, W, 3) uint8 RGB image; of large ones, of a regular
    sample. A picture with hardly any contrast gets the most that `LIMITS` has, around its middle.
    """
    step = max(int((image.shape[0] * image.shape[1] / _SAMPLES) ** 0.5), 1)
    grey = cv2.cvtColor(np.ascontiguousarray(image[::step, ::step]), cv2.COLOR_RGB2GRAY)
    darkest, lightest = (float(value) / 255 for value in np.percentile(grey, (low, high)))
    most = LIMITS["contrast"][1]
    contrast = min(1 / max(lightest - darkest, 1 / most), most)
    return DisplayCurve(brightness=0.5 - (darkest + lightest) / 2, contrast=contrast)
