"""Training on a GPU: the CPU's results, half precision without loss scaling, and no waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch

from segcore.errors import TrainingError
from segcore.models import SegFormer
from segcore.preprocess import Preprocess
from segcore.training.augmentation import Augmentation
from segcore.training.batches import Sampling, Source
from segcore.training.objective import Objective
from segcore.training.recipe import Recipe
from segcore.training.samples import ArraySamples
from segcore.training.survey import survey
from segcore.training.trainer import Trainer
from segcore.training.transfer import Reading, Step, reads_late, to_device

Build = Callable[..., SegFormer]
RECIPE = Recipe(
    steps=4,
    sampling=Sampling(4, (64, 64), augmentation=Augmentation()),
    lr=1e-3,
    head_factor=1,
    warm_up=0,
)


@pytest.fixture
def in_full_precision() -> Iterator[None]:
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def trained(
    network: SegFormer, samples: ArraySamples, recipe: Recipe
) -> tuple[Trainer, list[Step]]:
    trainer = Trainer(network, [Source(samples, survey(samples))], recipe, Preprocess())
    steps: list[Step] = []
    trainer.run(steps.append)
    return trainer, steps


@pytest.mark.cuda
@pytest.mark.usefixtures("in_full_precision")
def test_steps_on_a_gpu_are_those_of_the_cpu(small_network: Build, samples: ArraySamples) -> None:
    cpu, expected = trained(small_network(drop=0.0), samples, RECIPE)
    gpu, found = trained(small_network(drop=0.0).cuda(), samples, RECIPE)
    assert [step.step for step in found] == [1, 2, 3, 4]
    for one, other in zip(found, expected):
        assert one.loss == pytest.approx(other.loss, rel=1e-3)
        assert one.gradient == pytest.approx(other.gradient, rel=1e-2)
    for name, tensor in cpu.weights.items():
        torch.testing.assert_close(gpu.weights[name].cpu(), tensor, rtol=2e-2, atol=2e-3)


@pytest.mark.cuda
def test_bfloat16_on_a_gpu_learns_without_loss_scaling(
    small_network: Build, samples: ArraySamples
) -> None:
    recipe = replace(RECIPE, steps=40, precision="bf16", lr=3e-3)
    trainer, steps = trained(small_network().cuda(), samples, recipe)
    assert not trainer.state().scaler
    assert all(p.dtype == torch.float32 for p in trainer.network.parameters())
    assert sum(step.loss for step in steps[-5:]) < 0.8 * sum(step.loss for step in steps[:5])


@pytest.mark.cuda
@pytest.mark.parametrize("hardest", [1.0, 0.3])
def test_a_step_never_makes_the_gpu_come_to_rest(
    small_network: Build, samples: ArraySamples, hardest: float
) -> None:
    recipe = replace(RECIPE, objective=Objective("log", hardest), precision="bf16")
    network = small_network().cuda()
    trainer = Trainer(network, [Source(samples, survey(samples))], recipe, Preprocess())
    trainer.run(until=1)
    torch.cuda.set_sync_debug_mode("error")
    try:
        trainer.run()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert trainer.step == 4


@pytest.mark.cuda
def test_a_loss_that_is_no_number_leaves_the_weights_on_a_gpu(
    small_network: Build, samples: ArraySamples
) -> None:
    network = small_network().cuda()
    with torch.no_grad():
        network.decoder.classifier.bias[0] = float("nan")
    before = network.decoder.classifier.weight.detach().clone()
    trainer = Trainer(network, [Source(samples, survey(samples))], RECIPE, Preprocess())
    with pytest.raises(TrainingError, match="no number any more after 0 steps"):
        trainer.run()
    assert torch.equal(network.decoder.classifier.weight, before)


def test_optimisers_leave_out_a_step_that_is_marked(small_network: Build) -> None:
    """What a GPU relies on: the fused AdamW heeds the mark that loss scaling gives it."""
    weight = torch.nn.Parameter(torch.ones(3))
    optimiser = torch.optim.AdamW([weight], 0.1, fused=True)
    weight.grad = torch.ones(3)
    optimiser.found_inf = torch.tensor(1.0)  # type: ignore[attr-defined]
    optimiser.step()
    assert torch.equal(weight, torch.ones(3))
    optimiser.found_inf = torch.tensor(0.0)  # type: ignore[attr-defined]
    optimiser.step()
    assert not torch.equal(weight, torch.ones(3))


def test_numbers_are_read_as_they_were_even_a_step_later() -> None:
    loss, gradient = torch.tensor(0.5), torch.tensor(2.0)
    reading = Reading(3, 1e-3, loss, gradient, may_overflow=False)
    loss.add_(1)
    step = reading.read(0.0)
    assert (step.step, step.loss, step.gradient) == (3, 0.5, 2.0)
    assert float(reading.not_finite) == 0
    endless = Reading(4, 1e-3, torch.tensor(1.0), torch.tensor(float("inf")), may_overflow=False)
    assert float(endless.not_finite) == 1
    with pytest.raises(TrainingError, match="gradient is no number any more after 3 steps"):
        endless.read(0.0)
    scaled = Reading(4, 1e-3, torch.tensor(1.0), torch.tensor(float("inf")), may_overflow=True)
    assert scaled.read(0.0).loss == 1
    assert not reads_late(torch.device("cpu"))
    assert reads_late(torch.device("cuda", 0))
    assert to_device(torch.arange(3).numpy(), torch.device("cpu")).tolist() == [0, 1, 2]
