"""The decode heads with `fast` numerics: everything before the ReLU is one matrix a stage."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from segcore.models.allocator import keep_freed_pages
from segcore.models.decoder import AllMLPDecoder
from segcore.models.fast_parts import Frozen
from segcore.models.fold import FoldedProjection, fold_head, fold_projections
from segcore.models.mmseg_decoder import MMSegDecoder
from segcore.models.strips import (
    CoarseSum,
    add_linear,
    head_strips,
    in_strips,
    linear,
)


class FastHead(Frozen):
    """The All-MLP head: projections, fusion and BatchNorm are one matrix a stage and one bias.

    1x1 maps commute with bilinear upsampling, so each stage is mapped on its own small grid,
    upsampled to H/4 and summed there; then ReLU and classifier.
    """

    bias: Tensor
    classifier: Tensor
    classifier_bias: Tensor

    def __init__(self, decoder: AllMLPDecoder | MMSegDecoder) -> None:
        super().__init__()
        folded = fold_head(decoder)
        self.hold(
            bias=folded.bias,
            classifier=folded.classifier,
            classifier_bias=folded.classifier_bias,
            **{f"matrix{index}": matrix for index, matrix in enumerate(folded.matrices)},
        )

    def entered(self, index: int, tokens: Tensor) -> Tensor:  # noqa: ARG002 - others need it
        """What the matrix of a stage is applied to: here the stage's output as it is."""
        return tokens

    def projected(self, index: int, tokens: Tensor) -> Tensor:
        """A stage's share of the fused features on its own grid, (…, h_i, w_i, D)."""
        # The one bias comes in once, on a small grid.
        bias = self.bias if index == 1 else None
        return linear(self.entered(index, tokens), self.matrix(index), bias)

    def project(self, stages: Sequence[Tensor]) -> list[Tensor]:
        """`projected` of all four stages, finest first."""
        return [self.projected(index, stage) for index, stage in enumerate(stages)]

    def merge(self, projected: Sequence[Tensor]) -> Tensor:
        """Upsample to the finest grid, sum, ReLU: the fused features (B, h, w, D)."""
        total = projected[0]
        for picture in projected[1:]:
            total = total + upsample(picture, total.shape[1:3])
        return F.relu(total)

    def classify(self, fused: Tensor) -> Tensor:
        """Fused features to logits (B, classes, h, w)."""
        logits = linear(fused, self.classifier, self.classifier_bias)
        return logits.permute(0, 3, 1, 2).contiguous()

    def forward(self, stages: Sequence[Tensor]) -> Tensor:
        """Stage outputs (B, h_i, w_i, C_i) to logits (B, classes, h, w) at the finest grid."""
        if in_strips(stages[0]):
            return self.in_strips(stages)
        return self.classify(self.merge(self.project(stages)))

    def in_strips(self, stages: Sequence[Tensor]) -> Tensor:
        """The same, never holding features of more than a strip of rows."""
        finest = stages[0]
        batch, height, width, _ = finest.shape
        classes, inner = self.classifier.shape
        logits = finest.new_empty(batch, classes, height * width)
        for sample in range(batch):
            coarse = CoarseSum(
                [
                    self.projected(index, stage[sample])
                    for index, stage in enumerate(stages[1:], start=1)
                ],
                (height, width),
            )
            for rows in head_strips(height, width, inner, finest.element_size()):
                entered = self.entered(0, finest[sample, rows])
                fused = add_linear(coarse.rows(rows), entered, self.matrix(0)).relu_()
                # Classes first, as the logits lie: nothing is left to transpose.
                strip = linear(self.classifier, fused.view(-1, inner))
                place = logits[sample, :, rows.start * width : rows.stop * width]
                torch.add(strip, self.classifier_bias[:, None], out=place)
        return logits.view(batch, classes, height, width)

    def matrix(self, stage: int) -> Tensor:
        """(D, C_i): what a stage is multiplied with."""
        return self.get_buffer(f"matrix{stage}")


class FastMMSegHead(FastHead):
    """The same behind a ReLU of each stage's own, which no folding goes through."""

    def __init__(self, decoder: MMSegDecoder) -> None:
        super().__init__(decoder)
        for index, projection in enumerate(fold_projections(decoder)):
            self.hold(
                **{f"projection{index}": projection.matrix, f"offset{index}": projection.bias}
            )

    def entered(self, index: int, tokens: Tensor) -> Tensor:
        return F.relu(linear(tokens, *self.projection(index)))

    def projection(self, stage: int) -> FoldedProjection:
        """A stage's map and bias before its own ReLU."""
        matrix, bias = (self.get_buffer(f"{name}{stage}") for name in ("projection", "offset"))
        return FoldedProjection(matrix, bias)


def fast_head(decoder: AllMLPDecoder | MMSegDecoder) -> FastHead:
    """Fold the weights of a decoder, which is left as it is."""
    keep_freed_pages()
    return FastMMSegHead(decoder) if isinstance(decoder, MMSegDecoder) else FastHead(decoder)


def upsample(tokens: Tensor, size: Sequence[int]) -> Tensor:
    """Bilinear, half-pixel centres: (B, h, w, C) to (B, *size, C)."""
    picture = tokens.permute(0, 3, 1, 2)
    larger = F.interpolate(picture, tuple(size), mode="bilinear", align_corners=False)
    return larger.permute(0, 2, 3, 1)
