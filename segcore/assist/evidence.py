"""What a model knows of a part of a picture, as plain arrays on its grid: for tools that ask often.

It is taken from a model once (`model_evidence`); clicks, sliders and brushes then draw from it
without the model, on any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.geometry import Box, Point, cell_of_point
from segcore.inference.quads import label_quads
from segcore.inference.spans import QuadAxis, Span

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Logits and features of a model over a part of a picture.

    Attributes:
        box: the image pixels that the grid lies over.
        logits: (C, h, w) float32, classes in the model's order.
        features: (S, D, h, w) float32, of S places of the network, each cell a vector of length 1:
            a dot product is how alike two cells are there, -1 to 1.
    """

    box: Box
    logits: Floats
    features: Floats

    @property
    def grid(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.logits.shape[1], self.logits.shape[2]

    @cached_property
    def probabilities(self) -> Floats:
        """(C, h, w), softmax of the logits."""
        shares = np.exp(self.logits - self.logits.max(axis=0))
        shares /= shares.sum(axis=0)
        return np.asarray(shares, np.float32)

    def cell(self, point: Point) -> tuple[int, int]:
        """The (row, column) in which an image pixel falls.

        Raises:
            RequestError: it lies outside the box.
        """
        inside = (point[0] - self.box.x0, point[1] - self.box.y0)
        return cell_of_point(inside, self.box.size, self.grid)

    def labels(self, place: Box, bias: Sequence[float] | Floats | None = None) -> Ids:
        """The winner at each pixel of a part of the box, (h, w) uint16 in the model's ids.

        Logits are upsampled bilinearly, as the model's labels are.

        Args:
            bias: (C,) what is added to each class's logit.

        Raises:
            RequestError: the place is not inside the box, or the bias not of C numbers.
        """
        labels = np.empty(place.size, np.uint16)
        label_quads(self.biased(bias), *self._axes(place), labels, threads=2)
        return labels

    def labels_and_confidence(
        self, place: Box, bias: Sequence[float] | Floats | None = None, temperature: float = 1.0
    ) -> tuple[Ids, npt.NDArray[np.float16]]:
        """As `labels`, with the winner's probability after dividing the logits by `temperature`."""
        labels = np.empty(place.size, np.uint16)
        confidence = np.empty(place.size, np.float16)
        logits = self.biased(bias) / np.float32(temperature)
        label_quads(logits, *self._axes(place), labels, confidence, threads=2)
        return labels, confidence

    def winners(self, bias: Sequence[float] | Floats | None = None) -> Ids:
        """(h, w) uint16 the winner in each cell of the grid; arguments as `labels`.

        Class by class, which is several times as fast as an argmax across them.
        """
        logits = self.biased(bias)
        best, won = logits[0].copy(), np.zeros(self.grid, np.uint16)
        for number, values in enumerate(logits[1:], 1):
            np.copyto(won, np.uint16(number), where=values > best)
            np.maximum(best, values, out=best)
        return won

    def certainty(
        self, bias: Sequence[float] | Floats | None = None, temperature: float = 1.0
    ) -> Floats:
        """(h, w) the winner's probability in each cell of the grid; arguments as `labels`."""
        logits = self.biased(bias) / np.float32(temperature)
        logits -= logits.max(axis=0)
        return np.asarray(1 / np.exp(logits).sum(axis=0), np.float32)

    def biased(self, bias: Sequence[float] | Floats | None) -> Floats:
        """The logits with what is added to each class.

        Raises:
            RequestError: there are not as many numbers as classes.
        """
        if bias is None:
            return self.logits
        added = np.asarray(bias, np.float32)
        if added.shape != (len(self.logits),):
            raise RequestError(
                f"{added.size} biases do not go with {len(self.logits)} classes: give one for each."
            )
        return np.asarray(self.logits + added[:, None, None], np.float32)

    def upsampled(self, values: Floats, place: Box) -> Floats:
        """Values of the grid's cells (..., h, w) at the pixels of a part of the box, bilinear."""
        rows, columns = self._axes(place)
        above, below = _neighbours(rows)
        left, right = _neighbours(columns)
        down, along = rows.weight[:, None], columns.weight
        upper = values[..., above, :]
        lines = upper + (values[..., below, :] - upper) * down
        first = lines[..., left]
        return np.asarray(first + (lines[..., right] - first) * along, np.float32)

    def _axes(self, place: Box) -> tuple[QuadAxis, QuadAxis]:
        if place.is_empty or not self.box.covers(place):
            raise RequestError(
                f"The place {tuple(place)} is not inside {tuple(self.box)}, where the model looked."
            )
        return (
            _axis(place.y0 - self.box.y0, place.height, self.grid[0], self.box.height),
            _axis(place.x0 - self.box.x0, place.width, self.grid[1], self.box.width),
        )


def _axis(start: int, pixels: int, cells: int, size: int) -> QuadAxis:
    return QuadAxis.over(Span(start, start + pixels, cells / size, cells, 0, cells))


def _neighbours(axis: QuadAxis) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    last = axis.quads - 2
    return np.clip(axis.quad - 1, 0, last), np.clip(axis.quad, 0, last)
