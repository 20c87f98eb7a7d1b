"""How a group of pictures gets onto its device and the label maps back, while others are computed.

The same calls lead a batch on every device. Elsewhere than on a GPU nothing overlaps; there the
transfers have streams of their own beside the one that computes:

- what is uploaded waits for nobody, and the computing waits for it alone;
- what is downloaded waits for the computing so far, which goes on at once;
- the host waits for one event, when it wants to read a label map.

Tensors that two streams touch are recorded on both, so that their memory is given to nobody before
the slower of the two is done, whenever the host lets go of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor


class Streams(Protocol):
    """Transfers to and from a device."""

    def here(self) -> AbstractContextManager[object]:
        """Within it the device is the current one of the calling thread."""

    def staged(self, pixels: npt.NDArray[np.uint8]) -> Tensor:
        """The array in memory from which the device fetches it by itself; from any thread."""

    def uploaded(self, staged: Sequence[Tensor]) -> Tensor:
        """Tensors of one shape as one on the device, (B, ...), for what is computed from now on."""

    def downloaded(self, results: Sequence[Tensor]) -> list[Tensor]:
        """Contiguous tensors of the device on the host, where they are after `arrival`."""

    def arrival(self) -> Callable[[], None]:
        """Waits until everything has arrived that was downloaded before this call."""

    def make_room(self) -> None:
        """Give back the device's memory that nobody holds."""


class NoStreams:
    """Everything in its turn, where the memory is the host's."""

    def here(self) -> AbstractContextManager[object]:
        """There is nothing to choose."""
        return nullcontext()

    def staged(self, pixels: npt.NDArray[np.uint8]) -> Tensor:
        """The array itself; a copy where it may not be written to, of which torch would warn."""
        return torch.from_numpy(np.require(pixels, requirements=("C", "W")))

    def uploaded(self, staged: Sequence[Tensor]) -> Tensor:
        """Stacked."""
        return torch.stack([*staged])

    def downloaded(self, results: Sequence[Tensor]) -> list[Tensor]:
        """They are there."""
        return [*results]

    def arrival(self) -> Callable[[], None]:
        """There is nothing to wait for."""
        return _nothing

    def make_room(self) -> None:
        """Nobody keeps any."""


class CudaStreams:
    """Of an NVIDIA GPU; to be used by one thread, but for `staged`.

    What is computed is computed on the calling thread's current stream, so that graphs and what is
    done picture by picture fall into line.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._up = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._down = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def here(self) -> AbstractContextManager[object]:
        """The GPU is the current one of the calling thread."""
        return torch.cuda.device(self.device)

    def staged(self, pixels: npt.NDArray[np.uint8]) -> Tensor:
        """A copy in pinned memory, which torch keeps and hands out again."""
        with self.here():
            staged = torch.empty(pixels.shape, dtype=torch.uint8, pin_memory=True)
        np.copyto(staged.numpy(), pixels)
        return staged

    def uploaded(self, staged: Sequence[Tensor]) -> Tensor:
        """On the stream for uploads."""
        shape = (len(staged), *staged[0].shape)
        with torch.cuda.stream(self._up):
            together = torch.empty(shape, dtype=staged[0].dtype, device=self.device)
            for place, one in zip(together, staged):
                place.copy_(one, non_blocking=True)
        computing = torch.cuda.current_stream(self.device)
        computing.wait_stream(self._up)
        together.record_stream(computing)
        return together

    def downloaded(self, results: Sequence[Tensor]) -> list[Tensor]:
        """On the stream for downloads, into pinned memory."""
        hosts = []
        self._down.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self._down):
            for result in results:
                host = torch.empty(result.shape, dtype=result.dtype, pin_memory=True)
                host.copy_(result, non_blocking=True)
                result.record_stream(self._down)
                hosts.append(host)
        return hosts

    def arrival(self) -> Callable[[], None]:
        """An event; the thread that waits for it sleeps, as decoding needs its core."""
        event = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
        event.record(self._down)

        def wait() -> None:
            event.synchronize()

        return wait

    def make_room(self) -> None:
        """Once everything under way is done."""
        torch.cuda.synchronize(self.device)
        torch.cuda.empty_cache()


def streams_of(device: torch.device) -> Streams:
    """What a device has."""
    return CudaStreams(device) if device.type == "cuda" else NoStreams()


def _nothing() -> None:
    pass
