"""What is asked of CUDA, in which order and of which GPU: told by a stand-in for `torch.cuda`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch

from segcore.batch.streams import CudaStreams, NoStreams, streams_of
from segcore.inference import cuda_graphs
from segcore.inference.cuda_graphs import CudaRecorder, GraphedNetwork

GPU = torch.device("cuda", 1)
"""Not the first: what is left to chance goes to cuda:0 and is seen."""


class FakeStream:
    def __init__(self, cuda: FakeCuda, name: str, device: torch.device) -> None:
        self.cuda, self.name, self.device = cuda, name, device

    def wait_stream(self, other: FakeStream) -> None:
        self.cuda.log.append(f"{self.name} waits for {other.name}")


class FakeEvent:
    def __init__(self, cuda: FakeCuda, *, blocking: bool) -> None:
        self.cuda, self.blocking = cuda, blocking

    def record(self, stream: FakeStream) -> None:
        self.cuda.log.append(f"event on {stream.name}, blocking {self.blocking}")

    def synchronize(self) -> None:
        self.cuda.log.append("host waits")


class FakeGraph:
    def __init__(self, cuda: FakeCuda) -> None:
        self.cuda = cuda

    def replay(self) -> None:
        self.cuda.log.append("replay")


class FakeCuda:
    """Keeps the current device and stream, and a log of what was done on which."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.current = torch.device("cuda", 0)
        self.made = 0
        self.pools = 0
        self.reserved = 100
        self.capture_fails = False
        self.stream_now = FakeStream(self, "main", GPU)

    def Stream(self, device: torch.device) -> FakeStream:
        assert device == GPU
        self.made += 1
        return FakeStream(self, f"side{self.made}", device)

    def Event(self, *, blocking: bool = False) -> FakeEvent:
        return FakeEvent(self, blocking=blocking)

    def CUDAGraph(self) -> FakeGraph:
        return FakeGraph(self)

    def current_stream(self, device: torch.device) -> FakeStream:
        assert device == GPU
        return self.stream_now

    @contextmanager
    def device(self, device: torch.device) -> Iterator[None]:
        before, self.current = self.current, device
        yield
        self.current = before

    @contextmanager
    def stream(self, stream: FakeStream) -> Iterator[None]:
        before, self.stream_now = self.stream_now, stream
        try:
            yield
        finally:
            self.stream_now = before

    @contextmanager
    def graph(self, graph: Any, *, pool: int, stream: FakeStream, capture_error_mode: str) -> Any:
        assert self.current == GPU
        self.log.append(f"capture on {stream.name} in pool {pool}, {capture_error_mode}")
        yield
        if self.capture_fails:
            self.stream_now = FakeStream(self, "lost", GPU)  # as torch leaves it
            raise RuntimeError("operation failed due to a previous error during capture")
        self.reserved += 64

    def graph_pool_handle(self) -> int:
        assert self.current == GPU
        self.pools += 1
        return self.pools

    def memory_reserved(self, device: torch.device) -> int:
        assert device == GPU
        return self.reserved

    def synchronize(self, device: torch.device) -> None:
        assert device == GPU

    def empty_cache(self) -> None:
        self.log.append("cache emptied")


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> FakeCuda:
    fake = FakeCuda()
    names = ("Stream Event CUDAGraph current_stream device stream graph graph_pool_handle "
             "memory_reserved synchronize empty_cache")  # fmt: skip
    for name in names.split():
        monkeypatch.setattr(torch.cuda, name, getattr(fake, name))
    empty, copy = torch.empty, torch.Tensor.copy_

    def told_empty(*shape: Any, pin_memory: bool = False, device: Any = None, **rest: Any) -> Any:
        where = "pinned" if pin_memory else str(device)
        if pin_memory or device is not None:
            fake.log.append(f"empty {where} on {fake.stream_now.name}")
        return empty(*shape, **rest)

    def told_copy(self: Any, source: Any, non_blocking: bool = False) -> Any:
        fake.log.append(f"copy on {fake.stream_now.name}, non_blocking {non_blocking}")
        return copy(self, source)

    monkeypatch.setattr(torch, "empty", told_empty)
    monkeypatch.setattr(torch.Tensor, "copy_", told_copy)
    monkeypatch.setattr(
        torch.Tensor, "record_stream", lambda _, stream: fake.log.append(f"kept for {stream.name}")
    )
    return fake


def test_transfers_have_streams_of_their_own_and_nobody_waits_but_the_reader(cuda):
    streams = CudaStreams(GPU)
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    staged = [streams.staged(pixels), streams.staged(255 - pixels)]
    together = streams.uploaded(staged)
    assert together.tolist() == [pixels.tolist(), (255 - pixels).tolist()]
    (host,) = streams.downloaded([together])
    assert torch.equal(host, together)
    streams.arrival()()
    assert cuda.log == [
        *["empty pinned on main"] * 2,
        "empty cuda:1 on side1",
        *["copy on side1, non_blocking True"] * 2,
        "main waits for side1",
        "kept for main",
        "side2 waits for main",
        "empty pinned on side2",
        "copy on side2, non_blocking True",
        "kept for side2",
        "event on side2, blocking True",
        "host waits",
    ]
    with streams.here():
        assert cuda.current == GPU


def test_other_devices_have_no_streams():
    for name in ("cpu", "mps", "meta"):
        assert isinstance(streams_of(torch.device(name)), NoStreams)


class Input:
    """A tensor on the stand-in's GPU, as far as a recorder looks."""

    device = GPU


def test_graphs_are_recorded_on_their_own_gpu_beside_threads_that_work(cuda, monkeypatch):
    runs = []

    def network(_pixels):
        runs.append(cuda.stream_now.name)
        return torch.zeros(1)

    monkeypatch.setattr(torch, "empty_like", lambda _: torch.zeros(2))
    monkeypatch.setattr(torch.Tensor, "copy_", lambda self, _source: self)
    recorder = CudaRecorder()
    first = recorder(network, Input())
    recorder(network, Input())
    assert runs == ["side1"] * 6
    captures = [entry for entry in cuda.log if entry.startswith("capture")]
    assert captures == ["capture on side1 in pool 1, thread_local"] * 2
    assert cuda.log[:2] == ["side1 waits for main", "main waits for side1"]
    assert cuda.current == torch.device("cuda", 0)
    assert cuda.stream_now.name == "main"
    assert first.held == 64
    recorder.forget()
    recorder(network, Input())
    assert cuda.log[-1].endswith("in pool 2, thread_local")


def test_a_failed_recording_leaves_the_stream_as_it_was(cuda, monkeypatch):
    monkeypatch.setattr(torch, "empty_like", lambda _: torch.zeros(2))
    monkeypatch.setattr(torch.Tensor, "copy_", lambda self, _source: self)
    cuda.capture_fails = True
    with pytest.raises(RuntimeError, match="during capture"):
        CudaRecorder()(lambda _pixels: torch.zeros(1), Input())
    assert cuda.stream_now.name == "main"
    assert not cuda_graphs._RECORDING.locked()


def test_the_memory_of_graphs_is_counted_until_it_is_given_back(cuda, monkeypatch):
    graphed = GraphedNetwork(lambda pixels: pixels * 2, CudaRecorder(), seen_before=0)
    monkeypatch.setattr(CudaRecorder, "_record", _recorded_with(64))
    for side in (2, 3):
        graphed(torch.ones(1, 3, side, side))
    assert graphed.held == 128
    graphed.release()
    assert graphed.held == graphed.shapes == 0


def _recorded_with(held):
    def record(_self, network, like):
        result = network(like)
        return cuda_graphs.Recorded(like.clone(), result, lambda: None, held)

    return record
