"""Feature maps as pictures: their first principal components, or one channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.heatmap import HeatMap

Floats = npt.NDArray[np.float32]

ChannelOrder = Literal["variance", "activation", "number"]

_PLACES = 1 << 14
"""Places of a feature map that its components are computed from, at most."""

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
    flat = features.reshape(len(features), -1)
    if not np.isfinite(flat).all():
        raise RequestError("The features are not finite numbers: choose another model, or fp32.")
    # Neighbouring places say nearly the same: so many of them settle the directions.
    sample = flat[:, :: -(-flat.shape[1] // _PLACES)].astype(np.float64)
    mean = sample.mean(axis=1, keepdims=True)
    sample -= mean
    chosen, shares = _strongest(sample, count)
    strongest = np.abs(chosen).argmax(axis=0)
    chosen = chosen * np.where(chosen[strongest, np.arange(count)] < 0, -1.0, 1.0)
    values = chosen.astype(np.float32).T @ flat - (chosen.T @ mean).astype(np.float32)
    return Components(values.reshape(count, *features.shape[1:]), shares.astype(np.float32))


def _strongest(
    centred: npt.NDArray[np.float64], count: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The (C, count) directions of the largest variance of (C, N) values, and their shares.

    Of two matrices with the same eigenvalues, channels by channels and places by places, the
    smaller is taken apart. Directions that nothing varies along are zero.
    """
    channels, places = centred.shape
    few_places = places < channels
    matrix = centred.T @ centred if few_places else centred @ centred.T
    variances, vectors = np.linalg.eigh(matrix)
    total = max(float(variances.clip(0).sum()), np.finfo(np.float64).tiny)
    found = min(count, len(variances))
    largest = vectors[:, ::-1][:, :found]
    chosen = np.zeros((channels, count))
    chosen[:, :found] = _along(centred, largest) if few_places else largest
    shares = np.zeros(count)
    shares[:found] = variances[::-1][:found].clip(0) / total
    return chosen, shares


def _along(
    centred: npt.NDArray[np.float64], vectors: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Directions among channels from those among places, of length 1 or 0."""
    directions = centred @ vectors
    lengths = np.linalg.norm(directions, axis=0)
    scale = max(float(np.abs(centred).max(initial=0.0)), np.finfo(np.float64).tiny)
    known = lengths > 1e-9 * scale
    return np.where(known, directions / np.where(known, lengths, 1.0), 0.0)


def channel_order(
    features: Floats, by: ChannelOrder, cell: tuple[int, int] | None = None
) -> npt.NDArray[np.intp]:
    """The channels of (C, h, w) features, the most telling first, (C,).

    Args:
        by: `variance` over the places, `activation` (magnitude at `cell`), or `number`.
        cell: (row, column) of the features.

    Raises:
        RequestError: there is no such order, or `activation` without a cell.
    """
    if by == "number":
        return np.arange(len(features))
    if by == "variance":
        counts = features.reshape(len(features), -1).var(axis=1)
    elif by == "activation" and cell is not None:
        counts = np.abs(features[:, cell[0], cell[1]])
    else:
        raise RequestError(
            f'Channels cannot be ordered by "{by}" here: choose number or variance, or ask about a '
            "pixel and choose activation."
        )
    return np.argsort(-counts, kind="stable")


def channel_map(features: Floats, channel: int, box: Box, name: str) -> HeatMap:
    """One channel of (C, h, w) features as a heat map over `box`.

    Raises:
        RequestError: there is no such channel.
    """
    if not 0 <= channel < len(features):
        raise RequestError(f"There is no channel {channel}: choose 0 to {len(features) - 1}.")
    return HeatMap(features[channel], f"{name}, channel {channel}", box)
