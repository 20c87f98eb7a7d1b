"""The outline of a region of cells, as straight pieces."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segcore.opencv import cv2

MOST_PIECES = 8000
"""Of an outline that is still drawn as it is."""


def cell_outline(cells: npt.NDArray[np.bool_], most: int = MOST_PIECES) -> npt.NDArray[np.float64]:
    """Where cells of a region meet cells, or the border, that are none of it.

    Args:
        cells: (H, W) bool.
        most: a region that has more pieces is coarsened by halves, each 2 x 2 cells going with
            their majority, until it has no more: a screen could not show them.

    Returns:
        (n, 4) float64, straight pieces (x0, y0, x1, y1) in parts of the grid's width and height,
        0 to 1; horizontal ones first, each as long as it can be.
    """
    pieces = _pieces(cells)
    while len(pieces) > most and max(cells.shape) > 2:
        size = (max(cells.shape[1] // 2, 1), max(cells.shape[0] // 2, 1))
        shares = cv2.resize(cells.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        cells = np.asarray(shares >= 0.5)
        pieces = _pieces(cells)
    height, width = cells.shape
    return pieces / np.array([width, height, width, height], np.float64)


def _pieces(cells: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """(n, 4) (x0, y0, x1, y1) in cells."""
    padded = np.pad(cells, 1).astype(np.int8)
    # The side on which the region lies parts pieces that only touch at a corner.
    rows, begins, ends = _runs(np.diff(padded, axis=0)[:, 1:-1])
    columns, tops, bottoms = _runs(np.diff(padded, axis=1)[1:-1].T)
    across = np.stack([begins, rows, ends, rows], axis=1)
    down = np.stack([columns, tops, columns, bottoms], axis=1)
    return np.concatenate([across, down])


def _runs(
    signs: npt.NDArray[np.int8],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Of (lines, places) the runs of one sign other than 0: line, first place, last-plus-one."""
    edges = np.pad(signs, ((0, 0), (1, 1)))
    changes = edges[:, 1:] != edges[:, :-1]
    starts_line, starts = np.nonzero(changes & (edges[:, 1:] != 0))
    _, stops = np.nonzero(changes & (edges[:, :-1] != 0))
    return starts_line.astype(np.int64), starts.astype(np.int64), stops.astype(np.int64)
