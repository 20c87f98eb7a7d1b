"""The MiT encoder with `fast` numerics: attention folded, tokens (B, h, w, C) throughout."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcore.models.attention import QueriesAndKeys
from segcore.models.encoder import Block, Stage
from segcore.models.fast_parts import Frozen
from segcore.models.fold import fold_attention, fold_single_head
from segcore.models.strips import (
    FFNWeights,
    depthwise_gelu,
    ffn_strip_rows,
    in_strips,
    linear,
    mix_ffn_in_strips,
)


class _Norm(Frozen):
    weight: Tensor
    bias: Tensor

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.eps = norm.eps
        self.hold(weight=norm.weight, bias=norm.bias)

    def to_ones(self) -> None:
        """Have a gain and a bias of one each."""
        self.hold(weight=torch.ones_like(self.weight), bias=torch.ones_like(self.bias))

    def forward(self, tokens: Tensor) -> Tensor:
        return F.layer_norm(tokens, self.weight.shape, self.weight, self.bias, self.eps)


class _Attention(Frozen):
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


class _SingleHead(Frozen):
    """Attention of one head: see `FoldedSingleHead`, for whose tokens it is."""

    key_value: Tensor
    key_value_bias: Tensor
    reduction: Tensor
    reduction_bias: Tensor

    def __init__(self, block: Block) -> None:
        super().__init__()
        folded = fold_single_head(block)
        self.hold(
            key_value=torch.cat([folded.key, folded.value]),
            key_value_bias=torch.cat([torch.zeros_like(folded.value_bias), folded.value_bias]),
        )
        self.ratio = 1
        if folded.reduction is not None and folded.reduction_bias is not None:
            self.ratio = folded.reduction.shape[-1]
            weight = folded.reduction.contiguous(memory_format=torch.channels_last)
            self.hold(reduction=weight, reduction_bias=folded.reduction_bias)
            assert block.attention.sr_norm is not None
            self.sr_norm = _Norm(block.attention.sr_norm)

    def forward(self, tokens: Tensor, add_to: Tensor) -> Tensor:
        keys, values = self._keys_and_values(tokens)
        attended = F.scaled_dot_product_attention(
            tokens.flatten(1, 2)[:, None],
            keys.flatten(1, 2)[:, None],
            values.flatten(1, 2)[:, None],
            scale=1.0,
        ).reshape(tokens.shape)
        return attended.add_(add_to) if in_strips(tokens) else add_to + attended

    def queries_and_keys(self, tokens: Tensor) -> QueriesAndKeys:
        keys, _ = self._keys_and_values(tokens)
        grid, key_grid = (tokens.shape[1], tokens.shape[2]), (keys.shape[1], keys.shape[2])
        return QueriesAndKeys(tokens.flatten(1, 2), keys.flatten(1, 2), 1, grid, key_grid)

    def _keys_and_values(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        reduced = tokens
        if self.ratio > 1:
            reduced = self.sr_norm(
                convolve(tokens, self.reduction, self.reduction_bias, stride=self.ratio)
            )
        keys, values = linear(reduced, self.key_value, self.key_value_bias).chunk(2, dim=-1)
        return keys, values


class _MixFFN(Frozen):
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
        active = depthwise_gelu(hidden, weights.depthwise, weights.depthwise_bias, (1, 1))
        return linear(active, weights.contract, weights.contract_bias, add_to)


class _Block(nn.Module):
    def __init__(self, block: Block) -> None:
        super().__init__()
        self.norm1 = _Norm(block.norm1)
        self.attention: _Attention | _SingleHead = _Attention(block)
        if block.attention.heads == 1:
            self.norm1.to_ones()
            self.attention = _SingleHead(block)
        self.norm2 = _Norm(block.norm2)
        self.mlp = _MixFFN(block)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = self.attention(self.norm1(tokens), add_to=tokens)
        rows = ffn_strip_rows(tokens, self.mlp.weights)
        if rows >= tokens.shape[1] or not in_strips(tokens):
            mixed: Tensor = self.mlp(self.norm2(tokens), add_to=tokens)
            return mixed
        sums = torch.empty_like(tokens)
        for sample, out in zip(tokens, sums):
            mix_ffn_in_strips(sample, self.norm2, self.mlp.weights, rows, out)
        return sums


class FastStage(Frozen):
    """One stage: patch embedding, blocks and norm over tokens (B, h, w, C)."""

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
        """Overlapped patches of (B, H, W, C) as tokens (B, h, w, C')."""
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


def convolve(
    tokens: Tensor,
    weight: Tensor,
    bias: Tensor,
    *,
    padding: int = 0,
    stride: int = 1,
) -> Tensor:
    """Convolve (B, h, w, C) tokens, seen as a channels-last picture, to (B, h', w', C')."""
    picture = tokens.permute(0, 3, 1, 2)
    convolved = F.conv2d(picture, weight, bias, stride, padding)
    return convolved.permute(0, 2, 3, 1)
