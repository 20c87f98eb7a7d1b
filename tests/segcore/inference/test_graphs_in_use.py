"""Where the backend runs graphs and where it does not; that results are the caller's own."""

from __future__ import annotations

import pytest
import torch

from segcore.checkpoints import read_checkpoint
from segcore.checkpoints.model_loader import load_model
from segcore.inference import Predictor, memory
from segcore.inference.cuda_graphs import SEEN_BEFORE, Recorded
from segcore.inference.devices import Placement
from segcore.inference.protocol import InferenceProtocol, Sliding
from segcore.inference.tiling import plan_tiles
from segcore.inference.torch_backend import TorchBackend
from segcore.models import SegFormerConfig


class Replays:
    """Records on the CPU: a replay runs the network on the kept input into the kept output."""

    def __init__(self, trouble: str = "") -> None:
        self.trouble = trouble
        self.shapes: list[tuple[int, ...]] = []
        self.replayed = self.forgotten = 0

    def __call__(self, network, like):
        if self.trouble:
            raise RuntimeError(self.trouble)
        self.shapes.append(tuple(like.shape))
        source = like.clone()
        result = network(source)

        def replay():
            self.replayed += 1
            result.copy_(network(source))

        return Recorded(source, result, replay, 1000)

    def forget(self):
        self.forgotten += 1


def with_graphs(folder, replays, precision="fp32", numerics="fast"):
    """A predictor on the CPU whose backend records as it would on a GPU."""
    predictor = Predictor.load(folder, "cpu", precision, numerics, "torch")
    checkpoint = read_checkpoint(folder)
    network = load_model(checkpoint, numerics)
    placement = predictor.backend.placement
    predictor.backend = TorchBackend(network, checkpoint.preprocess, placement, replays)
    return predictor


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_pictures_of_one_size_are_replayed_and_say_the_same(precision, own_size_folder, picture):
    replays = Replays()
    predictor = with_graphs(own_size_folder, replays, precision)
    plain = Predictor.load(own_size_folder, "cpu", precision, backend="torch")
    results = []
    for turn in range(SEEN_BEFORE + 3):
        image = picture(64, 96)[:, ::-1] if turn % 2 else picture(64, 96)
        result = predictor.predict(image)
        assert (result.labels == plain.predict(image).labels).all()
        results.append(result.labels)
        assert bool(replays.shapes) == (turn >= SEEN_BEFORE)
    assert replays.replayed == 3
    assert (results[-1] != results[-2]).any()
    assert predictor.backend.idle_bytes == 1000


def test_logits_are_the_callers_own(own_size_folder):
    backend = with_graphs(own_size_folder, Replays()).backend
    for _ in range(SEEN_BEFORE):
        backend.logits(torch.zeros(1, 3, 32, 32))
    first = backend.logits(torch.zeros(1, 3, 32, 32))
    before = first.clone()
    backend.logits(torch.ones(1, 3, 32, 32))
    assert torch.equal(first, before)


def test_features_that_are_kept_are_computed_as_before(own_size_folder, picture):
    replays = Replays()
    predictor = with_graphs(own_size_folder, replays)
    for _ in range(SEEN_BEFORE + 2):
        encoded = predictor.encode(picture(64, 64))
        predictor.predict(encoded)
        assert encoded.held_bytes > 0
    assert not replays.shapes


def test_windows_of_large_pictures_share_a_graph(own_size_folder, picture):
    replays = Replays()
    sliding = InferenceProtocol("own", sliding=Sliding((64, 64), (32, 32)))
    predictor = with_graphs(own_size_folder, replays).with_protocol(sliding)
    plain = Predictor.load(own_size_folder, "cpu", backend="torch").with_protocol(sliding)
    image = picture(128, 160)
    assert (predictor.predict(image).labels == plain.predict(image).labels).mean() > 0.9999
    assert replays.shapes == [(1, 3, 64, 64)]
    tiled = predictor.encode(image, budget=0, protocol=InferenceProtocol("own"))
    tiled.plan = plan_tiles((128, 160), 96)
    predictor.predict(tiled)


def test_the_reason_for_no_graphs_is_told_once(own_size_folder, picture):
    predictor = with_graphs(own_size_folder, Replays("no such operation\nwhile recording"))
    told = [predictor.predict(picture(64, 64)).notes for _ in range(SEEN_BEFORE + 3)]
    (note,) = told[SEEN_BEFORE]
    assert note == "The network runs without CUDA graphs: no such operation"
    assert [notes for notes in told if notes] == [(note,)]


def test_short_memory_costs_the_graphs_first(own_size_folder, picture, monkeypatch):
    replays = Replays()
    predictor = with_graphs(own_size_folder, replays)
    for _ in range(SEEN_BEFORE + 1):
        predictor.predict(picture(64, 64))
    predictor.backend.make_room()
    assert predictor.backend.idle_bytes == 0
    assert replays.forgotten == 1


@pytest.mark.parametrize("numerics", ["exact", "fast"])
def test_the_cpu_has_no_graphs(numerics, own_size_folder):
    assert not Predictor.load(own_size_folder, "cpu", "fp32", numerics, "torch").backend.has_graphs


@pytest.mark.cuda
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_gpu_replays_what_it_computes(precision, own_size_folder, picture):
    predictor = Predictor.load(own_size_folder, "cuda", precision)
    backend = predictor.backend
    for shape in ((1, 64, 96), (8, 64, 96), (3, 96, 64)):
        for turn in range(SEEN_BEFORE + 3):
            pixels = backend.pixels(picture(*shape[1:])).roll(turn, -1)
            pixels = pixels.expand(shape[0], -1, -1, -1).contiguous()
            with torch.inference_mode():
                expected = backend.model.decode(backend.encode(pixels))
            assert torch.allclose(backend.logits(pixels).float(), expected.float(), atol=1e-3)
    assert backend.take_notes() == []
    assert backend.idle_bytes > 0
    backend.make_room()
    assert backend.idle_bytes == 0
    assert not Predictor.load(own_size_folder, "cuda", numerics="exact").backend.has_graphs


def test_graphs_are_worth_it_for_small_inputs_that_leave_memory(monkeypatch):
    config = SegFormerConfig.named("b0", num_classes=19)
    gpu = Placement(torch.device("cuda", 0), "bf16")
    monkeypatch.setattr(memory, "free_bytes", lambda _device: 24 << 30)
    assert memory.worth_recording(config, gpu, 16 * 512 * 512)
    assert not memory.worth_recording(config, gpu, 3 * 1024 * 2048)
    monkeypatch.setattr(memory, "free_bytes", lambda _device: 1 << 30)
    assert memory.worth_recording(config, gpu, 512 * 512)
    assert not memory.worth_recording(config, gpu, 16 * 512 * 512)


def test_what_graphs_hold_is_not_free(monkeypatch):
    config = SegFormerConfig.named("b2", num_classes=150)
    gpu = Placement(torch.device("cuda", 0), "bf16")
    monkeypatch.setattr(memory, "free_bytes", lambda _device: 8 << 30)
    assert memory.whole_pixels(config, gpu, 4 << 30) < memory.whole_pixels(config, gpu)
    monkeypatch.setattr(memory, "free_bytes", lambda _device: 4 << 30)
    four = memory.whole_pixels(config, gpu)
    monkeypatch.setattr(memory, "free_bytes", lambda _device: 8 << 30)
    assert memory.whole_pixels(config, gpu, 4 << 30) == four
