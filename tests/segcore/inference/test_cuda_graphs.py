"""Which shapes are recorded, kept and forgotten; and on a GPU, that graphs say the same."""

from __future__ import annotations

import pytest
import torch

from segcore.inference import Predictor
from segcore.inference.cuda_graphs import GraphedNetwork, Recorded


class Replays:
    """Records on the CPU: a replay runs the network on the kept input into the kept output."""

    def __init__(self) -> None:
        self.recorded: list[tuple[int, ...]] = []
        self.replayed = self.forgotten = 0

    def forget(self):
        self.forgotten += 1

    def __call__(self, network, like):
        self.recorded.append(tuple(like.shape))
        source = like.clone()
        result = network(source)

        def replay():
            self.replayed += 1
            result.copy_(network(source))

        return Recorded(source, result, replay)


def doubled(pixels):
    return pixels * 2


def test_a_shape_is_recorded_once_it_keeps_coming():
    replays = Replays()
    graphed = GraphedNetwork(doubled, replays, seen_before=2)
    for turn in range(5):
        pixels = torch.full((1, 3, 4, 4), float(turn))
        assert torch.equal(graphed(pixels), pixels * 2)
        assert len(replays.recorded) == (turn >= 2)
    assert replays.replayed == 3
    graphed(torch.ones(1, 3, 4, 8))
    graphed(torch.ones(1, 3, 4, 4, dtype=torch.float64))
    assert graphed.shapes == 1


def test_the_least_recently_used_shape_goes():
    replays = Replays()
    graphed = GraphedNetwork(doubled, replays, seen_before=0, most_shapes=2)
    for side in (1, 2, 1, 3, 1):
        graphed(torch.ones(1, 3, side, side))
    assert [shape[2] for shape in replays.recorded] == [1, 2, 3]
    graphed(torch.ones(1, 3, 2, 2))
    assert [shape[2] for shape in replays.recorded] == [1, 2, 3, 2]
    assert graphed.shapes == 2


def test_what_cannot_be_recorded_runs_as_before_and_says_so():
    class Refusing(Replays):
        def __call__(self, network, like):
            raise RuntimeError("operation not permitted\nwhen stream is capturing")

    refusing = Refusing()
    graphed = GraphedNetwork(doubled, refusing, seen_before=1)
    for _ in range(4):
        assert torch.equal(graphed(torch.ones(1, 3, 2, 2)), torch.full((1, 3, 2, 2), 2.0))
    assert graphed.notes == ["The network runs without CUDA graphs: operation not permitted"]
    assert refusing.forgotten == 1


@pytest.mark.cuda
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_graphs_say_what_the_network_says(precision, own_size_folder, picture):
    predictor = Predictor.load(own_size_folder, "cuda", precision, backend="torch")
    backend = predictor.backend
    graphed = GraphedNetwork(backend.model)
    for seed in range(8):
        for size in ((96, 128), (64, 160)):
            pixels = backend.pixels(picture(*size)).roll(seed, -1)
            with torch.inference_mode():
                expected = backend.model(pixels)
            assert torch.allclose(graphed(pixels).float(), expected.float(), atol=1e-2)
    assert graphed.shapes == 2
    assert not graphed.notes
