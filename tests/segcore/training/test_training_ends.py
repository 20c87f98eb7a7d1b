"""How a training ends: early, as ONNX, with curves; and that it names labels that changed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from segcore.checkpoints import load_model, read_checkpoint, save_model, save_pretrained
from segcore.classes import ClassTable
from segcore.errors import TrainingError
from segcore.models import ResNetConfig, ResNetMlp, ResNetMlpConfig, SegFormer
from segcore.preprocess import Preprocess
from segcore.progress import CancelToken
from segcore.training import run as run_module
from segcore.training.augmentation import Augmentation
from segcore.training.batches import Sampling
from segcore.training.plan import Plan, Result
from segcore.training.recipe import Recipe
from segcore.training.run import train
from segcore.training.samples import ArraySamples
from segcore.training.validation import Validation, validate

Build = Callable[..., SegFormer]
RECIPE = Recipe(steps=10, sampling=Sampling(2, (32, 32)), lr=1e-3, warm_up=0)


@pytest.fixture
def plan(small_network: Build, samples: ArraySamples, tmp_path: Path) -> Plan:
    model = save_pretrained(small_network(), tmp_path / "model", samples.classes)
    held_out = ArraySamples(samples.classes, samples.pictures[:1], samples.label_maps[:1])
    return Plan([(samples, 1.0)], held_out, str(model), tmp_path / "out", every=1)


def looks_that_give(monkeypatch: pytest.MonkeyPatch, mious: list[float]) -> list[dict]:
    """Let looks at the held-out pictures come out like that; what the weights were at each."""
    weights: list[dict] = []

    def judged(network: SegFormer, looked_at: dict, *rest: object, **words: object) -> Validation:
        validation = validate(network, looked_at, *rest, **words)  # type: ignore[arg-type]
        miou = mious[min(len(weights), len(mious) - 1)]
        weights.append({name: tensor.clone() for name, tensor in looked_at.items()})
        right = round(1000 * miou)
        # Two classes of which so many pixels are right: IoU of either is right / (2000 - right).
        confusion = np.zeros_like(validation.confusion)
        confusion[0, 0] = confusion[1, 1] = right
        confusion[0, 1] = confusion[1, 0] = 1000 - right
        return replace(validation, confusion=confusion)

    monkeypatch.setattr(run_module, "validate", judged)
    return weights


def test_it_ends_when_looks_get_no_better_and_keeps_the_best(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = looks_that_give(monkeypatch, [0.3, 0.5, 0.4, 0.45, 0.9])
    notes: list[str] = []
    result = train(
        replace(plan, patience=2),
        RECIPE,
        lambda event: notes.append(event["text"]) if event["event"] == "note" else None,
    )
    assert (result.steps, result.finished) == (4, True)
    assert "after 2 steps" in notes[-1]
    written = read_checkpoint(plan.out).state
    assert all(torch.equal(written[name], looked_at[1][name]) for name in written)
    assert any(not torch.equal(written[name], looked_at[3][name]) for name in written)


def test_patience_is_counted_on_after_a_break(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    looks_that_give(monkeypatch, [0.5, 0.4, 0.3, 0.2, 0.1])
    cancel = CancelToken()
    patient = replace(plan, patience=3, resume=True)

    def stop(event: object) -> None:
        if isinstance(event, dict) and event["event"] == "step" and event["step"] == 2:
            cancel.cancel()

    assert train(patient, RECIPE, stop, cancel).steps == 2
    assert train(patient, RECIPE).steps == 4
    # At its end already: nothing more is done.
    assert train(patient, RECIPE).steps == 4


def test_patience_needs_looks_at_held_out_pictures(plan: Plan) -> None:
    with pytest.raises(TrainingError, match="--hold-out"):
        train(replace(plan, patience=2, held_out=None), RECIPE)
    with pytest.raises(TrainingError, match="--every"):
        train(replace(plan, patience=2, every=0), RECIPE)


def test_the_end_is_also_written_as_onnx(plan: Plan) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    train(replace(plan, onnx=True, held_out=None, every=0), replace(RECIPE, steps=2))
    session = onnxruntime.InferenceSession(
        plan.out / "model.onnx", providers=["CPUExecutionProvider"]
    )
    pixels = torch.randn(1, 3, 64, 96)
    (found,) = session.run(["logits"], {"pixel_values": pixels.numpy()})
    with torch.inference_mode():
        expected = load_model(plan.out)(pixels).numpy()  # type: ignore[operator]
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_what_cannot_become_onnx_is_said_before_the_training(
    plan: Plan, samples: ArraySamples, tmp_path: Path
) -> None:
    widths = (8, 16, 24, 32)
    encoder = ResNetConfig(widths=widths, inner_widths=widths, stem_widths=(8,))
    network = ResNetMlp(ResNetMlpConfig(encoder, 3, decoder_width=8))
    model = save_model(network, tmp_path / "cnn", samples.classes)
    with pytest.raises(TrainingError, match="--onnx writes SegFormers alone"):
        train(replace(plan, model=str(model), onnx=True), RECIPE)


def test_curves_for_tensorboard(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    scalars: list[tuple[str, int]] = []
    writers: list[tuple[str, object]] = []

    class SummaryWriter:
        def __init__(self, folder: str, purge_step: int | None) -> None:
            writers.append((folder, purge_step))

        def add_scalar(self, name: str, value: float, step: int) -> None:
            scalars.append((name, step))

        def close(self) -> None:
            scalars.append(("closed", 0))

    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = SummaryWriter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(torch.utils, "tensorboard", module, raising=False)
    monkeypatch.setattr("segcore.training.telling.find_spec", lambda _name: object())
    drawn = replace(plan, tensorboard=True, resume=True)
    cancel = CancelToken()

    def stop(event: object) -> None:
        if isinstance(event, dict) and event["event"] == "step":
            cancel.cancel()

    train(drawn, replace(RECIPE, steps=3), stop, cancel)
    train(drawn, replace(RECIPE, steps=3))
    names = {name for name, _ in scalars}
    assert {"train/loss", "train/lr", "held out/miou", "held out, IoU/disc"} <= names
    assert [step for name, step in scalars if name == "train/loss"] == [1, 2, 3]
    folder = str(plan.out / "training" / "tensorboard")
    assert writers == [(folder, None), (folder, 2)]
    assert scalars[-1] == ("closed", 0)


def test_tensorboard_that_is_not_installed_is_named_at_once(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segcore.training.telling.find_spec", lambda _name: None)
    with pytest.raises(TrainingError, match=r"pip install \"segformer-studio\[tensorboard\]\""):
        train(replace(plan, tensorboard=True), RECIPE)


def test_labels_that_changed_since_the_training_began_are_named(
    plan: Plan, samples: ArraySamples
) -> None:
    cancel = CancelToken()
    begun = replace(plan, resume=True, held_out=None, every=0)

    def stop(event: object) -> None:
        if isinstance(event, dict) and event["event"] == "step":
            cancel.cancel()

    train(begun, replace(RECIPE, steps=3), stop, cancel)
    warnings: list[str] = []

    stopped = CancelToken()

    def heard(event: object) -> None:
        if isinstance(event, dict) and event["event"] == "warning":
            warnings.append(event["text"])
        if isinstance(event, dict) and event["event"] == "resumed":
            stopped.cancel()

    moved = [labels.copy() for labels in samples.label_maps]
    moved[2][0, 0] = 1 - min(moved[2][0, 0], 1)
    changed = ArraySamples(samples.classes, samples.pictures[:5], moved[:5])

    def go_on(with_samples: ArraySamples) -> Result:
        nonlocal stopped
        stopped = CancelToken()
        return train(
            replace(begun, sources=[(with_samples, 1.0)]), replace(RECIPE, steps=3), heard, stopped
        )

    go_on(samples)
    assert not warnings
    go_on(changed)
    assert len(warnings) == 1
    assert "changed: 2; gone: 5" in warnings[0]


def test_bundled_weights_learn_from_a_few_pictures_of_another_camera(
    shared_data: Path, tmp_path: Path
) -> None:
    """Dark pictures whose red and blue are exchanged, one second apart, of the test part."""
    from segcore.images import read_image
    from segcore.labels import read_label_map
    from segcore.training.beginning import begin

    street = shared_data / "street"
    classes = ClassTable.read(street / "classes.json")
    files = sorted((street / "images" / "test").iterdir())[:24:2]
    pictures = [np.ascontiguousarray(read_image(file)[::2, ::2, ::-1] // 4) for file in files]
    labels = [
        read_label_map(street / "labels" / "test" / f"{file.stem}.png").labels[::2, ::2]
        for file in files
    ]
    taught = ArraySamples(classes, pictures[::2], labels[::2])
    unseen = ArraySamples(classes, pictures[1::2], labels[1::2])
    beginning = begin("street-b0", classes, scratch=False, seed=0)
    before = validate(beginning.network, None, unseen, Preprocess()).scores
    sampling = Sampling(2, (160, 224), augmentation=Augmentation(scale=(0.75, 1.25)))
    recipe = Recipe(steps=12, sampling=sampling, warm_up=2, average=0.9)
    plan = Plan([(taught, 1.0)], unseen, "street-b0", tmp_path / "out")
    result = train(plan, recipe)
    assert result.validation is not None
    after = result.validation.scores
    assert after.miou > before.miou + 0.05
    assert after.pixel_accuracy > before.pixel_accuracy + 0.05
