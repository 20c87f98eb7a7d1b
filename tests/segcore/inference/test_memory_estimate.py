"""What the GPU's whole-picture limit is reckoned with, against tensors that are really alive."""

from __future__ import annotations

import weakref

import pytest
import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from segcore.inference import memory
from segcore.inference.devices import Placement
from segcore.models import FastSegFormer, SegFormer, SegFormerConfig


class Alive(TorchDispatchMode):
    """Counts the bytes of all storages that operations have made and nobody has dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._owners: dict[int, int] = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor)
        return made

    def _count(self, tensor):
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        self._owners[key] = self._owners.get(key, 0) + 1
        if self._owners[key] == 1:
            self.now += size
            self.peak = max(self.peak, self.now)
        weakref.finalize(tensor, self._drop, key, size)

    def _drop(self, key, size):
        self._owners[key] -= 1
        if self._owners[key] == 0:
            del self._owners[key]
            self.now -= size


@pytest.mark.parametrize(
    ("variant", "classes"), [("b0", 150), ("b0", 11), ("b1", 19), ("b2", 150), ("b0", 900)]
)
def test_the_estimate_is_what_is_alive_at_the_peak(variant, classes, monkeypatch):
    """On torch's meta device, which takes the way of a GPU: no strips, and here no scores."""
    config = SegFormerConfig.named(variant, num_classes=classes)
    network = FastSegFormer.from_exact(SegFormer(config).eval()).to("meta")
    monkeypatch.setattr(
        functional, "scaled_dot_product_attention", lambda query, *_, **__: query.clone()
    )
    for height, width in ((512, 512), (512, 1024)):
        pixels = torch.empty(1, 3, height, width, device="meta")
        with torch.no_grad(), Alive() as alive:
            network(pixels)
        estimate = memory._live_values(config) * 4 * height * width
        assert 0.98 * alive.peak <= estimate <= 1.1 * alive.peak


def test_the_limit_follows_the_memory_that_is_free(monkeypatch):
    config = SegFormerConfig.named("b2", num_classes=150)
    gpu = Placement(torch.device("cuda", 0), "bf16")
    sizes = []
    for megabytes in (512, 4096, 8192, 81920):
        monkeypatch.setattr(memory, "free_bytes", lambda _, free=megabytes << 20: free)
        sizes.append(memory.whole_pixels(config, gpu))
    assert sizes == sorted(sizes)
    assert sizes[0] == 1024 * 1024
    assert sizes[-1] == memory.GPU_PIXELS
    needed = memory._live_values(config) * 2 * sizes[1]
    assert needed <= 2 << 30
    assert memory.whole_pixels(config, Placement(torch.device("cuda", 0), "fp32")) <= sizes[-1]
