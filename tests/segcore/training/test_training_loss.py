"""The loss is torch's cross entropy of the upsampled logits, whichever way it is computed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from segcore.training import upsampled_loss
from segcore.training.objective import Objective, class_weights, loss_of
from segcore.training.upsampled_loss import pixel_losses, plain_losses

IGNORE = 255


def problem(
    classes: int, height: int, width: int, factor: int = 4
) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(classes + height)
    logits = 4 * torch.randn(2, classes, height, width, generator=generator)
    size = (2, factor * height, factor * width)
    labels = torch.randint(0, classes, size, generator=generator)
    labels[torch.rand(size, generator=generator) < 0.2] = IGNORE
    return logits.requires_grad_(), labels


def upsampled(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    size = tuple(labels.shape[1:])
    return functional.interpolate(logits, size, mode="bilinear", align_corners=False)


@pytest.mark.parametrize(
    ("classes", "height", "width"), [(2, 1, 1), (3, 1, 6), (19, 7, 1), (150, 9, 5)]
)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_losses_in_strips_and_their_gradient_are_torchs(
    classes: int, height: int, width: int, smoothing: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Strips of one row, so that every border between two strips is met.
    monkeypatch.setattr(upsampled_loss, "_STRIP_BYTES_PER_THREAD", 1)
    logits, labels = problem(classes, height, width)
    pixels = torch.rand(labels.shape, generator=torch.Generator().manual_seed(0))
    ours = pixel_losses(logits, labels, ignore=IGNORE, smoothing=smoothing)
    (our_gradient,) = torch.autograd.grad((ours * pixels).sum(), logits)
    theirs = functional.cross_entropy(
        upsampled(logits, labels),
        labels,
        ignore_index=IGNORE,
        reduction="none",
        label_smoothing=smoothing,
    )
    (their_gradient,) = torch.autograd.grad((theirs * pixels).sum(), logits)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(our_gradient, their_gradient, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("classes", "factor"), [(5, 4), (30, 4), (30, 3)])
def test_the_mean_with_class_weights_is_torchs(classes: int, factor: int) -> None:
    logits, labels = problem(classes, 6, 7, factor)
    weights = torch.linspace(0.5, 2, classes)
    ours = loss_of(logits, labels, Objective(), ignore=IGNORE, by_class=weights)
    theirs = functional.cross_entropy(
        upsampled(logits, labels), labels, weight=weights, ignore_index=IGNORE
    )
    torch.testing.assert_close(ours, theirs)


def test_pixels_that_count_less_pull_less() -> None:
    logits, labels = problem(4, 4, 4)
    by_pixel = torch.zeros(labels.shape)
    by_pixel[:, :8] = 1
    ours = loss_of(logits, labels, Objective(), ignore=IGNORE, by_pixel=by_pixel)
    only = torch.where(by_pixel > 0, labels, IGNORE)
    torch.testing.assert_close(ours, loss_of(logits, only, Objective(), ignore=IGNORE))


def test_the_hardest_pixels_alone() -> None:
    logits, labels = problem(20, 5, 5)
    every = plain_losses(logits, labels, ignore=IGNORE)[labels != IGNORE]
    count = int(0.25 * len(every))
    expected = every.sort(descending=True).values[:count].mean()
    found = loss_of(logits, labels, Objective(hardest=0.25), ignore=IGNORE)
    torch.testing.assert_close(found, expected)


def test_nothing_labelled_in_a_batch_pulls_nowhere() -> None:
    logits, labels = problem(20, 4, 4)
    loss = loss_of(logits, torch.full_like(labels, IGNORE), Objective(), ignore=IGNORE)
    loss.backward()
    assert float(loss.detach()) == 0
    assert logits.grad is not None
    assert float(logits.grad.abs().sum()) == 0


@pytest.mark.parametrize("balance", ["log", "root"])
def test_rare_classes_weigh_more_and_the_mean_is_one(balance: str) -> None:
    shares = np.array([0.6, 0.3, 0.09, 0.01, 0.0])
    weights = class_weights(shares, balance)  # type: ignore[arg-type]
    assert weights is not None
    assert (np.diff(weights[:4]) > 0).all()
    assert weights[4] == 0
    assert float((weights * shares).sum()) == pytest.approx(1, abs=1e-5)
