"""Label maps that are made on the device and stay there until they are fetched as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.classes import ClassTable
from segcore.geometry import Size
from segcore.inference.blocks import Block
from segcore.inference.quads import Labels
from segcore.inference.upsample import label_block, upsampled_strips
from segcore.inference.views import Strip


class LabelTensors(NamedTuple):
    """Winner and, where it is wanted, its probability, of each pixel.

    Attributes:
        ids: (H, W) uint8, or int32 above 255 classes: torch reckons in no other 16 bits on a GPU.
        confidence: (H, W) float16.
    """

    ids: Tensor
    confidence: Tensor | None

    @property
    def wanted(self) -> list[Tensor]:
        """What there is to fetch, the ids first."""
        return [self.ids] if self.confidence is None else [self.ids, self.confidence]


@torch.inference_mode()
def label_tensors(
    pieces: Iterator[Block] | Iterator[Strip],
    size: Size,
    classes: ClassTable,
    device: torch.device,
    *,
    confidence: bool,
) -> LabelTensors:
    """What `label_block` and `label_strip` write, without waiting for the device."""
    dtype = torch.uint8 if classes.dtype is np.uint8 else torch.int32
    found = LabelTensors(
        torch.empty(size, dtype=dtype, device=device),
        torch.empty(size, dtype=torch.float16, device=device) if confidence else None,
    )
    for piece in pieces:
        if isinstance(piece, Strip):
            best, winner = piece.probabilities.max(dim=0)
            _write(found, (piece.rows, slice(None)), winner, best)
        elif piece.logits.device.type == "cpu":
            share = None if found.confidence is None else found.confidence.numpy()
            label_block(piece, found.ids.numpy(), share)
        else:
            label_on_device(piece, found)
    return found


def label_on_device(block: Block, into: LabelTensors) -> None:
    """Write the block's pixels, in strips; for GPUs, and right on every device."""
    if block.box.is_empty:
        return
    columns = slice(block.box.x0, block.box.x1)
    for rows, logits in upsampled_strips(block):
        best, winner = logits.max(dim=0)
        share = torch.exp(best - logits.logsumexp(dim=0)) if into.confidence is not None else best
        _write(into, (rows, columns), winner, share)


def as_labels(ids: npt.NDArray[Any]) -> Labels:
    """Fetched ids as label maps have them: 8 or 16 bits."""
    return ids if ids.dtype == np.uint8 else ids.astype(np.uint16)


def _write(into: LabelTensors, where: tuple[slice, slice], winner: Tensor, share: Tensor) -> None:
    into.ids[where] = winner.to(into.ids.dtype)
    if into.confidence is not None:
        into.confidence[where] = share.half()
