"""Why one pixel got its class: what each stage adds to the winner's logit.

The All-MLP decoder (section 3.2 of the paper) is linear but for one ReLU: each stage has one matrix
of its own, linear layer, fusion and BatchNorm multiplied together, and bilinear upsampling commutes
with it. With the ReLU's gates held as they are at a pixel, its logits are sums of one term per
stage and a bias, exactly. The terms say what the stages add, not what the logits would be without
them: taking a stage away would move the gates too.

mmsegmentation's decoder has one more ReLU for each stage, before the upsampling. Its gates are held
as well, at the cells of the stage's own grid, and the same sum holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.errors import RequestError
from segcore.geometry import Box, Point
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.inference.spans import Span
from segcore.inference.tiling import AxisPlan
from segcore.inference.upsample import cells_between
from segcore.inspection.decoder_parts import Entered, Entry, entries, folded_head, wide
from segcore.models.fold import FoldedHead

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ClassScore:
    """One class at one pixel.

    Attributes:
        id, name: of the class.
        logit: the model's, bilinearly upsampled to the pixel (`align_corners=False`).
        probability: softmax of the logits there, 0 to 1.
        stages: stage1 … stage4 -> what its features add to the logit.
        bias: what does not depend on features (all biases, BatchNorm's shift), through the same
            gates; the stages and it sum to the logit.
    """

    id: int
    name: str
    logit: float
    probability: float
    stages: dict[str, float]
    bias: float


@dataclass(frozen=True)
class Explanation:
    """The classes that compete for one pixel, and what the winner's logit is made of.

    Attributes:
        point: the pixel, (x, y) in the image.
        classes: every class, the likeliest first.
        box: the image pixels that the network saw when it decided.
        notes: what a person should know of these numbers, one sentence each.
    """

    point: Point
    classes: tuple[ClassScore, ...]
    box: Box
    notes: tuple[str, ...] = ()

    @property
    def winner(self) -> ClassScore:
        """The likeliest class."""
        return self.classes[0]

    @property
    def confidence(self) -> float:
        """The winner's probability."""
        return self.winner.probability

    def to_json(self) -> dict[str, Any]:
        """As `explain --json` prints it: the shares are those of the winner's logit."""
        return {
            "point": list(self.point),
            "classes": [
                {
                    "id": score.id,
                    "name": score.name,
                    "logit": score.logit,
                    "probability": score.probability,
                }
                for score in self.classes
            ],
            "logit": self.winner.logit,
            "stages": dict(self.winner.stages),
            "bias": self.winner.bias,
            "confidence": self.confidence,
        }


def explain(predictor: Predictor, encoded: EncodedImage, point: Point) -> Explanation:
    """The competing classes at a pixel, and each stage's share of their logits.

    The head's ReLU gates are held as they are at the four cells of the logit grid between which the
    pixel lies. Only those cells are computed, in float64, from the features of `encoded`, which are
    used and kept.

    In an image cut into tiles, these are the logits of the window that answers for the point. Where
    that window overlaps another the label map blends their logits; a note says so.

    Args:
        predictor: the model.
        encoded: the image, as `predictor.encode` made it.
        point: (x, y) in image pixels.

    Raises:
        RequestError: the point is outside the image, the decoder has other matrices than the
            paper's, or the logits are not finite.
    """
    terms, box, notes = predictor.with_less_memory(encoded, lambda: _terms_at(encoded, point))
    logits = terms.sum(axis=1)
    if not np.isfinite(logits).all():
        raise RequestError(
            f"{predictor.name}: its logits at {point[0]},{point[1]} are not finite numbers and "
            "cannot be explained; choose another model, or fp32."
        )
    likelihood = np.exp(logits - logits.max())
    probability = likelihood / likelihood.sum()
    order = np.argsort(-logits, kind="stable")
    scores = tuple(
        ClassScore(
            id=int(index),
            name=predictor.classes[int(index)].name,
            logit=float(logits[index]),
            probability=float(probability[index]),
            stages={f"stage{n}": float(term) for n, term in enumerate(terms[index, :-1], start=1)},
            bias=float(terms[index, -1]),
        )
        for index in order
    )
    return Explanation(point, scores, box, notes)


class _Axis(NamedTuple):
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
    def of(cls, plan: AxisPlan, window: int, pixel: int) -> _Axis:
        span = plan.span_in(window, pixel, pixel + 1)
        lower, upper, weight = cells_between(span, torch.device("cpu"))
        first, width = int(lower), int(upper - lower) + 1
        share = weight.double()
        weights = torch.cat([1 - share, share]) if width == 2 else torch.ones(1).double()
        return cls(first, width, weights, plan.alone_at(window, pixel))

    def in_grid(self, cells: int, finest: int) -> Span:
        """The same cells of `finest` along a stage's own, coarser axis."""
        return Span(self.first, self.first + self.width, cells / finest, cells, 0, cells)


@torch.inference_mode()
def _terms_at(encoded: EncodedImage, point: Point) -> tuple[Doubles, Box, tuple[str, ...]]:
    """(classes, stages + 1) float64: what each stage, and last the bias, adds to each logit."""
    index = encoded.window_at(point)
    place = divmod(index, encoded.plan.columns.count)
    row = _Axis.of(encoded.plan.rows, place[0], point[1])
    column = _Axis.of(encoded.plan.columns, place[1], point[0])
    pictures = [encoded.backend.picture_of(stage) for stage in encoded.stages(index)]
    head = folded_head(encoded.backend.model)
    entered = entries(encoded.backend.model, len(pictures))
    features = _features_at(pictures, entered, row, column)
    terms = _head_terms(head, features, torch.outer(row.weights, column.weights).flatten())
    notes = []
    if not (row.alone and column.alone):
        notes.append(
            f"The point {point[0]},{point[1]} lies where tiles overlap: these are the logits of "
            "the tile that answers for it, which the label map blends with its neighbours'."
        )
    return terms.numpy(), encoded.windows[index].box, tuple(notes)


def _features_at(
    pictures: Sequence[Tensor], entered: Sequence[Entry], row: _Axis, column: _Axis
) -> list[Entered]:
    """Each stage (C, h, w) as it enters the head, upsampled to stage 1, at some cells alone.

    Between the cells of its own grid, where its gates are, it is upsampled as the head does it.
    """
    height, width = pictures[0].shape[1:]
    found = []
    for picture, entry in zip(pictures, entered, strict=True):
        down = cells_between(row.in_grid(picture.shape[1], height), picture.device)
        right = cells_between(column.in_grid(picture.shape[2], width), picture.device)
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


def _head_terms(head: FoldedHead, features: Sequence[Entered], weights: Tensor) -> Tensor:
    """What each stage and the bias add to the logits, with the gates held.

    Args:
        head: in float64.
        features: of each stage, at the cells.
        weights: (cells,) of the cells in the pixel.

    Returns:
        (classes, stages + 1), the bias last.
    """
    pairs = list(zip(head.matrices, features, strict=True))
    parts = [matrix @ feature.linear for matrix, feature in pairs]
    constants = _sum_of([matrix @ feature.constant for matrix, feature in pairs])
    parts.append(head.bias[:, None] + constants)
    stacked = torch.stack(parts)  # (stages + 1, D, cells)
    gates = stacked.sum(dim=0) > 0
    passed = (stacked * gates) @ weights
    terms = head.classifier @ passed.T
    terms[:, -1] += head.classifier_bias
    return terms
