"""What a decoder makes of its stages: one matrix each before the last ReLU, and gates before it.

Everything is in float64 on the CPU, whichever the numerics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from segcore.errors import RequestError
from segcore.models import DeepLab, FastSegFormer, ResNetMlp, Runnable, SegFormer
from segcore.models.fast_head import FastMMSegHead
from segcore.models.fold import FoldedHead, FoldedProjection, fold_head, fold_projections
from segcore.models.mmseg_decoder import MMSegDecoder
from segcore.models.resnet_mlp import FoldedAllMLP


class Entered(NamedTuple):
    """What a stage gives to the head's matrix at some cells, gates of its own held.

    Attributes:
        linear: (C, cells) what depends on the stage's features, and is linear in them.
        constant: (C, cells) what does not.
    """

    linear: Tensor
    constant: Tensor


Entry = Callable[[Tensor], Entered]
"""From a stage's features (C_i, cells) to what the head's matrix is applied to."""


def folded_head(model: Runnable) -> FoldedHead:
    """The decoder's matrices in float64 on the CPU, whichever the numerics.

    Raises:
        RequestError: the network has no All-MLP decoder.
    """
    if isinstance(model, DeepLab):
        raise RequestError(
            "DeepLabv3+'s decoder has a ReLU behind each of its convolutions, so that its logits "
            "cannot be shared out among the stages: choose a model with an All-MLP decoder."
        )
    if isinstance(model, SegFormer):
        folded = fold_head(model.decoder)
    elif isinstance(model, ResNetMlp):
        decoder = model.decoder
        folded = decoder.folded() if isinstance(decoder, FoldedAllMLP) else fold_head(decoder)
    else:
        head = model.head
        folded = FoldedHead(
            tuple(head.matrix(stage) for stage in range(len(model.stages))),
            head.bias,
            head.classifier,
            head.classifier_bias,
        )
    return FoldedHead(
        tuple(wide(matrix) for matrix in folded.matrices),
        wide(folded.bias),
        wide(folded.classifier),
        wide(folded.classifier_bias),
    )


def entries(model: Runnable, stages: int) -> list[Entry]:
    """For each stage, what the decoder does with its features before the head's matrix."""
    if isinstance(model, SegFormer) and isinstance(model.decoder, MMSegDecoder):
        projections = fold_projections(model.decoder)
    elif isinstance(model, FastSegFormer) and isinstance(model.head, FastMMSegHead):
        projections = [model.head.projection(stage) for stage in range(stages)]
    else:
        return [_as_it_is] * stages
    return [_through_own_gates(projection) for projection in projections]


def _as_it_is(features: Tensor) -> Entered:
    """The paper's decoder: the stage's features themselves."""
    return Entered(features, features.new_zeros(()).expand_as(features))


def _through_own_gates(projection: FoldedProjection) -> Entry:
    """mmsegmentation's decoder: a map and a ReLU of the stage's own."""
    matrix, shift = wide(projection.matrix), wide(projection.bias)[:, None]

    def entry(features: Tensor) -> Entered:
        mapped = matrix @ features
        gates = mapped + shift > 0
        return Entered(mapped * gates, shift * gates)

    return entry


def wide(tensor: Tensor) -> Tensor:
    """In float64 on the CPU."""
    return tensor.detach().cpu().double()
