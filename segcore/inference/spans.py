"""Where output pixels lie among the cells of the logit grid, along one axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Span:
    """Some pixels of the output, and the cells of the logit grid that we hold for them.

    Attributes:
        start, stop: the output pixels.
        scale: cells per output pixel.
        grid: cells of the whole grid, beyond which its edge goes on.
        origin, cells: the first cell that is held, and how many.
        shift: where cell 0 begins, in cells from the edge of the output: for grids of a part of it.
    """

    start: int
    stop: int
    scale: float
    grid: int
    origin: int
    cells: int
    shift: float = 0.0

    @classmethod
    def whole(cls, grid: int, size: int) -> Span:
        """All `size` pixels over all `grid` cells."""
        return cls(0, size, grid / size, grid, 0, grid)


@dataclass(frozen=True)
class QuadAxis:
    """The pixels of a span, each in its quad.

    A quad lies between two neighbouring cells of the held grid, padded with its own edge on both
    sides: quad k has the padded cells k and k + 1.

    Attributes:
        quad: (n,) the quad of each output pixel.
        weight: (n,) float32, its distance from the quad's first cell, 0 to 1.
        quads: how many quads there are, cells + 1.
        step: what the weight grows by from one pixel to the next.
    """

    quad: Ints
    weight: Floats
    quads: int
    step: np.float32

    @classmethod
    def over(cls, span: Span) -> QuadAxis:
        """The positions of bilinear interpolation with `align_corners=False`.

        In float32, rounded as torch rounds them.
        """
        position = np.arange(span.start, span.stop, dtype=np.float32) + np.float32(0.5)
        if span.shift:
            # Far from the edge float32 has too few digits for the difference.
            position = (position * np.float64(span.scale) - span.shift).astype(np.float32)
        else:
            position *= np.float32(span.scale)
        position -= np.float32(0.5)
        # Pixels beyond the outermost cells lie in the padded quads, whose two cells are equal.
        lower = np.floor(position)
        quad = np.clip(lower.astype(np.intp) - span.origin + 1, 0, span.cells)
        return cls(quad, position - lower, span.cells + 1, np.float32(span.scale))

    def packed(self) -> PackedAxis:
        """The same pixels, quad by quad."""
        counts = np.bincount(self.quad, minlength=self.quads)
        begins = np.concatenate(([0], np.cumsum(counts)[:-1]))
        within = np.arange(len(self.quad)) - begins[self.quad]
        weights = np.zeros((self.quads, max(1, int(counts.max(initial=0)))), np.float32)
        weights[self.quad, within] = self.weight
        return PackedAxis(weights, begins, counts, self.quad * weights.shape[1] + within, self.step)


@dataclass(frozen=True)
class PackedAxis:
    """The pixels of an axis as a table with a row for each quad.

    Attributes:
        weights: (quads, longest) float32, padded with 0.
        begins, counts: (quads,) the first pixel of each quad, and how many it has.
        places: (n,) where each pixel is in the flattened table.
        step: what the weight grows by from one pixel to the next.
    """

    weights: Floats
    begins: Ints
    counts: Ints
    places: Ints
    step: np.float32

    @property
    def longest(self) -> int:
        """Pixels of the fullest quad."""
        return int(self.weights.shape[1])
