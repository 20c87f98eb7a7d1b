"""The logit grid as it is: what the network decides at a quarter of the resolution.

Labels at the picture's own size are the argmax of logits that are upsampled bilinearly. Boundaries
finer than the grid's cells come from that interpolation and not from anything the network saw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.inference.blend import blended_blocks
from segcore.inference.blocks import Block
from segcore.inference.encoded import EncodedImage
from segcore.inference.passes import WindowRun
from segcore.inference.predictor import Predictor
from segcore.inference.upsample import empty_labels
from segcore.labels import LabelMap
from segcore.progress import CancelToken, ProgressCallback, Ticker


@dataclass(frozen=True, eq=False)
class NativeGrid:
    """The classes of the logit grid's cells, and where the cells lie on the picture.

    Cell (row, column) covers the image from `column * width` to `(column + 1) * width` across and
    from `row * height` to `(row + 1) * height` down; the last may reach beyond the edge.

    Attributes:
        labels: (h, w) class ids, the argmax of each cell's own logits.
        width, height: image pixels of a cell, no whole number where the picture is resized.
    """

    labels: LabelMap
    width: float
    height: float


def native_grid(
    predictor: Predictor,
    encoded: EncodedImage,
    *,
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
) -> NativeGrid:
    """The winner of every cell of the logit grid, without upsampling.

    Of a protocol with several passes it is the first one's. Overlapping tiles are blended first.

    Raises:
        RequestError: the protocol's windows begin anywhere, so that there is no one grid.
        Cancelled: it was called off.
    """
    plan = encoded.plan
    if plan.averaged:
        raise RequestError(
            "These sliding windows have a grid each: choose another protocol to see one grid."
        )
    labels: LabelMap = empty_labels((plan.rows.grid, plan.columns.grid), predictor.classes)

    def run() -> None:
        ticker = Ticker(len(encoded.windows), progress)
        for block in blended_blocks(plan, WindowRun(encoded, cancel, ticker).logits):
            _put(labels, block)

    predictor.with_less_memory(encoded, run)
    return NativeGrid(labels, 1 / plan.columns.scale, 1 / plan.rows.scale)


def _put(labels: LabelMap, block: Block) -> None:
    """Write the winners of a block's cells; a line that two blocks share is the same in both."""
    rows = slice(block.rows.origin, block.rows.origin + block.rows.cells)
    columns = slice(block.columns.origin, block.columns.origin + block.columns.cells)
    winners: npt.NDArray[np.int64] = block.logits.argmax(dim=0).cpu().numpy()
    labels[rows, columns] = winners.astype(labels.dtype)
