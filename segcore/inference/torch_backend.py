"""The network on a torch device: the backend that everything else is measured against."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.checkpoints import Checkpoint
from segcore.checkpoints.model_loader import load_model
from segcore.errors import CheckpointError, RequestError
from segcore.inference.backend import Stages
from segcore.inference.cuda_graphs import GraphedNetwork, Recorder
from segcore.inference.devices import Placement, sent
from segcore.inference.memory import worth_recording
from segcore.models import (
    DeepLab,
    FastSegFormer,
    ModelConfig,
    QueriesAndKeys,
    ResNetMlp,
    Runnable,
    SegFormer,
    SegFormerConfig,
    architecture_title,
    is_fast,
)
from segcore.preprocess import Preprocess

Numerics = Literal["exact", "fast"]


class TorchBackend:
    """A network with its weights on one device in one precision.

    Stage features are tensors on that device: (1, h, w, C) of a SegFormer with fast numerics,
    (1, C, h, w) of all others; only `picture_of` needs to know.
    """

    name: Literal["torch"] = "torch"

    def __init__(
        self,
        model: Runnable,
        preprocess: Preprocess,
        placement: Placement,
        recorder: Recorder | None = None,
    ) -> None:
        """Bring the network to its device.

        Args:
            model: is moved and kept.
            preprocess: what is done to a picture before it.
            placement: where it goes, and in which precision.
            recorder: makes graphs of frequent shapes; left out, CUDA's where the device is a GPU
                of NVIDIA's and the numerics are fast.
        """
        self.placement = placement
        self.preprocess = preprocess
        self.model = model.to(device=placement.device, dtype=placement.dtype).eval()
        self.model.requires_grad_(requires_grad=False)
        scale, shift = preprocess.affine()
        self._scale = torch.from_numpy(scale).to(placement.device)
        self._shift = torch.from_numpy(shift).to(placement.device)
        self._graphs: GraphedNetwork | None = None
        if recorder is not None or (placement.device.type == "cuda" and self.normalises_bytes):
            self._graphs = GraphedNetwork(self._forward, recorder, worth=self._worth_recording)

    @classmethod
    def from_checkpoint(
        cls, checkpoint: Checkpoint, placement: Placement, numerics: Numerics = "fast"
    ) -> TorchBackend:
        """Build the network of a checkpoint.

        Raises:
            CheckpointError: it ends in ImageNet's classifier and cannot segment.
        """
        model = load_model(checkpoint, numerics)
        if not isinstance(model, SegFormer | FastSegFormer | DeepLab | ResNetMlp):
            raise CheckpointError(
                f"{checkpoint.name}: it is an ImageNet classifier without a decoder and cannot "
                "segment; fine-tune it or choose a segmentation model."
            )
        return cls(model, checkpoint.preprocess, placement)

    @property
    def device(self) -> torch.device:
        """Where the weights and features are."""
        return self.placement.device

    @property
    def normalises_bytes(self) -> bool:
        """Whether `normalised` is what `pixels` does: fast numerics alone."""
        return is_fast(self.model)

    @property
    def has_graphs(self) -> bool:
        """Whether `logits` runs frequent shapes as graphs."""
        return self._graphs is not None

    @property
    def idle_bytes(self) -> int:
        """What graphs work in and torch counts among the memory that is free."""
        return 0 if self._graphs is None else self._graphs.held

    @property
    def channels_last(self) -> bool:
        """Whether stage features are (1, h, w, C)."""
        return isinstance(self.model, FastSegFormer)

    @property
    def config(self) -> ModelConfig:
        """The network's architecture."""
        return self.model.config

    @property
    def attention_config(self) -> SegFormerConfig:
        """The numbers of the network's attention.

        Raises:
            RequestError: it has none.
        """
        return self._attending.config

    @property
    def _attending(self) -> SegFormer | FastSegFormer:
        if not isinstance(self.model, SegFormer | FastSegFormer):
            raise RequestError(
                f"{architecture_title(self.model.config)} has no attention: choose a SegFormer, "
                "or look at this model's receptive fields."
            )
        return self.model

    def pixels(self, image: npt.NDArray[np.uint8], dtype: torch.dtype | None = None) -> Tensor:
        """An (H, W, 3) uint8 image at the model's size, normalised: (1, 3, H, W) on the device.

        It travels as bytes (a fourth of the floats) and is normalised over there; only exact
        numerics on the CPU take the reference's own rounding.
        """
        dtype = dtype or self.placement.dtype
        if not is_fast(self.model):
            planes = torch.from_numpy(self.preprocess.normalised(image))
            return planes[None].to(self.device, dtype)
        # Pillow hands out read-only arrays, which torch warns of.
        values = sent(np.require(image, requirements=("C", "W")), self.device)
        return self.normalised(values[None], dtype)

    def normalised(self, pictures: Tensor, dtype: torch.dtype | None = None) -> Tensor:
        """(B, H, W, 3) uint8 on the device, with fast numerics: (B, 3, H, W), normalised."""
        floats = pictures.to(torch.float32).mul_(self._scale).add_(self._shift)
        return floats.to(dtype or self.placement.dtype).permute(0, 3, 1, 2)

    @torch.inference_mode()
    def logits(self, pixels: Tensor) -> Tensor:
        """Normalised pixels (B, 3, H, W) to logits (B, classes, h, w), in the backend's precision.

        For features that nobody wants: shapes that keep coming run as CUDA graphs, where the
        backend has them. From one thread at a time for each stream.
        """
        return self._forward(pixels) if self._graphs is None else self._graphs(pixels)

    def take_notes(self) -> list[str]:
        """What a person should know since this was last asked, one sentence each."""
        if self._graphs is None:
            return []
        notes, self._graphs.notes = self._graphs.notes, []
        return notes

    def make_room(self) -> None:
        """Give up memory that only saves time."""
        if self._graphs is not None:
            self._graphs.release()

    @torch.inference_mode()
    def encode(self, pixels: Tensor) -> Stages:
        """The four stage outputs after their norms."""
        return self.model.encode(pixels)

    @torch.inference_mode()
    def decode(self, stages: Sequence[Tensor]) -> Tensor:
        """Logits (classes, h, w) of one window, in the backend's precision."""
        return self.model.decode(stages)[0]

    @torch.inference_mode()
    def queries_and_keys(
        self, stage: int, stage_input: Tensor, blocks: Collection[int] | None = None
    ) -> list[QueriesAndKeys]:
        """Of each block of a stage, what its attention is made from; see the model.

        Raises:
            RequestError: the network has no attention.
        """
        return self._attending.queries_and_keys(stage, stage_input, blocks)

    def picture_of(self, feature: Tensor) -> Tensor:
        """A stage feature or the head's features as (C, h, w)."""
        return feature[0].permute(2, 0, 1) if self.channels_last else feature[0]

    def stage_of(self, picture: Tensor) -> Tensor:
        """The other way: (C, h, w) as a stage feature in the model's layout."""
        return picture.permute(1, 2, 0)[None] if self.channels_last else picture[None]

    def _forward(self, pixels: Tensor) -> Tensor:
        return self.model.decode(self.encode(pixels))

    def _worth_recording(self, pixels: Tensor) -> bool:
        return worth_recording(self.config, self.placement, pixels[:, 0].numel())
