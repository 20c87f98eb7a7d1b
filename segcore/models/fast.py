"""SegFormer with `fast` numerics: algebraically equal to `exact`, folded, channels last.

Tokens are (B, h, w, C) from the patch embedding to the head, so that linear layers, LayerNorm,
depthwise and reduction convolutions all run on the memory as it lies.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from torch import Tensor, nn

from segcore.models.allocator import keep_freed_pages
from segcore.models.attention import QueriesAndKeys
from segcore.models.config import SegFormerConfig
from segcore.models.decoder import AllMLPDecoder
from segcore.models.encoder import MixTransformer, Stage, stage_index
from segcore.models.fast_encoder import FastStage
from segcore.models.fast_head import fast_head
from segcore.models.mmseg_decoder import MMSegDecoder
from segcore.models.segformer import SegFormer


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
        keep_freed_pages()
        self.config = config
        self.stages = nn.ModuleList(
            FastStage(stage) for stage in encoder.stages if isinstance(stage, Stage)
        )
        self.head = fast_head(decoder)
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
        assert isinstance(chosen, FastStage)
        picture = stage_input.permute(0, 2, 3, 1) if stage == 1 else stage_input
        return chosen.queries_and_keys(picture, blocks)
