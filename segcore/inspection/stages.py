"""The network as it is on one picture: its stages in numbers, measured and counted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from segcore.geometry import Point
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.inference.torch_backend import TorchBackend
from segcore.models import FastSegFormer, SegFormerConfig, count_macs


@dataclass(frozen=True)
class StageFacts:
    """One row: a stage, or the head as the last.

    Attributes:
        name: `stage1` … `stage4`, `head`.
        shape: (C, h, w) of its output for the window; of the head, the logits'.
        stride: model pixels per cell of its output.
        ratio: R, by which keys are reduced on each axis; 0 where nothing attends.
        tokens, keys: how many queries and keys its attention has; 0 where nothing attends.
        heads, blocks: of attention, and how many blocks (0 for the head).
        parameters, macs: see `models.summary.StageSummary`.
        seconds: that it took on this picture, network alone, once; None where it was not timed.
    """

    name: str
    shape: tuple[int, int, int]
    stride: int
    ratio: int
    tokens: int
    keys: int
    heads: int
    blocks: int
    parameters: int
    macs: int
    seconds: float | None

    def to_json(self) -> dict[str, Any]:
        """As `info --image --json` prints it."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "stride": self.stride,
            "ratio": self.ratio,
            "tokens": self.tokens,
            "keys": self.keys,
            "heads": self.heads,
            "blocks": self.blocks,
            "parameters": self.parameters,
            "macs": self.macs,
            "seconds": self.seconds,
        }


def stage_facts(
    predictor: Predictor, encoded: EncodedImage, point: Point | None = None, *, timed: bool = True
) -> tuple[StageFacts, ...]:
    """Every stage and the head, in numbers, for the window that answers for a point.

    The network runs once for the times, in fp32 on torch; its features are not kept.

    Args:
        point: of an image in tiles, the tile of this pixel; the middle of the image without it.
        timed: whether it is to run; everything but the seconds is known without.

    Raises:
        RequestError: the point is outside the image.
    """
    height, width = encoded.size
    asked = point if point is not None else (width // 2, height // 2)

    def run() -> tuple[StageFacts, ...]:
        index = encoded.window_at(asked)
        size = encoded.windows[index].model_size
        rows = count_macs(predictor.config, size)
        seconds: Sequence[float | None] = [None] * len(rows)
        if timed:
            seconds = _timed(predictor.float32_backend(encoded), encoded, index)
        facts = []
        for number, (row, taken) in enumerate(zip(rows, seconds, strict=True), start=1):
            grid = row.shape[1:]
            attending = _attending(predictor, number, grid)
            facts.append(
                StageFacts(
                    name=row.name,
                    shape=row.shape,
                    stride=round(size[0] / grid[0]),
                    **attending,
                    blocks=predictor.config.depths[number - 1] if number <= 4 else 0,
                    parameters=row.parameters,
                    macs=row.macs,
                    seconds=taken,
                )
            )
        return tuple(facts)

    return predictor.with_less_memory(encoded, run)


def _attending(predictor: Predictor, stage: int, grid: tuple[int, int]) -> dict[str, int]:
    config = predictor.config
    if not isinstance(config, SegFormerConfig) or stage > len(config.depths):
        return {"ratio": 0, "tokens": 0, "keys": 0, "heads": 0}
    ratio = config.sr_ratios[stage - 1]
    return {
        "ratio": ratio,
        "tokens": grid[0] * grid[1],
        "keys": (grid[0] // ratio) * (grid[1] // ratio),
        "heads": config.heads[stage - 1],
    }


@torch.inference_mode()
def _timed(backend: TorchBackend, encoded: EncodedImage, index: int) -> list[float]:
    """Seconds of each stage and of the head, once the weights and caches are warm."""
    pixels = backend.pixels(encoded.model_image(index))
    stages = _stage_modules(backend)
    # The first run of a size lays out weights and memory anew.
    backend.decode(backend.encode(pixels))
    marks = [0.0] * (len(stages) + 1)
    with _marked(stages, marks, backend.device):
        _wait(backend.device)
        start = time.perf_counter()
        features = backend.encode(pixels)
        _wait(backend.device)
        encoding_ended = time.perf_counter()
        backend.decode(features)
        _wait(backend.device)
        marks[-1] = time.perf_counter() - encoding_ended
    ends = marks[:-1]
    begins = [start, *ends[:-1]]
    return [end - begin for begin, end in zip(begins, ends)] + [marks[-1]]


def _stage_modules(backend: TorchBackend) -> Sequence[nn.Module]:
    model = backend.model
    stages = model.stages if isinstance(model, FastSegFormer) else model.encoder.stages
    return list(stages)


@contextmanager
def _marked(
    stages: Sequence[nn.Module], marks: list[float], device: torch.device
) -> Iterator[None]:
    """Note in `marks` when each stage ends."""

    def mark(number: int, *_: object) -> None:
        _wait(device)
        marks[number] = time.perf_counter()

    hooks = [
        stage.register_forward_hook(partial(mark, number)) for number, stage in enumerate(stages)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
