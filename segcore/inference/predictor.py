"""The door to prediction: an image in, labels and confidence out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from segcore.checkpoints import Checkpoint, read_checkpoint
from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.geometry import Box, Size
from segcore.inference.blend import blended_blocks
from segcore.inference.devices import Placement, place
from segcore.inference.encoded import DEFAULT_BUDGET, EncodedImage, Image
from segcore.inference.memory import whole_pixels
from segcore.inference.prediction import Prediction
from segcore.inference.spares import SpareBackends
from segcore.inference.tiling import TILE, TilePlan, plan_own_size, plan_whole
from segcore.inference.torch_backend import Numerics, TorchBackend
from segcore.inference.upsample import TopTwo, empty_labels, label_block, top_two_block
from segcore.models import SegFormerConfig
from segcore.preprocess import Preprocess
from segcore.progress import CancelToken, ProgressCallback, Ticker

Result = TypeVar("Result")

BACKENDS = ("auto", "torch")


class Predictor:
    """A model on a device, ready to predict.

    Attributes:
        checkpoint: what it was loaded from.
        backend: the network on its device.
        spares: the same network elsewhere, for when memory runs out and for gradients.
        notes: what a person should know of the device, one sentence each.
    """

    def __init__(
        self, checkpoint: Checkpoint, placement: Placement, numerics: Numerics = "fast"
    ) -> None:
        self.checkpoint = checkpoint
        self.numerics = numerics
        self.backend = TorchBackend.from_checkpoint(checkpoint, placement, numerics)
        self.notes: list[str] = list(placement.notes)
        self.spares = SpareBackends(checkpoint, numerics)

    @classmethod
    def load(
        cls,
        source: str | Path,
        device: str = "auto",
        precision: str = "auto",
        numerics: str = "fast",
        backend: str = "auto",
    ) -> Predictor:
        """Load a model by bundled name, file or folder.

        Args:
            source: MODEL as on the command line.
            device: `auto` (CUDA, else MPS, else CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
            precision: `auto` (fp32 on CPU and MPS and with exact numerics; on CUDA bf16, or fp16 on
                GPUs without it), `fp32`, `bf16`, `fp16`.
            numerics: `fast` (folded) or `exact` (the family's order of operations).
            backend: `auto` or `torch`.

        Raises:
            CheckpointError: the model cannot be used.
            RequestError: a device, precision, numerics or backend that is not there.
        """
        _check_backend(numerics, backend)
        return cls.from_checkpoint(read_checkpoint(source), device, precision, numerics, backend)

    @classmethod
    def from_checkpoint(
        cls,
        checkpoint: Checkpoint,
        device: str = "auto",
        precision: str = "auto",
        numerics: str = "fast",
        backend: str = "auto",
    ) -> Predictor:
        """As `load`, of a checkpoint that was read before."""
        chosen = _check_backend(numerics, backend)
        return cls(checkpoint, place(device, precision, numerics), chosen)

    @property
    def name(self) -> str:
        """What the model is called."""
        return self.checkpoint.name

    @property
    def classes(self) -> ClassTable:
        """What it tells apart."""
        return self.checkpoint.classes

    @property
    def config(self) -> SegFormerConfig:
        """Its architecture."""
        return self.checkpoint.config

    @property
    def preprocess(self) -> Preprocess:
        """What is done to a picture before it."""
        return self.checkpoint.preprocess

    @property
    def sha256(self) -> str:
        """Of its weights."""
        return self.checkpoint.sha256

    @property
    def licence(self) -> str | None:
        """Of its weights, where known."""
        return self.checkpoint.licence

    @property
    def device(self) -> str:
        """`cpu`, `cuda:0`, `mps`."""
        return str(self.backend.device)

    @property
    def precision(self) -> str:
        """`fp32`, `bf16` or `fp16`."""
        return self.backend.placement.precision

    def encode(
        self, image: Image, *, size: Size | None = None, budget: int = DEFAULT_BUDGET
    ) -> EncodedImage:
        """Make ready to run an image; nothing is computed until it is asked for.

        As the model's preprocessing says, the image is resized to the model's size, or goes in at
        its own: whole where that fits (see `memory.whole_pixels`), else in tiles.

        Args:
            image: (H, W, 3) uint8 RGB.
            size: (height, width) to resize to whatever the preprocessing says.
            budget: bytes of features that may be kept.

        Raises:
            RequestError: it is no such image, or the size is not positive.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
            raise RequestError(
                f"An image is (height, width, 3) uint8 RGB, not {image.shape} {image.dtype}: "
                "read it with segcore.read_image."
            )
        if size is not None and min(size) < 1:
            raise RequestError(f"The size {size[0]}x{size[1]} is empty: give height x width.")
        own_size = size is None and not self.preprocess.do_resize
        return EncodedImage(
            image, self._plan(image, size), self.backend, own_size=own_size, budget=budget
        )

    def predict(
        self,
        image: EncodedImage | Image,
        *,
        cancel: CancelToken | None = None,
        progress: ProgressCallback | None = None,
    ) -> Prediction:
        """Labels and confidence at the image's own size.

        Where GPU memory runs out it goes on with smaller tiles, then on the CPU, and the notes of
        the prediction say so.

        Raises:
            Cancelled: `cancel` was called; it is looked at between windows.
            RequestError: memory runs out on the CPU too.
        """
        encoded = image if isinstance(image, EncodedImage) else self.encode(image, budget=0)
        labels = empty_labels(encoded.size, self.classes)
        confidence = np.empty(encoded.size, np.float16)

        def run() -> None:
            ticker = Ticker(len(encoded.windows), progress)
            for block in blended_blocks(encoded.plan, _decoder(encoded, cancel, ticker)):
                label_block(block, labels, confidence)

        self.with_less_memory(encoded, run)
        notes = tuple(encoded.notes)
        return Prediction(labels, confidence, self.classes, self.name, self.sha256, notes)

    def top2(self, encoded: EncodedImage, *, cancel: CancelToken | None = None) -> TopTwo:
        """The two likeliest classes of each pixel and their probabilities."""
        shape = (2, *encoded.size)
        top = TopTwo(empty_labels(shape, self.classes), np.empty(shape, np.float16))

        def run() -> None:
            for block in blended_blocks(encoded.plan, _decoder(encoded, cancel, None)):
                top_two_block(block, top)

        self.with_less_memory(encoded, run)
        return top

    def logits(self, encoded: EncodedImage) -> Iterator[tuple[Box, npt.NDArray[np.float32]]]:
        """The logits of each window, one at a time: (its pixels of the image, (C, h, w))."""
        for index, window in enumerate(encoded.windows):
            values = encoded.backend.decode(encoded.stages(index)).float()
            yield window.box, values.cpu().numpy()

    def features(
        self, encoded: EncodedImage
    ) -> Iterator[tuple[Box, dict[str, npt.NDArray[np.float32]]]]:
        """The stage features of each window, one at a time: (its pixels, stage1 … -> (C, h, w))."""
        for index, window in enumerate(encoded.windows):
            stages = encoded.stages(index)
            yield (
                window.box,
                {
                    f"stage{number}": np.ascontiguousarray(
                        encoded.backend.picture_of(feature).float().cpu().numpy()
                    )
                    for number, feature in enumerate(stages, start=1)
                },
            )

    def with_less_memory(self, encoded: EncodedImage, run: Callable[[], Result]) -> Result:
        """Run it; when memory runs out, again with smaller tiles, then on the CPU.

        What was done about it is added to the notes of the encoded image.

        Raises:
            RequestError: memory runs out on the CPU too.
        """
        return self.spares.with_less_memory(encoded, run)

    def float32_backend(self, encoded: EncodedImage) -> TorchBackend:
        """The network in fp32 on the device of `encoded`, for gradients."""
        return self.spares.in_float32(encoded.backend)

    def _plan(self, image: Image, size: Size | None) -> TilePlan:
        image_size = (image.shape[0], image.shape[1])
        if size is not None:
            return plan_whole(image_size, size)
        if self.preprocess.do_resize:
            return plan_whole(image_size, self.preprocess.model_size(image_size))
        placement = self.backend.placement
        return plan_own_size(image_size, whole_pixels(self.config, placement), TILE)


def _decoder(
    encoded: EncodedImage, cancel: CancelToken | None, ticker: Ticker | None
) -> Callable[[int], torch.Tensor]:
    def logits(index: int) -> torch.Tensor:
        if cancel is not None:
            cancel.raise_if_cancelled()
        decoded = encoded.backend.decode(encoded.stages(index))
        if ticker is not None:
            ticker.tick()
        return decoded

    return logits


def _check_backend(numerics: str, backend: str) -> Literal["exact", "fast"]:
    if numerics == "exact" and backend not in BACKENDS:
        raise RequestError(
            f"Exact numerics run on the torch backend alone, not on {backend}: choose torch, or "
            "fast numerics."
        )
    if backend not in BACKENDS:
        raise RequestError(f'There is no backend "{backend}": choose {" or ".join(BACKENDS)}.')
    if numerics == "exact":
        return "exact"
    if numerics == "fast":
        return "fast"
    raise RequestError(f'There are no numerics "{numerics}": choose fast or exact.')
