"""Logits of overlapping windows, blended into blocks that can be upsampled one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from segcore.inference.averaging import averaged_blocks
from segcore.inference.blocks import Block
from segcore.inference.devices import sent
from segcore.inference.tiling import TilePlan

__all__ = ["Block", "blended_blocks"]


def blended_blocks(plan: TilePlan, logits_of: Callable[[int], Tensor]) -> Iterator[Block]:
    """Ask for the logits (C, h, w) of each window in turn and hand out what is finished.

    Only what later windows still add to is held: the strip below a row of windows, the strip to the
    right of a window, and one line of finished cells. The boxes of the blocks tile the image.

    Plans whose windows are averaged rather than blended are handed to `averaged_blocks`.
    """
    if plan.averaged:
        yield from averaged_blocks(plan, logits_of)
        return
    if plan.count == 1:
        yield Block(logits_of(0).float(), plan.rows.span(0), plan.columns.span(0))
        return
    below: Tensor | None = None  # what the windows above add to this row of windows
    line: Tensor | None = None  # (C, 1, all columns): the last finished cells above
    for row in range(plan.rows.count):
        begin, end = plan.rows.finished(row)
        finished = end - begin
        aside: Tensor | None = None  # what the windows to the left add to this one
        edge: Tensor | None = None  # (C, rows, 1): the last finished cells to the left
        pieces: list[Tensor] = []
        lines: list[Tensor] = []
        for column in range(plan.columns.count):
            left, end = plan.columns.finished(column)
            across = end - left
            logits = _weighted(plan, row, column, logits_of(plan.index(row, column)))
            _add_corner(logits, aside)
            aside = logits[:, :, across:].clone()
            part = logits[:, :, :across]
            if below is not None:
                _add_corner(part, below[:, :, left : left + across])
            pieces.append(part[:, finished:].clone())
            part = part[:, :finished]
            lines.append(part[:, -1:].clone())
            if line is not None:
                part = torch.cat([line[:, :, left : left + across], part], dim=1)
            block = part if edge is None else torch.cat([edge, part], dim=2)
            edge = part[:, :, -1:].clone()
            yield Block(block, plan.rows.span(row), plan.columns.span(column))
        below = torch.cat(pieces, dim=2)
        line = torch.cat(lines, dim=2)


def _weighted(plan: TilePlan, row: int, column: int, logits: Tensor) -> Tensor:
    down = sent(plan.rows.weights[row], logits.device)
    along = sent(plan.columns.weights[column], logits.device)
    return logits.to(torch.float32, copy=True).mul_(down[:, None]).mul_(along)


def _add_corner(target: Tensor, addition: Tensor | None) -> None:
    """Add to the upper left part of a tensor, in place."""
    if addition is not None:
        target[:, : addition.shape[1], : addition.shape[2]] += addition
