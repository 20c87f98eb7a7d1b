"""SegFormer with `fast` numerics: algebraically equal to `exact`, folded, channels last.

Tokens are (B, h, w, C) from the patch embedding to the head, so that linear layers, LayerNorm,
depthwise and reduction convolutions all run on the memory as it lies.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcore.models.attention import QueriesAndKeys
from segcore.models.config import SegFormerConfig
from segcore.models.decoder import AllMLPDecoder
from segcore.models.encoder import Block, MixTransformer, Stage, stage_index
from segcore.models.fold import fold_attention, fold_head, fold_projections
from segcore.models.mmseg_decoder import MMSegDecoder
from segcore.models.segformer import SegFormer
from segcore.models.strips import (
    CoarseGrid,
    FFNWeights,
    add_mix_ffn,
    ffn_strip_rows,
    head_strips,
    in_strips,
    linear,
)


class _Frozen(nn.Module):
    """A part whose weights are buffers: they move with the module and are never trained."""

    def hold(self, **tensors: Tensor) -> None:
        """Register each tensor under its name, as its own memory."""
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor.detach().clone())


class _Norm(_Frozen):
    weight: Tensor
    bias: Tensor

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.eps = norm.eps
        self.hold(weight=norm.weight, bias=norm.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        return F.layer_norm(tokens, self.weight.shape, self.weight, self.bias, self.eps)


class _Attention(_Frozen):
    query: Tensor
    query_bias: Tensor
    key_value: Tensor
    output: Tensor
    output_bias: Tensor
    reduction: Tensor
    reduction_bias: Tensor

    def __init__(self, block: Block) -> None:
        super().__init__()
        attention = block.attention
        self.heads = attention.heads
        self.ratio = 1
        self.hold(**fold_attention(attention)._asdict())
        if attention.sr is not None and attention.sr_norm is not None:
            self.ratio = attention.sr.kernel_size[0]
            assert attention.sr.bias is not None
            weight = attention.sr.weight.contiguous(memory_format=torch.channels_last)
            self.hold(reduction=weight, reduction_bias=attention.sr.bias)
            self.sr_norm = _Norm(attention.sr_norm)

    def forward(self, tokens: Tensor, add_to: Tensor) -> Tensor:
        keys, values = self._keys_and_values(tokens)
        queries = linear(tokens, self.query, self.query_bias)
        attended = F.scaled_dot_product_attention(
            self._by_head(queries), self._by_head(keys), self._by_head(values), scale=1.0
        )
        attended = attended.transpose(1, 2).reshape(tokens.shape)
        return linear(attended, self.output, self.output_bias, add_to)

    def queries_and_keys(self, tokens: Tensor) -> QueriesAndKeys:
        keys, _ = self._keys_and_values(tokens)
        queries = linear(tokens, self.query, self.query_bias)
        return QueriesAndKeys(
            queries.flatten(1, 2),
            keys.flatten(1, 2),
            self.heads,
            (queries.shape[1], queries.shape[2]),
            (keys.shape[1], keys.shape[2]),
        )

    def _keys_and_values(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        both = linear(self._reduced(tokens), self.key_value)
        keys, values = both.chunk(2, dim=-1)
        return keys, values

    def _reduced(self, tokens: Tensor) -> Tensor:
        if self.ratio == 1:
            return tokens
        reduced = convolve(tokens, self.reduction, self.reduction_bias, stride=self.ratio)
        normalised: Tensor = self.sr_norm(reduced)
        return normalised

    def _by_head(self, tokens: Tensor) -> Tensor:
        batch, height, width, channels = tokens.shape
        split = tokens.reshape(batch, height * width, self.heads, channels // self.heads)
        return split.transpose(1, 2)


class _MixFFN(_Frozen):
    def __init__(self, block: Block) -> None:
        super().__init__()
        mlp = block.mlp
        assert mlp.depthwise.bias is not None
        weights = FFNWeights(
            expand=mlp.fc1.weight,
            expand_bias=mlp.fc1.bias,
            depthwise=mlp.depthwise.weight,
            depthwise_bias=mlp.depthwise.bias,
            contract=mlp.fc2.weight,
            contract_bias=mlp.fc2.bias,
        )
        self.hold(**weights._asdict())

    @property
    def weights(self) -> FFNWeights:
        return FFNWeights(*(self.get_buffer(name) for name in FFNWeights._fields))

    def forward(self, tokens: Tensor, add_to: Tensor) -> Tensor:
        weights = self.weights
        hidden = linear(tokens, weights.expand, weights.expand_bias)
        hidden = convolve(
            hidden, weights.depthwise, weights.depthwise_bias, padding=1, groups=hidden.shape[-1]
        )
        return linear(F.gelu(hidden), weights.contract, weights.contract_bias, add_to)


class _Block(nn.Module):
    def __init__(self, block: Block) -> None:
        super().__init__()
        self.norm1 = _Norm(block.norm1)
        self.attention = _Attention(block)
        self.norm2 = _Norm(block.norm2)
        self.mlp = _MixFFN(block)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = self.attention(self.norm1(tokens), add_to=tokens)
        rows = ffn_strip_rows(tokens, self.mlp.weights)
        if rows >= tokens.shape[1] or not in_strips(tokens):
            mixed: Tensor = self.mlp(self.norm2(tokens), add_to=tokens)
            return mixed
        for sample in tokens:
            add_mix_ffn(sample, self.norm2, self.mlp.weights, rows)
        return tokens


class _Stage(_Frozen):
    patch: Tensor
    patch_bias: Tensor

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        projection = stage.patch_embed.proj
        assert projection.bias is not None
        self.stride, self.padding = projection.stride[0], int(projection.padding[0])
        weight = projection.weight.contiguous(memory_format=torch.channels_last)
        self.hold(patch=weight, patch_bias=projection.bias)
        self.patch_norm = _Norm(stage.patch_embed.norm)
        self.blocks = nn.ModuleList(
            _Block(block) for block in stage.blocks if isinstance(block, Block)
        )
        self.norm = _Norm(stage.norm)

    def embed(self, picture: Tensor) -> Tensor:
        embedded = convolve(
            picture, self.patch, self.patch_bias, stride=self.stride, padding=self.padding
        )
        tokens: Tensor = self.patch_norm(embedded)
        return tokens

    def forward(self, picture: Tensor) -> Tensor:
        tokens = self.embed(picture)
        for block in self.blocks:
            tokens = block(tokens)
        normalised: Tensor = self.norm(tokens)
        return normalised

    def queries_and_keys(
        self, picture: Tensor, blocks: Collection[int] | None
    ) -> list[QueriesAndKeys]:
        wanted = sorted(set(range(len(self.blocks)) if blocks is None else blocks))
        if not wanted or not 0 <= wanted[0] <= wanted[-1] < len(self.blocks):
            raise ValueError(f"this stage has blocks 0 to {len(self.blocks) - 1}, not {wanted}")
        tokens = self.embed(picture)
        found = []
        for index, block in enumerate(self.blocks):
            assert isinstance(block, _Block)
            if index in wanted:
                found.append(block.attention.queries_and_keys(block.norm1(tokens)))
            if index == wanted[-1]:
                break
            tokens = block(tokens)
        return found


class _Head(_Frozen):
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
        # The one bias comes in once, on a small grid.
        bias = self.bias if index == 1 else None
        return linear(self.entered(index, tokens), self.matrix(index), bias)

    def project(self, stages: Sequence[Tensor]) -> list[Tensor]:
        return [self.projected(index, stage) for index, stage in enumerate(stages)]

    def merge(self, projected: Sequence[Tensor]) -> Tensor:
        total = projected[0]
        for picture in projected[1:]:
            total = total + upsample(picture, total.shape[1:3])
        return F.relu(total)

    def classify(self, fused: Tensor) -> Tensor:
        logits = linear(fused, self.classifier, self.classifier_bias)
        return logits.permute(0, 3, 1, 2).contiguous()

    def forward(self, stages: Sequence[Tensor]) -> Tensor:
        if in_strips(stages[0]):
            return self.in_strips(stages)
        return self.classify(self.merge(self.project(stages)))

    def in_strips(self, stages: Sequence[Tensor]) -> Tensor:
        """The same, never holding features of more than a strip of rows."""
        finest = stages[0]
        batch, height, width, _ = finest.shape
        classes, inner = self.classifier.shape
        first, classifier_bias = self.matrix(0).t(), self.classifier_bias[:, None]
        logits = finest.new_empty(batch, classes, height * width)
        for sample in range(batch):
            coarse = [
                CoarseGrid(self.projected(index, stage[sample]), (height, width))
                for index, stage in enumerate(stages[1:], start=1)
            ]
            for rows in head_strips(height, width, inner, finest.element_size()):
                features = coarse[0].rows(rows)
                for grid in coarse[1:]:
                    features += grid.rows(rows)
                features = features.view(-1, inner)
                entered = self.entered(0, finest[sample, rows])
                features.addmm_(entered.reshape(-1, first.shape[0]), first).relu_()
                strip = logits[sample, :, rows.start * width : rows.stop * width]
                torch.addmm(classifier_bias, self.classifier, features.t(), out=strip)
        return logits.view(batch, classes, height, width)

    def matrix(self, stage: int) -> Tensor:
        return self.get_buffer(f"matrix{stage}")


class _MMSegHead(_Head):
    """The same behind a ReLU of each stage's own, which no folding goes through."""

    def __init__(self, decoder: MMSegDecoder) -> None:
        super().__init__(decoder)
        for index, projection in enumerate(fold_projections(decoder)):
            self.hold(
                **{f"projection{index}": projection.matrix, f"offset{index}": projection.bias}
            )

    def entered(self, index: int, tokens: Tensor) -> Tensor:
        projection = self.get_buffer(f"projection{index}")
        return F.relu(linear(tokens, projection, self.get_buffer(f"offset{index}")))


class FastSegFormer(nn.Module):
    """SegFormer for inference; made from an exact one, with its weights, dtype and device.

    Differentiable with respect to the input; its weights are buffers and do not train. Evaluation
    only: dropout and stochastic depth are not in it.
    """

    def __init__(
        self,
        config: SegFormerConfig,
        encoder: MixTransformer,
        decoder: AllMLPDecoder | MMSegDecoder,
    ) -> None:
        super().__init__()
        self.config = config
        self.stages = nn.ModuleList(
            _Stage(stage) for stage in encoder.stages if isinstance(stage, Stage)
        )
        self.head = _MMSegHead(decoder) if isinstance(decoder, MMSegDecoder) else _Head(decoder)
        self.eval()

    @classmethod
    def from_exact(cls, model: SegFormer) -> FastSegFormer:
        """Fold the weights of `model`, which is left as it is."""
        return cls(model.config, model.encoder, model.decoder)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """Normalised pixels (B, channels, H, W) to logits (B, classes, ceil(H/4), ceil(W/4)).

        Raises ValueError for an input under 32 x 32 pixels.
        """
        return self.decode(self.encode(pixel_values))

    def encode(self, pixel_values: Tensor) -> tuple[Tensor, ...]:
        """Normalised pixels to the four stage outputs (B, h_i, w_i, C_i), each after its norm."""
        self.config.check_input_size((pixel_values.shape[2], pixel_values.shape[3]))
        outputs = []
        picture = pixel_values.permute(0, 2, 3, 1)
        for stage in self.stages:
            picture = stage(picture)
            outputs.append(picture)
        return tuple(outputs)

    def decode(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs (B, h_i, w_i, C_i) to logits (B, classes, h_1, w_1)."""
        logits: Tensor = self.head(stages)
        return logits

    def fused(self, stages: Sequence[Tensor]) -> Tensor:
        """Four stage outputs to the head's features (B, h_1, w_1, D) after the ReLU."""
        return self.merge(self.project(stages))

    def project(self, stages: Sequence[Tensor]) -> list[Tensor]:
        """The part of the head before its upsampling, which acts on each cell by itself.

        Four stage outputs to four (B, h_i, w_i, D); what comes of them goes into `merge`. They are
        not what the exact network's `project` gives: the fusion is in them.
        """
        return self.head.project(stages)

    def merge(self, projected: Sequence[Tensor]) -> Tensor:
        """What `project` gave, upsampled to the first one's grid and fused: (B, h_1, w_1, D)."""
        return self.head.merge(projected)

    def classify(self, fused: Tensor) -> Tensor:
        """The head's features (B, h, w, D) to logits (B, classes, h, w)."""
        return self.head.classify(fused)

    def queries_and_keys(
        self, stage: int, stage_input: Tensor, blocks: Collection[int] | None = None
    ) -> list[QueriesAndKeys]:
        """Queries and keys of a stage's blocks (all where None), recomputing that stage alone.

        `stage` counts from 1; `stage_input` is the output (B, h, w, C) of the stage before it, and
        the normalised pixels (B, channels, H, W) for stage 1. Keys lack their bias, which no
        attention weight depends on. Raises ValueError for a stage or block that is not there.
        """
        chosen = self.stages[stage_index(stage)]
        assert isinstance(chosen, _Stage)
        picture = stage_input.permute(0, 2, 3, 1) if stage == 1 else stage_input
        return chosen.queries_and_keys(picture, blocks)


def convolve(
    tokens: Tensor,
    weight: Tensor,
    bias: Tensor,
    *,
    padding: int = 0,
    stride: int = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve (B, h, w, C) tokens, seen as a channels-last picture, to (B, h', w', C')."""
    picture = tokens.permute(0, 3, 1, 2)
    convolved = F.conv2d(picture, weight, bias, stride, padding, groups=groups)
    return convolved.permute(0, 2, 3, 1)


def upsample(tokens: Tensor, size: Sequence[int]) -> Tensor:
    """Bilinear, half-pixel centres: (B, h, w, C) to (B, *size, C)."""
    picture = tokens.permute(0, 3, 1, 2)
    larger = F.interpolate(picture, tuple(size), mode="bilinear", align_corners=False)
    return larger.permute(0, 2, 3, 1)
