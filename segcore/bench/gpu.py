"""Images per second on a GPU: ours in float32, bfloat16 and by graphs, transformers both ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from segcore.bench import alike, hugging_face
from segcore.bench.contest import Contest
from segcore.bench.contestant import Action, ContestantError, Side
from segcore.bench.models import pixels_of
from segcore.geometry import Size
from segcore.inference import Predictor

# Input sizes, and how many pictures go in at once.
BATCHES: Sequence[tuple[Size, int]] = (((512, 512), 8), ((512, 512), 1), ((1024, 2048), 1))

# A pass takes milliseconds; so many of them are one measurement.
_PASSES = 10


class Way(NamedTuple):
    """One of our sides: its name, its precision, and whether frequent shapes run as graphs."""

    name: str
    precision: str
    graphs: bool = False


OURS = (Way("fp32", "fp32"), Way("bf16", "bf16"), Way("bf16, graphs", "bf16", graphs=True))


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
        own = [self._side(way.name, ours, (*setting, way)) for way in OURS]
        theirs = []
        if self.peers:
            name = "transformers, eager fp32"
            theirs.append(self._side(name, transformers, (*setting, False)))
        if self.peers and self.compiled:
            name = "transformers, compiled bf16"
            theirs.append(self._side(name, transformers, (*setting, True)))
        what = f"forward, {variant.upper()}, {size[0]}x{size[1]}, batch {batch}, {self.device}"
        return Contest(
            "gpu", what, own, theirs, self.rounds, alike=alike.logits, images=batch * _PASSES
        )

    def _side(self, name: str, prepare: Callable[..., Action], arguments: tuple[Any, ...]) -> Side:
        return Side(name, prepare, arguments, on_gpu=self.device.startswith("cuda"))


def ours(folder: Path, size: Size, batch: int, device: str, way: Way) -> Action:
    """This program's network, kernel by kernel or as a CUDA graph, as `predict` runs a folder."""
    predictor = Predictor.load(folder, device=device, precision=way.precision, backend="torch")
    network: Any = predictor.backend
    pixels = pixels_of(size, batch).to(network.device, network.placement.dtype)
    if not way.graphs:
        return _passes(network.model, pixels)
    replay = _passes(network.logits, pixels)

    def run() -> Any:
        logits = replay()
        if notes := network.take_notes():
            raise ContestantError(notes[0])  # else it would be measured under a false name
        return logits

    return run


def transformers(folder: Path, size: Size, batch: int, device: str, compiled: bool) -> Action:
    """transformers' network: as it comes in float32, or compiled in bfloat16."""
    model = hugging_face.load(folder).to(device)
    pixels = pixels_of(size, batch).to(device)
    if compiled:
        model, pixels = torch.compile(model.to(torch.bfloat16)), pixels.to(torch.bfloat16)
    return _passes(lambda values: model(values).logits, pixels)


def _passes(network: Callable[[Tensor], Tensor], pixels: Tensor) -> Action:
    """Some passes in a row, and the first picture's logits; the GPU is not waited for."""

    if pixels.is_cuda:
        torch.cuda.set_device(pixels.device)  # whose clock it is that tells the time

    @torch.inference_mode()
    def run() -> Tensor:
        for _ in range(_PASSES):
            logits = network(pixels)
        return logits[0]

    return run
