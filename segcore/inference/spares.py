"""The same network in another place: where memory runs out, and where gradients need fp32."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from segcore.checkpoints import Checkpoint
from segcore.errors import RequestError
from segcore.inference.backend import Backend
from segcore.inference.devices import Placement
from segcore.inference.encoded import EncodedImage
from segcore.inference.torch_backend import Numerics, TorchBackend

Result = TypeVar("Result")


class SpareBackends:
    """The networks beside a predictor's own, built when they are first needed and then kept."""

    def __init__(self, checkpoint: Checkpoint, numerics: Numerics) -> None:
        self._checkpoint = checkpoint
        self._numerics = numerics
        self._on_cpu: TorchBackend | None = None
        self._in_float32: TorchBackend | None = None

    def on_cpu(self) -> TorchBackend:
        """The network on the CPU in fp32."""
        if self._on_cpu is None:
            self._on_cpu = self._build(Placement(torch.device("cpu"), "fp32"))
        return self._on_cpu

    def in_float32(self, backend: Backend) -> TorchBackend:
        """The network of a backend in torch in fp32 on the same device, itself where it is that."""
        if backend.placement.precision == "fp32":
            return backend if isinstance(backend, TorchBackend) else self.on_cpu()
        if self._in_float32 is None:
            self._in_float32 = self._build(Placement(backend.device, "fp32"))
        return self._in_float32

    def with_less_memory(self, encoded: EncodedImage, run: Callable[[], Result]) -> Result:
        """Run it; when memory runs out, again with smaller tiles, then on the CPU.

        What was done about it is added to the notes of the encoded image.

        Raises:
            RequestError: memory runs out on the CPU too.
        """
        while True:
            try:
                return run()
            except torch.OutOfMemoryError:
                self._make_room(encoded)

    def _make_room(self, encoded: EncodedImage) -> None:
        device = encoded.backend.device
        if device.type == "cuda":
            encoded.release()
            if isinstance(encoded.backend, TorchBackend):
                encoded.backend.make_room()
            torch.cuda.empty_cache()
        if device.type == "cuda" and len(encoded.windows) > 1 and not encoded.one_by_one:
            encoded.one_by_one = True  # the same answers: nothing to tell
            return
        if encoded.backend is self._on_cpu:
            raise RequestError(
                "There is not enough memory for this picture: close other programs, or give a "
                "smaller size."
            )
        tile = encoded.use_smaller_tiles()
        if tile is not None:
            how = f"in tiles of {tile} pixels"
        else:
            encoded.move_to(self.on_cpu())
            how = "on the CPU"
        encoded.notes.append(f"The memory of {device} ran out: the picture was done {how}.")

    def _build(self, placement: Placement) -> TorchBackend:
        # Wherever it is first needed: weights made in inference mode never give gradients.
        with torch.inference_mode(mode=False):
            return TorchBackend.from_checkpoint(self._checkpoint, placement, self._numerics)
