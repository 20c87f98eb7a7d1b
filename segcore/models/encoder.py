"""Mix Transformer (MiT), the hierarchical encoder, in the reference order of operations.

Sections 3.1 of the paper: overlapped patch merging, efficient self-attention, Mix-FFN.
Pictures and stage outputs are (B, C, H, W); tokens between them are (B, N, C), row-major.
"""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segcore.models.attention import QueriesAndKeys
from segcore.models.config import STAGES, SegFormerConfig


def tokens_of(picture: Tensor) -> Tensor:
    """(B, C, h, w) to (B, h*w, C)."""
    return picture.flatten(2).transpose(1, 2)


def picture_of(tokens: Tensor, grid: tuple[int, int]) -> Tensor:
    """(B, h*w, C) to (B, C, h, w)."""
    batch, _, channels = tokens.shape
    return tokens.transpose(1, 2).reshape(batch, channels, *grid)


class OverlappedPatchEmbedding(nn.Module):
    """A strided convolution whose patches overlap, then LayerNorm over the channels."""

    def __init__(self, config: SegFormerConfig, stage: int) -> None:
        super().__init__()
        channels = config.in_channels if stage == 0 else config.widths[stage - 1]
        width, kernel = config.widths[stage], config.patch_sizes[stage]
        self.proj = nn.Conv2d(channels, width, kernel, config.strides[stage], kernel // 2)
        self.norm = nn.LayerNorm(width, eps=config.epsilons.patch)

    def forward(self, picture: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """(B, C, H, W) to tokens (B, h*w, C_i) and their grid (h, w)."""
        embedded = self.proj(picture)
        return self.norm(tokens_of(embedded)), (embedded.shape[2], embedded.shape[3])


class EfficientSelfAttention(nn.Module):
    """Multi-head self-attention whose keys and values are reduced by R in each direction."""

    def __init__(self, config: SegFormerConfig, stage: int) -> None:
        super().__init__()
        width = config.widths[stage]
        ratio = config.sr_ratios[stage]
        self.heads = config.heads[stage]
        self.scale: float = (width // self.heads) ** -0.5
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)
        self.sr: nn.Conv2d | None = None
        self.sr_norm: nn.LayerNorm | None = None
        if ratio > 1:
            self.sr = nn.Conv2d(width, width, ratio, ratio)
            self.sr_norm = nn.LayerNorm(width, eps=config.epsilons.sr)

    def forward(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        """Tokens (B, N, C) to (B, N, C)."""
        reduced, _ = self._reduced(tokens, grid)
        attended = F.scaled_dot_product_attention(
            self._by_head(self.query(tokens)),
            self._by_head(self.key(reduced)),
            self._by_head(self.value(reduced)),
            scale=self.scale,
        )
        output: Tensor = self.output(attended.transpose(1, 2).flatten(2))
        return output

    def queries_and_keys(self, tokens: Tensor, grid: tuple[int, int]) -> QueriesAndKeys:
        """What the weights are made from, without the weights themselves."""
        reduced, key_grid = self._reduced(tokens, grid)
        queries = self.query(tokens) * self.scale
        return QueriesAndKeys(queries, self.key(reduced), self.heads, grid, key_grid)

    def _reduced(self, tokens: Tensor, grid: tuple[int, int]) -> tuple[Tensor, tuple[int, int]]:
        if self.sr is None or self.sr_norm is None:
            return tokens, grid
        picture = self.sr(picture_of(tokens, grid))
        return self.sr_norm(tokens_of(picture)), (picture.shape[2], picture.shape[3])

    def _by_head(self, tokens: Tensor) -> Tensor:
        batch, count, width = tokens.shape
        return tokens.reshape(batch, count, self.heads, width // self.heads).transpose(1, 2)


class MixFFN(nn.Module):
    """Linear, 3x3 depthwise convolution (which stands in for positions), GELU, linear."""

    def __init__(self, config: SegFormerConfig, stage: int) -> None:
        super().__init__()
        width, hidden = config.widths[stage], config.hidden_widths[stage]
        self.fc1 = nn.Linear(width, hidden)
        self.depthwise = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        """Tokens (B, N, C) to (B, N, C)."""
        hidden = tokens_of(self.depthwise(picture_of(self.fc1(tokens), grid)))
        output: Tensor = self.fc2(F.gelu(hidden))
        return output


class StochasticDepth(nn.Module):
    """While training, drops a block's whole residual branch for some samples of the batch."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability

    def forward(self, branch: Tensor) -> Tensor:
        """(B, N, C) to (B, N, C), scaled so that the expectation stays."""
        if not self.training or self.probability == 0:
            return branch
        keep = 1 - self.probability
        kept = torch.bernoulli(branch.new_full((branch.shape[0], 1, 1), keep))
        return branch * kept / keep

    def extra_repr(self) -> str:
        """The probability, in the module's printed form."""
        return f"probability={self.probability:.3f}"


class Block(nn.Module):
    """Pre-norm transformer block: efficient self-attention, then Mix-FFN, both residual."""

    def __init__(self, config: SegFormerConfig, stage: int, drop_path: float) -> None:
        super().__init__()
        width, epsilon = config.widths[stage], config.epsilons.block
        self.norm1 = nn.LayerNorm(width, eps=epsilon)
        self.attention = EfficientSelfAttention(config, stage)
        self.norm2 = nn.LayerNorm(width, eps=epsilon)
        self.mlp = MixFFN(config, stage)
        self.drop_path = StochasticDepth(drop_path)

    def forward(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
        """Tokens (B, N, C) to (B, N, C)."""
        tokens = tokens + self.drop_path(self.attention(self.norm1(tokens), grid))
        mixed: Tensor = tokens + self.drop_path(self.mlp(self.norm2(tokens), grid))
        return mixed


class Stage(nn.Module):
    """Patch embedding, L_i blocks and a closing LayerNorm."""

    def __init__(self, config: SegFormerConfig, stage: int) -> None:
        super().__init__()
        before, total = sum(config.depths[:stage]), sum(config.depths)
        rates = [config.drop_path * index / max(total - 1, 1) for index in range(total)]
        self.patch_embed = OverlappedPatchEmbedding(config, stage)
        self.blocks = nn.ModuleList(
            Block(config, stage, rates[before + index]) for index in range(config.depths[stage])
        )
        self.norm = nn.LayerNorm(config.widths[stage], eps=config.epsilons.stage)

    def forward(self, picture: Tensor) -> Tensor:
        """(B, C_before, H, W) to (B, C_i, h, w), normalised."""
        tokens, grid = self.patch_embed(picture)
        for block in self.blocks:
            tokens = block(tokens, grid)
        return picture_of(self.norm(tokens), grid).contiguous()

    def queries_and_keys(
        self, picture: Tensor, blocks: Collection[int] | None = None
    ) -> list[QueriesAndKeys]:
        """Queries and keys of `blocks` (all where None), running no further than the last."""
        wanted = sorted(set(range(len(self.blocks)) if blocks is None else blocks))
        if not wanted or not 0 <= wanted[0] <= wanted[-1] < len(self.blocks):
            raise ValueError(f"this stage has blocks 0 to {len(self.blocks) - 1}, not {wanted}")
        tokens, grid = self.patch_embed(picture)
        found: list[QueriesAndKeys] = []
        for index, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            if index in wanted:
                found.append(block.attention.queries_and_keys(block.norm1(tokens), grid))
            if index == wanted[-1]:
                break
            tokens = block(tokens, grid)
        return found


class MixTransformer(nn.Module):
    """Four stages at strides 4, 8, 16 and 32."""

    def __init__(self, config: SegFormerConfig) -> None:
        super().__init__()
        self.config = config
        self.stages = nn.ModuleList(Stage(config, stage) for stage in range(STAGES))

    def forward(self, pixel_values: Tensor) -> tuple[Tensor, ...]:
        """Normalised pixels (B, channels, H, W) to four (B, C_i, h_i, w_i), each after its norm.

        Raises ValueError for an input under 32 x 32 pixels.
        """
        self.config.check_input_size((pixel_values.shape[2], pixel_values.shape[3]))
        outputs = []
        picture = pixel_values
        for stage in self.stages:
            picture = stage(picture)
            outputs.append(picture)
        return tuple(outputs)

    def queries_and_keys(
        self, stage: int, stage_input: Tensor, blocks: Collection[int] | None = None
    ) -> list[QueriesAndKeys]:
        """Queries and keys of a stage's blocks, recomputing that stage alone.

        `stage` counts from 1; `stage_input` is the output of the stage before it, and the
        normalised pixels for stage 1. Raises ValueError for a stage or block that is not there.
        """
        chosen = self.stages[stage_index(stage)]
        assert isinstance(chosen, Stage)
        return chosen.queries_and_keys(stage_input, blocks)


def stage_index(stage: int) -> int:
    """The index from 0 of a stage counted from 1; ValueError where there is none."""
    if not 1 <= stage <= STAGES:
        raise ValueError(f"SegFormer has stages 1 to {STAGES}, not {stage}")
    return stage - 1
