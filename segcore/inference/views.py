"""Several passes of one picture become one: softmax probabilities, averaged at its own size.

As mmsegmentation's test-time augmentation does it, whose scripts the paper's multi-scale figures
come from: each pass is brought to the size of the picture, its softmax taken, mirrored ones turned
back, and the mean of all taken. Here a strip of rows at a time; what is held of a pass are its
logits, at a quarter of its size and of the rows that are still to come alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from segcore.geometry import Size
from segcore.inference.blocks import Block
from segcore.inference.upsample import strip_rows, upsampled


class Strip(NamedTuple):
    """Some rows of the image, and the probabilities there: (C, rows, W) float32."""

    rows: slice
    probabilities: Tensor


class Pass:
    """One pass: blocks that arrive in order, and the rows of the picture that they complete."""

    def __init__(self, blocks: Iterator[Block], size: Size, *, mirrored: bool) -> None:
        self.complete = 0  # rows
        self._coming = blocks
        self._size = size
        self._mirrored = mirrored
        self._blocks: list[Block] = []
        self._area = 0  # of the blocks below the complete rows

    def advance(self, row: int) -> None:
        """Take blocks until that many rows are complete."""
        while self.complete < row:
            block = next(self._coming)
            self._blocks.append(block)
            self._area += block.box.area
            lowest = max(each.rows.stop for each in self._blocks)
            if self._area == (lowest - self.complete) * self._size[1]:
                self.complete, self._area = lowest, 0

    def forget(self, row: int) -> None:
        """Let go of what lies above a row."""
        self._blocks = [block for block in self._blocks if block.rows.stop > row]

    def classes_and_device(self) -> tuple[int, torch.device]:
        """How many classes there are, and where the logits lie; once something has arrived."""
        logits = self._blocks[0].logits
        return len(logits), logits.device

    def probabilities(self, begin: int, end: int) -> Tensor:
        """Softmax of some complete rows, (C, end - begin, W) float32, upright."""
        classes, device = self.classes_and_device()
        strip = torch.empty((classes, end - begin, self._size[1]), device=device)
        for block in self._blocks:
            top, bottom = max(begin, block.rows.start), min(end, block.rows.stop)
            if top < bottom and block.columns.start < block.columns.stop:
                rows = replace(block.rows, start=top, stop=bottom)
                columns = slice(block.columns.start, block.columns.stop)
                strip[:, top - begin : bottom - begin, columns] = upsampled(
                    Block(block.logits, rows, block.columns)
                )
        shares = strip.softmax(dim=0)
        return shares.flip(2) if self._mirrored else shares


def averaged_strips(passes: Sequence[Pass], size: Size) -> Iterator[Strip]:
    """The mean of the passes' probabilities, strip by strip from the top."""
    done = 0
    while done < size[0]:
        for each in passes:
            each.advance(done + 1)
        ready = min(each.complete for each in passes)
        classes, device = passes[0].classes_and_device()
        step = strip_rows(classes, size[1], device)
        for begin in range(done, ready, step):
            end = min(begin + step, ready)
            total = passes[0].probabilities(begin, end)
            for other in passes[1:]:
                total += other.probabilities(begin, end)
            yield Strip(slice(begin, end), total.div_(len(passes)))
        for each in passes:
            each.forget(ready)
        done = ready
