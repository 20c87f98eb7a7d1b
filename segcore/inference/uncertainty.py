"""How undecided the model is at each pixel: entropy and margin of its softmax.

From the logits of the kept features, strip by strip, as labels and confidence are: full-size logits
are never made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.errors import RequestError
from segcore.inference.blocks import Block
from segcore.inference.encoded import EncodedImage
from segcore.inference.passes import pieces_of
from segcore.inference.upsample import upsampled_strips
from segcore.progress import CancelToken, ProgressCallback, Ticker

Measure = Literal["entropy", "margin"]
Map = npt.NDArray[np.float16]

MEASURES: tuple[Measure, ...] = ("entropy", "margin")


class MakesRoom(Protocol):
    """What is needed of a predictor."""

    def with_less_memory(self, encoded: EncodedImage, run: Callable[[], None]) -> None:
        """Run it; when memory runs out, again with less at a time."""


_LEAST = 1e-30
"""A probability whose logarithm is still a number."""


def uncertainty_maps(
    predictor: MakesRoom,
    encoded: EncodedImage,
    measures: Collection[Measure] = MEASURES,
    *,
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
) -> dict[Measure, Map]:
    """Measures of doubt at the picture's own size, (H, W) float16 from 0 to 1 each.

    - `entropy`: of the softmax over all C classes, divided by log C: 0 where one class has all the
      probability, 1 where all are equally likely. 0 everywhere with a single class.
    - `margin`: the probability of the likeliest class less that of the second: 1 where there is no
      doubt, 0 where two are equally likely. 1 everywhere with a single class.

    Features that `encoded` keeps are not computed again. Where the protocol has several passes, the
    measures are of the mean of their probabilities, as the labels are.

    Args:
        progress: told how many pixels of the picture are done, once a strip.

    Raises:
        Cancelled: `cancel` was called; it is looked at between strips.
        RequestError: an unknown measure, or memory runs out on the CPU too.
    """
    unknown = [name for name in measures if name not in MEASURES]
    if unknown:
        raise RequestError(
            f'There is no measure "{unknown[0]}": choose among {", ".join(MEASURES)}.'
        )
    maps = {name: np.empty(encoded.size, np.float16) for name in MEASURES if name in measures}

    def run() -> None:
        ticker = Ticker(encoded.size[0] * encoded.size[1], progress)
        for piece in pieces_of(encoded, cancel, None):
            if isinstance(piece, Block):
                _measure_block(piece, maps, cancel, ticker)
            else:
                _measure_strip(*piece, maps, ticker)

    predictor.with_less_memory(encoded, run)
    return maps


@torch.inference_mode()
def _measure_block(
    block: Block, maps: dict[Measure, Map], cancel: CancelToken | None, ticker: Ticker
) -> None:
    """Write the block's pixels of every map."""
    columns = slice(block.box.x0, block.box.x1)
    for rows, logits in upsampled_strips(block):
        if cancel is not None:
            cancel.raise_if_cancelled()
        for name, values in _measured(logits, maps.keys()).items():
            maps[name][rows, columns] = values.half().cpu().numpy()
        ticker.tick(steps=(rows.stop - rows.start) * block.box.width)


@torch.inference_mode()
def _measure_strip(
    rows: slice, probabilities: Tensor, maps: dict[Measure, Map], ticker: Ticker
) -> None:
    """Write some rows of every map; the logarithms of probabilities are their logits."""
    logits = probabilities.clamp_min(_LEAST).log()
    for name, values in _measured(logits, maps.keys()).items():
        maps[name][rows] = values.half().cpu().numpy()
    ticker.tick(steps=(rows.stop - rows.start) * probabilities.shape[2])


def _measured(logits: Tensor, measures: Collection[Measure]) -> dict[Measure, Tensor]:
    """Logits (C, h, w), which are used up, to (h, w) float32 of 0 to 1."""
    found: dict[Measure, Tensor] = {}
    best, winner = logits.max(dim=0)
    relative = logits.sub_(best)
    weights = relative.exp()
    total = weights.sum(dim=0)
    if "entropy" in measures:
        # log total - Σ p · logit; a class without any probability adds nothing, not NaN.
        mean = (weights * relative.clamp_min(-1e4)).sum(dim=0).div_(total)
        scale = math.log(len(logits)) if len(logits) > 1 else 1.0
        found["entropy"] = total.log().sub_(mean).div_(scale).clamp_(0, 1)
    if "margin" in measures:
        others = weights.scatter_(0, winner[None], 0.0)
        found["margin"] = (1 - others.amax(dim=0)).div_(total)
    return found
