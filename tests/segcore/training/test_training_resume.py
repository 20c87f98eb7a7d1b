"""One seed, one result; and a run that was cut short ends where the unbroken one ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from segcore.checkpoints import read_checkpoint, save_pretrained
from segcore.errors import TrainingError
from segcore.models import SegFormer
from segcore.preprocess import Preprocess
from segcore.progress import CancelToken
from segcore.training.batches import Sampling, Source
from segcore.training.plan import Plan
from segcore.training.recipe import Recipe
from segcore.training.run import train
from segcore.training.samples import ArraySamples
from segcore.training.state import FOLDER, load_state, save_state, state_path
from segcore.training.survey import survey
from segcore.training.telling import LOG
from segcore.training.trainer import Trainer
from segcore.training.transfer import Step

RECIPE = Recipe(
    steps=8, sampling=Sampling(3, (32, 32), rare=0.3), lr=1e-3, head_factor=2.0, warm_up=2, seed=4
)

Build = Callable[..., SegFormer]


def trainer(network: SegFormer, samples: ArraySamples, recipe: Recipe = RECIPE) -> Trainer:
    return Trainer(network, [Source(samples, survey(samples))], recipe, Preprocess())


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_one_seed_gives_the_same_weights_twice(small_network: Build, samples: ArraySamples) -> None:
    one, two, other = (trainer(small_network(), samples, r) for r in (
        RECIPE, RECIPE, replace(RECIPE, seed=5)
    ))  # fmt: skip
    for each in (one, two, other):
        torch.manual_seed(id(each) % 1000)  # whatever was drawn before has no say
        each.run()
    assert same(one.weights, two.weights)
    assert same(one.network.state_dict(), two.network.state_dict())
    assert not same(one.weights, other.weights)


@pytest.mark.parametrize("cut", [1, 5])
def test_a_resumed_run_ends_where_the_unbroken_one_ends(
    small_network: Build, samples: ArraySamples, tmp_path: Path, cut: int
) -> None:
    unbroken = trainer(small_network(), samples)
    unbroken.run()
    begun = trainer(small_network(), samples)
    begun.run(until=cut)
    save_state(tmp_path, begun.state())
    begun.run(until=cut + 1)  # what a kill loses

    resumed = trainer(small_network(seed=9), samples)
    state = load_state(tmp_path)
    assert state is not None
    resumed.resume(state)
    assert resumed.step == cut
    torch.manual_seed(123)
    resumed.run()
    assert same(resumed.weights, unbroken.weights)
    assert same(resumed.network.state_dict(), unbroken.network.state_dict())


def test_a_cancelled_run_goes_on_from_where_it_stopped(
    small_network: Build, samples: ArraySamples, tmp_path: Path
) -> None:
    model = save_pretrained(small_network(), tmp_path / "model", samples.classes)
    whole = Plan([(samples, 1.0)], None, str(model), tmp_path / "whole")
    train(whole, RECIPE)

    cancel = CancelToken()
    parts = replace(whole, out=tmp_path / "parts", resume=True)

    def stop(event: object) -> None:
        if isinstance(event, dict) and event.get("step") == 3:
            cancel.cancel()

    stopped = train(parts, RECIPE, stop, cancel)
    assert (stopped.steps, stopped.finished) == (3, False)
    assert read_checkpoint(tmp_path / "parts").classes.names == samples.classes.names
    finished = train(parts, RECIPE)
    assert (finished.steps, finished.finished) == (8, True)
    one, other = (read_checkpoint(tmp_path / name).state for name in ("whole", "parts"))
    assert same(one, other)
    lines = (tmp_path / "parts" / FOLDER / LOG).read_text().splitlines()
    steps = [event["step"] for event in map(json.loads, lines) if event["event"] == "step"]
    assert steps == list(range(1, 9))


def test_another_recipe_does_not_go_on(
    small_network: Build, samples: ArraySamples, tmp_path: Path
) -> None:
    begun = trainer(small_network(), samples)
    begun.run(until=1)
    save_state(tmp_path, begun.state())
    state = load_state(tmp_path)
    assert state is not None
    with pytest.raises(TrainingError, match=r"differs in decay.*begin anew"):
        trainer(small_network(), samples, replace(RECIPE, decay=0.5)).resume(state)
    with pytest.raises(TrainingError, match="another number of classes"):
        trainer(small_network(num_classes=5), samples).resume(state)


def test_a_smaller_rate_may_go_on_and_is_said(
    small_network: Build, samples: ArraySamples, tmp_path: Path
) -> None:
    """What is advised where the loss became no number."""
    begun = trainer(small_network(), samples)
    begun.run(until=1)
    save_state(tmp_path, begun.state())
    state = load_state(tmp_path)
    assert state is not None
    slower = trainer(small_network(), samples, replace(RECIPE, lr=RECIPE.lr / 10))
    slower.resume(state)
    assert "another lr" in slower.notes[0]
    rates: list[float] = []
    slower.run(lambda step: rates.append(step.rate), until=2)
    before = {name: tensor.clone() for name, tensor in state.network.items()}
    assert rates == [pytest.approx(RECIPE.lr / 10 * RECIPE.schedule.share(1))]
    begun.run(until=2)
    far, near = (
        max(
            float((each.network.state_dict()[name] - before[name]).abs().max())
            for name, _ in each.network.named_parameters()
        )
        for each in (begun, slower)
    )
    assert near < far / 3


def test_a_begun_training_is_not_overwritten(
    small_network: Build, samples: ArraySamples, tmp_path: Path
) -> None:
    model = save_pretrained(small_network(), tmp_path / "model", samples.classes)
    plan = Plan([(samples, 1.0)], None, str(model), tmp_path / "out")
    train(plan, replace(RECIPE, steps=1))
    with pytest.raises(TrainingError, match="--resume"):
        train(plan, replace(RECIPE, steps=1))


def test_a_state_that_is_cut_short_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = state_path(tmp_path)
    path.parent.mkdir()
    path.write_bytes(b"PK\x03\x04 no more")
    with pytest.raises(TrainingError, match=r"state\.pt: this is no state of a training"):
        load_state(tmp_path)


def test_a_full_disk_keeps_the_state_before(
    small_network: Build, samples: ArraySamples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = trainer(small_network(), samples)
    begun.run(until=1)
    save_state(tmp_path, begun.state())
    begun.run(until=2)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("segcore.training.state.torch.save", full)
    with pytest.raises(TrainingError, match=r"No space left on device.*--resume"):
        save_state(tmp_path, begun.state())
    state = load_state(tmp_path)
    assert state is not None
    assert state.step == 1


def test_a_disk_that_is_full_in_passing_stops_nothing(
    small_network: Build, samples: ArraySamples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = save_pretrained(small_network(), tmp_path / "model", samples.classes)
    failures = iter([True, False])

    def sometimes_full(out: Path, state: object) -> None:
        if next(failures, False):
            raise TrainingError("the disk is full")
        save_state(out, state)  # type: ignore[arg-type]

    monkeypatch.setattr("segcore.training.run.save_state", sometimes_full)
    events: list[dict[str, object]] = []
    plan = Plan([(samples, 1.0)], None, str(model), tmp_path / "out", save_seconds=0)
    result = train(plan, replace(RECIPE, steps=3), lambda event: events.append(dict(event)))
    assert result.finished
    assert [event["text"] for event in events if event["event"] == "warning"] == [
        "the disk is full"
    ]
    assert load_state(tmp_path / "out") is not None


def test_a_loss_that_is_no_number_ends_in_a_sentence(
    small_network: Build, samples: ArraySamples
) -> None:
    network = small_network()
    with torch.no_grad():
        network.decoder.classifier.weight[0, 0] = float("nan")
    with pytest.raises(TrainingError, match=r"no number any more after 0 steps.*--lr"):
        trainer(network, samples).run()


def test_too_little_memory_means_smaller_parts_and_the_same_pictures(
    small_network: Build, samples: ArraySamples, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(RECIPE, sampling=Sampling(4, (32, 32)), steps=2)
    tight = trainer(small_network(drop=0.0), samples, recipe)
    loss = Trainer._loss

    def greedy(self: Trainer, pictures: object, *rest: object) -> torch.Tensor:
        if len(pictures) > 2:  # type: ignore[arg-type]
            raise torch.OutOfMemoryError("CUDA out of memory")
        return loss(self, pictures, *rest)

    monkeypatch.setattr(Trainer, "_loss", greedy)
    tight.run()
    monkeypatch.undo()
    halved = trainer(small_network(drop=0.0), samples, replace(recipe, accumulate=2))
    halved.run()
    assert tight.parts == 2
    assert tight.notes == [
        "Memory does not suffice for 4 pictures at once: batches go through in 2 parts."
    ]
    assert same(tight.weights, halved.weights)

    monkeypatch.setattr(
        Trainer, "_loss", lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError("no"))
    )
    with pytest.raises(TrainingError, match="not enough memory"):
        trainer(small_network(), samples, recipe).run()


def test_steps_tell_what_they_came_to(small_network: Build, samples: ArraySamples) -> None:
    steps: list[Step] = []
    trainer(small_network(), samples).run(steps.append)
    assert [step.step for step in steps] == list(range(1, 9))
    assert steps[0].rate < steps[2].rate == pytest.approx(1e-3)
    assert steps[-1].rate < 2e-4
    assert all(step.loss > 0 and step.gradient > 0 and step.seconds > 0 for step in steps)
