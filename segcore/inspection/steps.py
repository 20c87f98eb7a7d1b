"""One transformer block, operation by operation, on the open picture: what a student steps through.

Section 3.1 of the paper, in its own order: overlapped patch merging, efficient self-attention with
sequence reduction, Mix-FFN. The exact network runs, in fp32 on the CPU, for one stage at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from segcore.checkpoints import load_segformer
from segcore.errors import RequestError
from segcore.geometry import Box, Point
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.models import SegFormer, SegFormerConfig, architecture_title
from segcore.models.encoder import Block, Stage

Features = npt.NDArray[np.float32]
Shape = tuple[int, int, int]


STAGE_INPUT, BLOCK_INPUT = "stage input", "block input"
"""What goes into operations beside the results of others."""


@dataclass(frozen=True, eq=False)
class Step:
    """One operation and what came out of it.

    Attributes:
        key: `merging`, `norm1`, `query`, `reduction`, `key`, `value`, `attention`, `residual1`,
            `norm2`, `expand`, `depthwise`, `gelu`, `project`, `residual2`, `stage_norm`.
        operation: in the field's notation: "Conv 3x3, stride 2", "Linear 64 -> 256".
        values: (C, h, w) float32, the result laid out over the picture.
        inputs: (C, h, w) of everything that goes in, in the order of the operation.
        covered: which part of the stage's (rows, columns) the result speaks of, 0 to 1: sequence
            reduction leaves out rows and columns that fill no window of R.
    """

    key: str
    operation: str
    values: Features
    inputs: tuple[Shape, ...] = ()
    covered: tuple[float, float] = (1.0, 1.0)

    @property
    def shape(self) -> Shape:
        """(C, h, w) of the result."""
        channels, height, width = self.values.shape
        return channels, height, width

    def box(self, window: Box) -> Box:
        """The image pixels under the result, in a window of the picture."""
        height, width = (
            round(side * part) for side, part in zip(window.size, self.covered, strict=True)
        )
        return Box(window.x0, window.y0, window.x0 + width, window.y0 + height)


def why_no_steps(predictor: Predictor) -> str | None:
    """One sentence for a model without transformer blocks; None where there are some."""
    if isinstance(predictor.config, SegFormerConfig):
        return None
    title = architecture_title(predictor.config)
    return (
        f"{predictor.name} ({title}) has no transformer blocks to step through: choose a SegFormer."
    )


class StageWalker:
    """Steps through the blocks of one SegFormer; builds the exact network once.

    Raises:
        RequestError: the model is no SegFormer.
    """

    def __init__(self, predictor: Predictor) -> None:
        refusal = why_no_steps(predictor)
        if refusal is not None:
            raise RequestError(refusal)
        network = load_segformer(predictor.checkpoint, "exact")
        assert isinstance(network, SegFormer)
        self._network = network.eval().requires_grad_(requires_grad=False)

    @torch.inference_mode()
    def steps(
        self, encoded: EncodedImage, stage: int, block: int, point: Point | None = None
    ) -> tuple[Step, ...]:
        """Everything that happens in one block, in order; block 0 begins with the patch merging
        and the last block ends with the stage's norm.

        Args:
            encoded: the picture; the features of the stage before come from it.
            stage, block: stages from 1, blocks from 0.
            point: of an image in tiles, the tile of this pixel; the middle without it.

        Raises:
            RequestError: there is no such stage or block, or the point is outside the image.
        """
        chosen = self._stage(stage)
        if not 0 <= block < len(chosen.blocks):
            raise RequestError(
                f"There is no block {block} in stage {stage}: choose 0 to {len(chosen.blocks) - 1}."
            )
        height, width = encoded.size
        index = encoded.window_at(point if point is not None else (width // 2, height // 2))
        entering = self._input(encoded, index, stage)
        tokens, grid = chosen.patch_embed(entering)
        for before in chosen.blocks[:block]:
            tokens = before(tokens, grid)
        walked = chosen.blocks[block]
        assert isinstance(walked, Block)
        record = _Record(grid, entering)
        if block == 0:
            record.add("merging", _merging(chosen), tokens, of=(STAGE_INPUT,))
        output = record.walk(walked, tokens)
        if block == len(chosen.blocks) - 1:
            record.add("stage_norm", "LayerNorm", chosen.norm(output), of=("residual2",))
        return tuple(record.steps)

    def _stage(self, stage: int) -> Stage:
        stages = self._network.encoder.stages
        if not 1 <= stage <= len(stages):
            raise RequestError(f"There is no stage {stage}: choose 1 to {len(stages)}.")
        chosen = stages[stage - 1]
        assert isinstance(chosen, Stage)
        return chosen

    def _input(self, encoded: EncodedImage, index: int, stage: int) -> Tensor:
        backend = encoded.backend
        if stage == 1:
            return backend.pixels(encoded.model_image(index), torch.float32).cpu()
        before = backend.picture_of(encoded.stages(index)[stage - 2])
        return before[None].float().cpu()


class _Record:
    """The results of a block's operations, caught as they pass."""

    def __init__(self, grid: tuple[int, int], entering: Tensor) -> None:
        self.steps: list[Step] = []
        self._grid = grid
        self._key_grid = grid
        self._covered = (1.0, 1.0)
        channels, height, width = entering.shape[1:]
        self._shapes: dict[str, Shape] = {STAGE_INPUT: (channels, height, width)}

    def walk(self, block: Block, tokens: Tensor) -> Tensor:
        """Run a block (1, N, C) and note each operation; returns what comes out of it."""
        attention, mlp = block.attention, block.mlp
        self._shapes[BLOCK_INPUT] = (tokens.shape[2], *self._grid)
        if attention.sr is not None:
            ratio = attention.sr.stride[0]
            rows, columns = self._grid
            self._key_grid = (rows // ratio, columns // ratio)
            self._covered = (
                self._key_grid[0] * ratio / rows,
                self._key_grid[1] * ratio / columns,
            )
        caught: dict[str, Tensor] = {}
        parts: dict[str, nn.Module | None] = {
            "norm1": block.norm1,
            "query": attention.query,
            "reduction": attention.sr_norm,
            "key": attention.key,
            "value": attention.value,
            "attention": attention,
            "norm2": block.norm2,
            "expand": mlp.fc1,
            "depthwise": mlp.depthwise,
            "project": mlp.fc2,
        }
        with ExitStack() as hooks:
            for key, part in parts.items():
                if part is not None:
                    handle = part.register_forward_hook(
                        lambda _module, _inputs, output, key=key: caught.update({key: output})
                    )
                    hooks.callback(handle.remove)
            output: Tensor = block(tokens, self._grid)
        self._note_attention(block, tokens, caught)
        self._note_mixing(block, caught)
        operation = "add what went into Mix-FFN"
        self.add("residual2", operation, output, of=("residual1", "project"))
        return output

    def _note_attention(self, block: Block, tokens: Tensor, caught: dict[str, Tensor]) -> None:
        attention = block.attention
        self.add("norm1", "LayerNorm", caught["norm1"], of=(BLOCK_INPUT,))
        self.add("query", _linear(attention.query), caught["query"], of=("norm1",))
        reduced = "norm1"
        if attention.sr is not None:
            ratio = attention.sr.stride[0]
            reduced, steps = "reduction", f"{ratio}x{ratio}, stride {ratio}"
            operation = f"Conv {steps}, LayerNorm: {ratio**2} tokens to one"
            self.add("reduction", operation, caught["reduction"], of=("norm1",), keys=True)
        self.add("key", _linear(attention.key), caught["key"], of=(reduced,), keys=True)
        self.add("value", _linear(attention.value), caught["value"], of=(reduced,), keys=True)
        heads = attention.heads
        operation = f"softmax(q kᵀ / √{attention.query.out_features // heads}) v, {heads} heads"
        self.add(
            "attention",
            f"{operation}, {_linear(attention.output)}",
            caught["attention"],
            of=("query", "key", "value"),
        )
        self.add(
            "residual1",
            "add what went into attention",
            tokens + caught["attention"],
            of=(BLOCK_INPUT, "attention"),
        )

    def _note_mixing(self, block: Block, caught: dict[str, Tensor]) -> None:
        mlp = block.mlp
        self.add("norm2", "LayerNorm", caught["norm2"], of=("residual1",))
        self.add("expand", _linear(mlp.fc1), caught["expand"], of=("norm2",))
        mixed = caught["depthwise"]
        self.add("depthwise", "Conv 3x3, each channel by itself", mixed, of=("expand",))
        self.add("gelu", "GELU", functional.gelu(mixed), of=("depthwise",))
        self.add("project", _linear(mlp.fc2), caught["project"], of=("gelu",))

    def add(
        self, key: str, operation: str, values: Tensor, *, of: Sequence[str], keys: bool = False
    ) -> None:
        """Note a result: tokens (1, N, C), or a picture (1, C, h, w); `of` names what went in."""
        if values.ndim == 3:
            grid = self._key_grid if keys else self._grid
            values = values.transpose(1, 2).unflatten(2, grid)  # type: ignore[no-untyped-call]
        inputs = tuple(self._shapes[name] for name in of)
        covered = self._covered if keys else (1.0, 1.0)
        step = Step(key, operation, np.ascontiguousarray(values[0].numpy()), inputs, covered)
        self._shapes[key] = step.shape
        self.steps.append(step)


def _linear(layer: nn.Linear) -> str:
    return f"Linear {layer.in_features} → {layer.out_features}"


def _merging(stage: Stage) -> str:
    proj = stage.patch_embed.proj
    kernel: Sequence[int] = proj.kernel_size
    return f"Conv {kernel[0]}x{kernel[1]}, stride {proj.stride[0]}, LayerNorm"
