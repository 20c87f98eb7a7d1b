"""The door to prediction: an image in, labels and confidence out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from segcore.checkpoints import Checkpoint, read_checkpoint
from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.geometry import Box, Size
from segcore.inference.backend import Backend, BackendName
from segcore.inference.backend_choice import build_backend, check_backend
from segcore.inference.blocks import Block
from segcore.inference.devices import Placement, place
from segcore.inference.encoded import DEFAULT_BUDGET, EncodedImage, Image
from segcore.inference.mean_entropy import MeanEntropy
from segcore.inference.passes import pieces_of, plan_view
from segcore.inference.prediction import Prediction
from segcore.inference.protocol import PREPROCESS, InferenceProtocol
from segcore.inference.spares import SpareBackends
from segcore.inference.torch_backend import Numerics, TorchBackend
from segcore.inference.upsample import (
    TopTwo,
    empty_labels,
    label_block,
    label_strip,
    top_two_block,
    top_two_strip,
)
from segcore.models import ModelConfig
from segcore.preprocess import Preprocess
from segcore.progress import CancelToken, ProgressCallback

Result = TypeVar("Result")


class Predictor:
    """A model on a device, ready to predict.

    Attributes:
        checkpoint: what it was loaded from.
        backend: the network on its device.
        spares: the same network elsewhere, for when memory runs out and for gradients.
        notes: what a person should know of the device, one sentence each.
        protocol: how pictures go in unless told otherwise.
        gives_confidence: whether predictions have one unless told otherwise.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        placement: Placement,
        numerics: Numerics = "fast",
        backend: str = "auto",
    ) -> None:
        self.checkpoint = checkpoint
        self.numerics = numerics
        self.notes: list[str] = list(placement.notes)
        self.protocol = PREPROCESS
        self.gives_confidence = True
        self.spares = SpareBackends(checkpoint, numerics)
        self.backend: Backend = build_backend(
            checkpoint,
            placement,
            numerics,
            backend,
            spares=self.spares,
            notes=self.notes,
        )

    @classmethod
    def load(
        cls,
        source: str | Path,
        device: str = "auto",
        precision: str = "auto",
        numerics: str = "fast",
        backend: str = "auto",
        *,
        protocol: InferenceProtocol = PREPROCESS,
    ) -> Predictor:
        """Load a model by bundled name, file or folder.

        Args:
            source: MODEL as on the command line.
            device: `auto` (CUDA, else MPS, else CPU), `cpu`, `cuda`, `cuda:1`, `mps`.
            precision: `auto` (fp32 on CPU and MPS and with exact numerics; on CUDA bf16, or fp16 on
                GPUs without it), `fp32`, `bf16`, `fp16`.
            numerics: `fast` (folded) or `exact` (the family's order of operations).
            backend: `auto` (OpenVINO where it is installed and can, else torch), `torch`,
                `openvino`.
            protocol: how pictures go in.

        Raises:
            CheckpointError: the model cannot be used.
            RequestError: a device, precision, numerics or backend that is not there.
        """
        check_backend(numerics, backend)
        checkpoint = read_checkpoint(source)
        predictor = cls.from_checkpoint(checkpoint, device, precision, numerics, backend)
        return predictor.with_protocol(protocol)

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
        chosen = check_backend(numerics, backend)
        return cls(checkpoint, place(device, precision, numerics), chosen, backend)

    @property
    def name(self) -> str:
        """What the model is called."""
        return self.checkpoint.name

    @property
    def classes(self) -> ClassTable:
        """What it tells apart."""
        return self.checkpoint.classes

    @property
    def config(self) -> ModelConfig:
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
    def backend_name(self) -> BackendName:
        """`torch` or `openvino`: what runs the network."""
        return self.backend.name

    @property
    def precision(self) -> str:
        """`fp32`, `bf16` or `fp16`."""
        return self.backend.placement.precision

    def with_protocol(self, protocol: InferenceProtocol) -> Predictor:
        """The same model, weights and all, whose pictures go in by another protocol."""
        other = copy.copy(self)
        other.protocol = protocol
        return other

    def labels_alone(self) -> Predictor:
        """The same model, whose predictions come without confidence: sooner, in less memory."""
        other = copy.copy(self)
        other.gives_confidence = False
        return other

    def encode(
        self,
        image: Image,
        *,
        size: Size | None = None,
        budget: int = DEFAULT_BUDGET,
        protocol: InferenceProtocol | None = None,
    ) -> EncodedImage:
        """Make ready to run an image; nothing is computed until it is asked for.

        Args:
            image: (H, W, 3) uint8 RGB.
            size: (height, width) to resize to whatever the protocol says.
            budget: bytes of features that may be kept.
            protocol: how it goes in; the predictor's own if left out.

        Raises:
            RequestError: it is no such image, or the size is not positive.
        """
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
            raise RequestError(
                f"An image is (height, width, 3) uint8 RGB, not {image.shape} {image.dtype}: "
                "read it with segcore.read_image."
            )
        chosen = protocol or self.protocol
        if size is not None:
            chosen = InferenceProtocol("fixed", size)
        own_size = chosen.sliding is None and chosen.keeps_own_size(self.preprocess)
        image_size = (image.shape[0], image.shape[1])
        view = chosen.views[0]
        return EncodedImage(
            image,
            plan_view(image_size, self.backend, chosen, view),
            self.backend,
            own_size=own_size,
            budget=budget,
            protocol=chosen,
            view=view,
        )

    def predict(
        self,
        image: EncodedImage | Image,
        *,
        protocol: InferenceProtocol | None = None,
        confidence: bool | None = None,
        cancel: CancelToken | None = None,
        progress: ProgressCallback | None = None,
    ) -> Prediction:
        """Labels and confidence at the image's own size.

        Where GPU memory runs out it goes on with smaller tiles, then on the CPU, and the notes of
        the prediction say so.

        Args:
            image: as `encode` made it, or (H, W, 3) uint8 RGB.
            protocol: how it goes in; the predictor's own if left out.
            confidence: whether it is wanted, which costs time and 2 bytes a pixel; as the
                predictor has it if left out.
            cancel: looked at between windows, or batches of them.
            progress: told after each window.

        Raises:
            Cancelled: `cancel` was called.
            RequestError: memory runs out on the CPU too, or an encoded image has another protocol.
        """
        encoded = self._encoded(image, protocol)
        labels = empty_labels(encoded.size, self.classes)
        wanted = self.gives_confidence if confidence is None else confidence
        share = np.empty(encoded.size, np.float16) if wanted else None

        def run() -> MeanEntropy:
            entropy = MeanEntropy()
            for piece in pieces_of(encoded, cancel, progress):
                if isinstance(piece, Block):
                    label_block(piece, labels, share)
                    entropy.add_block(piece)
                else:
                    label_strip(*piece, labels, share)
                    entropy.add_strip(*piece)
            return entropy

        entropy = self.with_less_memory(encoded, run)
        return Prediction(
            labels,
            np.broadcast_to(np.float16(np.nan), encoded.size) if share is None else share,
            self.classes,
            self.name,
            self.sha256,
            tuple(encoded.notes),
            encoded.protocol,
            entropy.value,
        )

    def top2(self, encoded: EncodedImage, *, cancel: CancelToken | None = None) -> TopTwo:
        """The two likeliest classes of each pixel and their probabilities."""
        shape = (2, *encoded.size)
        top = TopTwo(empty_labels(shape, self.classes), np.empty(shape, np.float16))

        def run() -> None:
            for piece in pieces_of(encoded, cancel, None):
                if isinstance(piece, Block):
                    top_two_block(piece, top)
                else:
                    top_two_strip(*piece, top)

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

    def _encoded(
        self, image: EncodedImage | Image, protocol: InferenceProtocol | None
    ) -> EncodedImage:
        if not isinstance(image, EncodedImage):
            return self.encode(image, budget=0, protocol=protocol)
        if protocol is not None and protocol != image.protocol:
            raise RequestError(
                "This image was encoded by another protocol: give the protocol to encode instead."
            )
        return image
