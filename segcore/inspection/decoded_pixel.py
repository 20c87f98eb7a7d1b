"""One pixel on its way through the decoder: the few cells that it lies between, in float64."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from segcore.geometry import Box, Point
from segcore.inference.encoded import EncodedImage
from segcore.inference.spans import Span
from segcore.inference.tiling import AxisPlan
from segcore.inference.upsample import cells_between
from segcore.inspection.decoder_parts import Entered, Entry, entries, folded_head, wide
from segcore.models.fold import FoldedHead


class Axis(NamedTuple):
    """One axis of a pixel among the cells of its window's logit grid.

    Attributes:
        first, width: the one or two neighbouring cells between which the pixel lies.
        weights: (width,) float64, what each counts; they sum to one.
        alone: whether no other window's logits are blended into them.
    """

    first: int
    width: int
    weights: Tensor
    alone: bool

    @classmethod
    def of(cls, plan: AxisPlan, window: int, pixel: int) -> Axis:
        """Where an image pixel lies along an axis."""
        span = plan.span_in(window, pixel, pixel + 1)
        lower, upper, weight = cells_between(span, torch.device("cpu"))
        first, width = int(lower), int(upper - lower) + 1
        share = weight.double()
        weights = torch.cat([1 - share, share]) if width == 2 else torch.ones(1).double()
        return cls(first, width, weights, plan.alone_at(window, pixel))

    def in_grid(self, cells: int, finest: int) -> Span:
        """The same cells of `finest` along a stage's own, coarser axis."""
        return Span(self.first, self.first + self.width, cells / finest, cells, 0, cells)


@dataclass(frozen=True, eq=False)
class DecodedPixel:
    """One pixel, the features of its window, and the decoder that makes logits of them.

    Attributes:
        point: (x, y) in the image.
        box: the image pixels that its window covers.
        pictures: each stage's features (C_i, h_i, w_i), on their device.
        row, column: where it lies among the cells of the logit grid.
        head: the decoder's matrices, float64 on the CPU.
        entered: what each stage's features go through before them.
    """

    point: Point
    box: Box
    pictures: tuple[Tensor, ...]
    row: Axis
    column: Axis
    head: FoldedHead
    entered: tuple[Entry, ...]

    @classmethod
    def of(cls, encoded: EncodedImage, point: Point) -> DecodedPixel:
        """The pixel in the window that answers for it, whose features are used and kept.

        Raises:
            RequestError: it is outside the image, or the decoder has other matrices than the
                paper's.
        """
        index = encoded.window_at(point)
        row, column = divmod(index, encoded.plan.columns.count)
        backend = encoded.backend
        head = folded_head(backend.model)
        pictures = tuple(backend.picture_of(stage) for stage in encoded.stages(index))
        return cls(
            point,
            encoded.windows[index].box,
            pictures,
            Axis.of(encoded.plan.rows, row, point[1]),
            Axis.of(encoded.plan.columns, column, point[0]),
            head,
            tuple(entries(backend.model, len(pictures))),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of its logits, one sentence each."""
        if self.row.alone and self.column.alone:
            return ()
        x, y = self.point
        note = (
            f"The point {x},{y} lies where tiles overlap: these are the logits of "
            "the tile that answers for it, which the label map blends with its neighbours'."
        )
        return (note,)

    def with_stage(self, index: int, picture: Tensor) -> DecodedPixel:
        """The same with other features (C_i, h_i, w_i) of the stage at `index`, from 0."""
        pictures = (*self.pictures[:index], picture, *self.pictures[index + 1 :])
        return replace(self, pictures=pictures)

    def terms(self) -> Tensor:
        """(classes, stages + 1) float64: what each stage, and last the bias, adds to each logit.

        The ReLU's gates are held as they are at the cells; each row sums to the class's logit.
        """
        features = self._features()
        pairs = list(zip(self.head.matrices, features, strict=True))
        parts = [matrix @ feature.linear for matrix, feature in pairs]
        constants = _sum_of([matrix @ feature.constant for matrix, feature in pairs])
        parts.append(self.head.bias[:, None] + constants)
        stacked = torch.stack(parts)  # (stages + 1, D, cells)
        gates = stacked.sum(dim=0) > 0
        weights = torch.outer(self.row.weights, self.column.weights).flatten()
        passed = (stacked * gates) @ weights
        terms = self.head.classifier @ passed.T
        terms[:, -1] += self.head.classifier_bias
        return terms

    def _features(self) -> list[Entered]:
        """Each stage's features as they enter the head, upsampled to stage 1, at the cells alone.

        Between the cells of its own grid, where its gates are, it is upsampled as the head does it.
        """
        height, width = self.pictures[0].shape[1:]
        found = []
        for picture, entry in zip(self.pictures, self.entered, strict=True):
            down = cells_between(self.row.in_grid(picture.shape[1], height), picture.device)
            right = cells_between(self.column.in_grid(picture.shape[2], width), picture.device)
            linear, constant = [], []
            for rows, lower in _neighbours(*down):
                for columns, left in _neighbours(*right):
                    corner = picture.index_select(1, rows).index_select(2, columns)
                    part = entry(wide(corner).flatten(1))
                    share = torch.outer(lower, left).flatten()
                    linear.append(part.linear * share)
                    constant.append(part.constant * share)
            found.append(Entered(_sum_of(linear), _sum_of(constant)))
        return found


def _neighbours(lower: Tensor, upper: Tensor, weight: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The two cells on either side of each place along one axis, with what each counts."""
    share = wide(weight)
    return [(lower, 1 - share), (upper, share)]


def _sum_of(tensors: Sequence[Tensor]) -> Tensor:
    """All of them, added."""
    return torch.stack(list(tensors)).sum(dim=0)
