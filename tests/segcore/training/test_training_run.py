"""Training as a person meets it: it learns, keeps what it knew, and refuses in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from segcore.checkpoints import load_model, read_checkpoint, save_pretrained
from segcore.classes import ClassTable
from segcore.errors import CheckpointError, TrainingError
from segcore.models import (
    DeepLab,
    DeepLabConfig,
    ResNetConfig,
    ResNetMlp,
    SegFormer,
    SegFormerConfig,
)
from segcore.preprocess import Preprocess
from segcore.progress import CancelToken
from segcore.project import Project
from segcore.training.batches import Sampling, Source
from segcore.training.beginning import begin
from segcore.training.holding_out import held_out_apart
from segcore.training.moving_average import MovingAverage
from segcore.training.opening import open_samples
from segcore.training.optimiser import Schedule, freeze, optimiser_of
from segcore.training.plan import Plan
from segcore.training.recipe import Recipe
from segcore.training.run import train
from segcore.training.samples import ArraySamples
from segcore.training.set_samples import ProjectSamples
from segcore.training.survey import survey
from segcore.training.trainer import Trainer
from segcore.training.validation import validate

Build = Callable[..., SegFormer]


def test_it_learns_what_was_held_out(
    small_network: Build, samples: ArraySamples, tmp_path: Path
) -> None:
    model = save_pretrained(small_network(), tmp_path / "model", samples.classes)
    held_out = Subsets.after(samples)
    before = validate(small_network(), None, held_out, Preprocess()).scores.miou
    recipe = Recipe(
        steps=40,
        sampling=Sampling(4, (64, 64)),
        lr=3e-3,
        head_factor=1,
        warm_up=5,
        average=0.9,
    )
    looks: list[float] = []
    plan = Plan([(samples, 1.0)], held_out, str(model), tmp_path / "out", every=20)
    result = train(
        plan,
        recipe,
        lambda event: looks.append(event["miou"]) if event["event"] == "validation" else None,
    )
    assert result.validation is not None
    after = result.validation.scores.miou
    assert after > max(before + 0.2, 0.6)
    assert len(looks) == 2
    assert looks[-1] == after
    written = load_model(tmp_path / "out")
    assert validate(written, None, held_out, Preprocess()).scores.miou == pytest.approx(after)  # type: ignore[arg-type]
    assert read_checkpoint(tmp_path / "out").classes.names == samples.classes.names


class Subsets:
    """Pictures that training did not see."""

    @staticmethod
    def after(samples: ArraySamples) -> ArraySamples:
        rng = np.random.default_rng(77)
        pictures, maps = [], []
        for _ in range(4):
            labels = np.zeros((64, 96), np.uint8)
            top, left = int(rng.integers(0, 40)), int(rng.integers(10, 60))
            labels[top : top + 12] = 2
            y, x = np.mgrid[:64, :96]
            labels[(y - 32) ** 2 + (x - left - 10) ** 2 < 140] = 1
            colours = np.array([(60, 110, 60), (200, 60, 50), (50, 70, 210)])
            noise = rng.normal(0, 12, (64, 96, 3))
            pictures.append(np.clip(colours[labels] + noise, 0, 255).astype(np.uint8))
            maps.append(labels)
        return ArraySamples(samples.classes, pictures, maps)


def test_outputs_keep_their_names_and_new_ones_join(small_network: Build, tmp_path: Path) -> None:
    before = ClassTable.from_names(["road", "sky", "car"])
    network = small_network()
    model = save_pretrained(network, tmp_path / "model", before)
    after = ClassTable.from_names(["Car", "lake", "road"])
    beginning = begin(model, after, scratch=False, seed=0)
    old, new = network.decoder.classifier, beginning.network.decoder.classifier  # type: ignore[union-attr]
    assert torch.equal(new.weight[0], old.weight[2])
    assert torch.equal(new.weight[2], old.weight[0])
    assert torch.equal(new.bias[2], old.bias[0])
    assert not torch.equal(new.weight[1], old.weight[1])
    assert beginning.notes == ("2 of 3 classes are known to model; lake begin at random.",)
    pixels = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        known = network.eval()(pixels)[:, [2, 0]]
        torch.testing.assert_close(beginning.network.eval()(pixels)[:, [0, 2]], known)


def test_from_scratch_needs_only_a_name_and_a_seed() -> None:
    classes = ClassTable.from_names(["a", "b"])
    one, two, other = (begin("b0", classes, scratch=True, seed=s) for s in (1, 1, 2))
    assert isinstance(one.network, SegFormer)
    assert one.network.config == SegFormerConfig.named("b0", num_classes=2)
    weights = [each.network.decoder.fuse.weight for each in (one, two, other)]  # type: ignore[union-attr]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    with pytest.raises(TrainingError, match=r"b0 is a network without weights.*--scratch"):
        begin("b0", classes, scratch=False, seed=1)


@pytest.mark.parametrize(
    ("name", "kind", "most"),
    [("deeplabv3plus-resnet18-narrow", DeepLab, 4e6), ("allmlp-resnet18-narrow", ResNetMlp, 4e6)],
)
def test_networks_to_compare_with_are_as_small_as_b0(name: str, kind: type, most: float) -> None:
    classes = ClassTable.from_names(["a", "b", "c"])
    network = begin(name, classes, scratch=True, seed=1).network
    assert isinstance(network, kind)
    assert 2e6 < sum(p.numel() for p in network.parameters()) < most
    with torch.inference_mode():
        assert network.eval()(torch.zeros(1, 3, 64, 96)).shape == (1, 3, 16, 24)
    with pytest.raises(CheckpointError):
        begin(name.replace("18", "19"), classes, scratch=True, seed=1)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (np.full((32, 32), 255, np.uint8), "Nothing is labelled in the 2 pictures"),
        (np.full((32, 32), 1, np.uint8), 'Only the class "b" is labelled'),
        (np.full((32, 32), 7, np.uint8), r"none of the 3 classes: 0 \(id 7\), 1 \(id 7\)"),
        (np.zeros((30, 32), np.uint8), r"another size.*0 \(32 x 32, labels 32 x 30\)"),
    ],
)
def test_labels_that_nothing_can_be_learnt_from(labels: np.ndarray, sentence: str) -> None:
    picture = np.zeros((32, 32, 3), np.uint8)
    samples = ArraySamples(ClassTable.from_names(["a", "b", "c"]), [picture] * 2, [labels] * 2)
    with pytest.raises(TrainingError, match=sentence):
        survey(samples)


def test_deeplab_needs_two_pictures_at_once_and_then_trains(samples: ArraySamples) -> None:
    widths = (8, 16, 24, 32)
    encoder = ResNetConfig(widths=widths, inner_widths=widths, stem_widths=(8,))
    config = DeepLabConfig(encoder=encoder, num_classes=3, aspp_width=16)
    sources = [Source(samples, survey(samples))]
    recipe = Recipe(steps=1, sampling=Sampling(2, (64, 64)), precision="fp32")
    network = DeepLab(config)
    before = network.head.classifier.weight.detach().clone()
    Trainer(network, sources, recipe, Preprocess()).run()
    assert not torch.equal(before, network.head.classifier.weight)
    alone = Recipe(steps=1, sampling=Sampling(1, (64, 64)))
    with pytest.raises(TrainingError, match="2 pictures or more at once"):
        Trainer(network, sources, alone, Preprocess())


def test_crops_must_reach_every_stage(small_network: Build, samples: ArraySamples) -> None:
    recipe = Recipe(steps=1, sampling=Sampling(1, (16, 64)))
    with pytest.raises(TrainingError, match=r"--size.*32 x 32"):
        Trainer(small_network(), [Source(samples, survey(samples))], recipe, Preprocess())


@pytest.mark.parametrize(
    ("what", "first_moved"), [("none", "stages.0"), ("last", "stages.2"), ("head", "decoder")]
)
def test_frozen_parts_do_not_move(
    small_network: Build, samples: ArraySamples, what: str, first_moved: str
) -> None:
    network = small_network()
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    recipe = Recipe(steps=2, sampling=Sampling(2, (32, 32)), lr=1e-2, warm_up=0, freeze=what)  # type: ignore[arg-type]
    Trainer(network, [Source(samples, survey(samples))], recipe, Preprocess()).run()
    moved = [name for name, p in network.named_parameters() if not torch.equal(p, before[name])]
    assert first_moved in moved[0]
    assert any(name.startswith("decoder.classifier") for name in moved)


def test_no_decay_on_norms_and_biases_and_a_rate_of_its_own_for_the_head(
    small_network: Build,
) -> None:
    network = small_network()
    groups = optimiser_of(network, lr=1e-4, head_factor=10, decay=0.05).param_groups
    names = {id(p): name for name, p in network.named_parameters()}
    seen = 0
    for group in groups:
        for parameter in group["params"]:
            name = names[id(parameter)]
            seen += 1
            plain = parameter.ndim == 1
            assert group["weight_decay"] == (0 if plain else 0.05), name
            assert group["peak"] == pytest.approx(1e-4 if name.startswith("encoder") else 1e-3)
    assert seen == len(names)
    freeze(network, "head")
    assert all(
        not names[id(p)].startswith("encoder")
        for group in optimiser_of(network, lr=1, head_factor=1, decay=0).param_groups
        for p in group["params"]
    )


def test_rates_rise_and_then_fall_as_the_course_says() -> None:
    poly = Schedule(100, 10)
    assert poly.share(0) == pytest.approx(1 / 11)
    assert poly.share(10) == 1
    assert poly.share(55) == pytest.approx(0.5)
    assert poly.share(99) == pytest.approx(1 / 90)
    assert Schedule(100, 0, "cosine").share(50) == pytest.approx(0.5)
    assert Schedule(100, 10, "constant").share(99) == 1


def test_averaged_weights_follow_and_forget_where_they_began() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    average = MovingAverage(network, 0.9)
    expected = float(network.weight.detach())
    for step in range(1, 200):
        with torch.no_grad():
            network.weight.fill_(float(step))
        average.update(network)
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * step
    assert float(average.state["weight"]) == pytest.approx(expected, rel=1e-5)


def test_whole_groups_are_held_out() -> None:
    picture, labels = np.zeros((32, 32, 3), np.uint8), np.zeros((32, 32), np.uint8)
    groups = [f"video {number // 5}" for number in range(40)]
    samples = ArraySamples(ClassTable.from_names(["a"]), [picture] * 40, [labels] * 40, groups)
    trained, held_out = held_out_apart(samples, 0.2, seed=3)
    assert held_out is not None
    apart = {held_out.group(i) for i in range(len(held_out))}
    assert apart.isdisjoint(trained.group(i) for i in range(len(trained)))
    assert len(trained) + len(held_out) == 40
    assert 5 <= len(held_out) <= 15
    one = ArraySamples(samples.classes, [picture] * 4, [labels] * 4, ["v"] * 4)
    with pytest.raises(TrainingError, match="hold nothing out"):
        held_out_apart(one, 0.5, seed=0)


def test_a_project_is_measured_on_what_people_said_alone(tmp_path: Path) -> None:
    classes = ClassTable.from_names(["ground", "disc"])
    project = Project.create(tmp_path / "project", classes)
    labels = np.zeros((32, 48), np.uint8)
    labels[8:20] = 1
    for number in range(6):
        Image.new("RGB", (48, 32)).save(tmp_path / f"{number}.png")
        (name,) = project.add([tmp_path / f"{number}.png"])
        model = project.origin_id("model", "m", "0")
        origins = np.full(labels.shape, model, np.uint8)
        if number < 3:
            origins[:, :24] = project.origin_id("person")
        project.save(name, labels, origins)
    project.close()
    trained, held_out = open_samples(tmp_path / "project", hold_out=0.4)
    assert held_out is not None
    names = [held_out.name(index) for index in range(len(held_out))]
    assert len(names) == 2
    assert set(names) <= {"0.png", "1.png", "2.png"}
    assert {trained.name(index) for index in range(len(trained))}.isdisjoint(names)
    assert len(trained) == 4
    judged = held_out.labels(0)
    assert (judged[:, 24:] == classes.ignore).all()
    np.testing.assert_array_equal(judged[:, :24], labels[:, :24])
    assert held_out.weights(0) is None

    # Of a picture that a person has approved all labels count, and count fully.
    project = Project.open(tmp_path / "project")
    for name in names:
        project.set_status(name, "approved")
    project.set_status("5.png", "rejected")
    project.close()
    samples = ProjectSamples.of(Project.open(tmp_path / "project", read_only=True))
    assert "5.png" not in samples.names
    place = list(samples.names).index(names[0])
    np.testing.assert_array_equal(
        samples.judged.labels(samples.judged.names.index(names[0])), labels
    )
    assert samples.weights(place) is None
    other = next(each for each in range(5) if samples.name(each) not in names)
    assert samples.weights(other) is not None


def test_two_workers_train_one_network(png_folder: Path, tmp_path: Path) -> None:
    """Under torchrun the batch is shared, gradients are averaged and one model is written."""
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
        *("-m", "app", "train", str(png_folder), "-m", "b0", "--scratch"),
        *("-o", str(tmp_path / "out"), "--steps", "2", "--batch", "2", "--size", "32x32"),
        *("--hold-out", "0.4", "--json", "--threads", "1"),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    steps = [line for line in done.stdout.splitlines() if '"event": "step"' in line]
    assert len(steps) == 2  # one of the two speaks
    assert read_checkpoint(tmp_path / "out").classes.names == ("ground", "disc", "bar")


def test_a_wish_to_stop_is_heard_between_two_steps(
    small_network: Build, samples: ArraySamples
) -> None:
    cancel = CancelToken()
    recipe = Recipe(steps=50, sampling=Sampling(2, (32, 32)))
    trainer = Trainer(small_network(), [Source(samples, survey(samples))], recipe, Preprocess())
    trainer.run(lambda step: cancel.cancel() if step.step == 2 else None, cancel)
    assert trainer.step == 2
