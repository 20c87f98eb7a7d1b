"""Feature maps as pictures: their first principal components, or one channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.heatmap import HeatMap

Floats = npt.NDArray[np.float32]

_CLIPPED = 1.0
"""Per cent at either end of a component that is clipped before it is shown."""


@dataclass(frozen=True, eq=False)
class Components:
    """The first principal components of a feature map.

    Attributes:
        values: (k, h, w) float32, the strongest first; each component's sign is the one in which
            its largest loading is positive.
        shares: (k,) float32, of the variance that each explains, 0 to 1.
    """

    values: Floats
    shares: Floats

    def picture(self) -> npt.NDArray[np.uint8]:
        """(h, w, 3) uint8: the first three as red, green and blue, each scaled to its own range."""
        planes = np.zeros((3, *self.values.shape[1:]), np.float32)
        for plane, component in zip(planes, self.values):
            low, high = np.percentile(component, (_CLIPPED, 100 - _CLIPPED))
            if high > low:
                plane[:] = np.clip((component - low) / (high - low), 0, 1)
        return np.ascontiguousarray((planes * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0))


def principal_components(features: Floats, count: int = 3) -> Components:
    """The principal components of (C, h, w) features over their places.

    Args:
        features: float32.
        count: how many, at most C.

    Raises:
        RequestError: the features are not (C, h, w), not finite, or have fewer channels.
    """
    if features.ndim != 3 or not 1 <= count <= len(features):
        raise RequestError(
            f"{count} components of features of shape {features.shape} cannot be taken: give "
            "(channels, height, width) and at most as many as there are channels."
        )
    flat = features.reshape(len(features), -1).astype(np.float64)
    if not np.isfinite(flat).all():
        raise RequestError("The features are not finite numbers: choose another model, or fp32.")
    flat -= flat.mean(axis=1, keepdims=True)
    variances, loadings = np.linalg.eigh(flat @ flat.T / flat.shape[1])
    chosen = loadings[:, ::-1][:, :count]
    strongest = np.abs(chosen).argmax(axis=0)
    chosen = chosen * np.where(chosen[strongest, np.arange(count)] < 0, -1.0, 1.0)
    total = max(float(variances.clip(0).sum()), np.finfo(np.float64).tiny)
    shares = variances[::-1][:count].clip(0) / total
    values = (chosen.T @ flat).reshape(count, *features.shape[1:])
    return Components(values.astype(np.float32), shares.astype(np.float32))


def channel_map(features: Floats, channel: int, box: Box, name: str) -> HeatMap:
    """One channel of (C, h, w) features as a heat map over `box`.

    Raises:
        RequestError: there is no such channel.
    """
    if not 0 <= channel < len(features):
        raise RequestError(f"There is no channel {channel}: choose 0 to {len(features) - 1}.")
    return HeatMap(features[channel], f"{name}, channel {channel}", box)
