"""Images per second on a GPU: ours in float32 and bfloat16, transformers eager and compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from segcore.bench import hugging_face
from segcore.bench.contest import Contest
from segcore.bench.contestant import Action, Side
from segcore.bench.models import pixels_of
from segcore.geometry import Size
from segcore.inference import Predictor

# Input sizes, and how many pictures go in at once.
BATCHES: Sequence[tuple[Size, int]] = (((512, 512), 8), ((512, 512), 1), ((1024, 2048), 1))

# A pass takes milliseconds; so many of them are one measurement.
_PASSES = 10


@dataclass(frozen=True)
class GpuRows:
    """Makes a contest for each variant, size and batch; on the CPU too, for trying it out.

    Attributes:
        folder_of: the model folder of a variant.
        device: as torch writes it.
        peers: whether transformers takes part.
        compiled: whether it does so compiled as well.
    """

    folder_of: Callable[[str], Path]
    device: str
    rounds: int
    peers: bool = True
    compiled: bool = True

    def contests(
        self, variants: Sequence[str], batches: Sequence[tuple[Size, int]] = BATCHES
    ) -> list[Contest]:
        """One for each variant, input size and number of pictures at once."""
        return [self._contest(variant, *batch) for variant in variants for batch in batches]

    def _contest(self, variant: str, size: Size, batch: int) -> Contest:
        setting = (self.folder_of(variant), size, batch, self.device)
        own = [self._side(f"fast {name}", ours, (*setting, name)) for name in ("fp32", "bf16")]
        theirs = []
        if self.peers:
            name = "transformers, eager fp32"
            theirs.append(self._side(name, transformers, (*setting, False)))
        if self.peers and self.compiled:
            name = "transformers, compiled bf16"
            theirs.append(self._side(name, transformers, (*setting, True)))
        what = f"forward, {variant.upper()}, {size[0]}x{size[1]}, batch {batch}, {self.device}"
        return Contest("gpu", what, own, theirs, self.rounds, images=batch * _PASSES)

    def _side(self, name: str, prepare: Callable[..., Action], arguments: tuple[Any, ...]) -> Side:
        return Side(name, prepare, arguments, on_gpu=self.device.startswith("cuda"))


def ours(folder: Path, size: Size, batch: int, device: str, precision: str) -> Action:
    """This program's network."""
    predictor = Predictor.load(folder, device=device, precision=precision, backend="torch")
    network: Any = predictor.backend
    pixels = pixels_of(size, batch).to(network.device, network.placement.dtype)
    return _passes(network.model, pixels)


def transformers(folder: Path, size: Size, batch: int, device: str, compiled: bool) -> Action:
    """transformers' network: as it comes in float32, or compiled in bfloat16."""
    model = hugging_face.load(folder).to(device)
    pixels = pixels_of(size, batch).to(device)
    if compiled:
        model, pixels = torch.compile(model.to(torch.bfloat16)), pixels.to(torch.bfloat16)
    return _passes(model, pixels)


def _passes(network: Any, pixels: torch.Tensor) -> Action:
    def run() -> None:
        with torch.inference_mode():
            for _ in range(_PASSES):
                network(pixels)
        if pixels.is_cuda:
            torch.cuda.synchronize(pixels.device)

    return run
