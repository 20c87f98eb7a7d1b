"""The last step: from blocks of logits to labels and confidence at the size of the image.

Full-size logits are never made (150 classes at 12 megapixels would be 7 GB). On the CPU the work is
done by `quads`; on other devices in strips.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.classes import ClassTable
from segcore.inference.blocks import Block
from segcore.inference.devices import sent
from segcore.inference.quads import Labels, label_quads
from segcore.inference.spans import QuadAxis, Span

_STRIP_VALUES = {"cpu": 1 << 21, "cuda": 1 << 27, "mps": 1 << 25}


class TopTwo(NamedTuple):
    """The two likeliest classes of each pixel.

    Attributes:
        ids: (2, H, W) uint8 or uint16, the winner first; with one class alone it stands twice.
        probability: (2, H, W) float16, their softmax probabilities.
    """

    ids: Labels
    probability: npt.NDArray[np.float16]


def empty_labels(shape: tuple[int, ...], classes: ClassTable) -> Labels:
    """An array for ids of these classes, 8 or 16 bits, with anything in it."""
    if classes.dtype is np.uint8:
        return np.empty(shape, np.uint8)
    return np.empty(shape, np.uint16)


def label_block(
    block: Block, labels: Labels, confidence: npt.NDArray[np.float16] | None = None
) -> None:
    """Write the winner and, where asked for, its probability at the block's pixels of two (H, W)
    arrays."""
    box = block.box
    if box.is_empty:
        return
    if block.logits.device.type == "cpu":
        label_quads(
            block.logits.numpy(),
            QuadAxis.over(block.rows),
            QuadAxis.over(block.columns),
            labels[box.slices],
            None if confidence is None else confidence[box.slices],
            threads=torch.get_num_threads(),
        )
        return
    for rows, logits in upsampled_strips(block):
        best, winner = logits.max(dim=0)
        columns = slice(box.x0, box.x1)
        labels[rows, columns] = _ids(winner, labels.dtype)
        if confidence is not None:
            share = torch.exp(best - logits.logsumexp(dim=0))
            confidence[rows, columns] = share.half().cpu().numpy()


def label_strip(
    rows: slice,
    probabilities: Tensor,
    labels: Labels,
    confidence: npt.NDArray[np.float16] | None = None,
) -> None:
    """Write the winner of (C, rows, W) probabilities and, where asked for, its own."""
    best, winner = probabilities.max(dim=0)
    labels[rows] = _ids(winner, labels.dtype)
    if confidence is not None:
        confidence[rows] = best.half().cpu().numpy()


def top_two_block(block: Block, top: TopTwo) -> None:
    """Write the two likeliest classes at the block's pixels."""
    columns = slice(block.box.x0, block.box.x1)
    for rows, logits in upsampled_strips(block):
        best, classes = logits.topk(min(2, len(logits)), dim=0)
        share = torch.exp(best - logits.logsumexp(dim=0))
        top.ids[:, rows, columns] = _ids(classes, top.ids.dtype)
        top.probability[:, rows, columns] = share.half().cpu().numpy()


def top_two_strip(rows: slice, probabilities: Tensor, top: TopTwo) -> None:
    """Write the two likeliest classes of (C, rows, W) probabilities."""
    best, classes = probabilities.topk(min(2, len(probabilities)), dim=0)
    top.ids[:, rows] = _ids(classes, top.ids.dtype)
    top.probability[:, rows] = best.half().cpu().numpy()


def upsampled_strips(block: Block) -> Iterator[tuple[slice, Tensor]]:
    """(rows of the image, logits (C, rows, columns of the block) float32), strip by strip.

    Bilinear with `align_corners=False`.
    """
    classes, width = len(block.logits), max(block.columns.stop - block.columns.start, 1)
    step = strip_rows(classes, width, block.logits.device)
    for begin in range(block.rows.start, block.rows.stop, step):
        end = min(begin + step, block.rows.stop)
        rows = replace(block.rows, start=begin, stop=end)
        yield slice(begin, end), upsampled(Block(block.logits, rows, block.columns))


def upsampled(block: Block) -> Tensor:
    """Logits at all pixels of a block, (C, rows, columns) float32."""
    logits = block.logits
    lower, upper, across = cells_between(block.columns, logits.device)
    above, under, down = cells_between(block.rows, logits.device)
    rows = torch.lerp(logits[:, above], logits[:, under], down[:, None])
    return torch.lerp(rows[:, :, lower], rows[:, :, upper], across)


def strip_rows(classes: int, width: int, device: torch.device) -> int:
    """How many rows of all classes are worked on at a time."""
    return max(1, _STRIP_VALUES[device.type] // (classes * width))


def cells_between(span: Span, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """For each pixel the two cells between which it lies, and how far it is from the first."""
    axis = QuadAxis.over(span)
    last = span.cells - 1
    lower = sent(np.clip(axis.quad - 1, 0, last), device)
    upper = sent(np.clip(axis.quad, 0, last), device)
    return lower, upper, sent(axis.weight, device)


def _ids(classes: Tensor, dtype: np.dtype[np.uint8] | np.dtype[np.uint16]) -> npt.NDArray[np.int32]:
    return classes.to(torch.int32).cpu().numpy().astype(dtype)
