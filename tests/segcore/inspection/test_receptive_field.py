"""Receptive fields equal independent autograd on transformers' network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from segcore.errors import Cancelled, RequestError
from segcore.inference import Predictor
from segcore.inference.tiling import plan_tiles
from segcore.inspection import erf_figures, receptive_field
from segcore.progress import CancelToken

TARGETS = ("stage1", "stage2", "stage3", "stage4", "fused", "head")


def expected_gradient(oracle, image, target, point=None, class_id=None):
    """(3, H, W): of relu(cell).sum() of that target, by one backward pass of its own."""
    model, kept = oracle.model, {}
    handle = model.decode_head.classifier.register_forward_pre_hook(
        lambda _, inputs: kept.update(fused=inputs[0])
    )
    pixels = oracle.pixels(image).requires_grad_()
    outputs = model(pixels, output_hidden_states=True)
    handle.remove()
    if target == "head":
        picture = outputs.logits if class_id is None else outputs.logits[:, [class_id]]
    elif target == "fused":
        picture = kept["fused"]
    else:
        picture = outputs.hidden_states[int(target[-1]) - 1]
    rows, columns = picture.shape[2:]
    row, column = rows // 2, columns // 2
    if point is not None:
        row = int((point[1] + 0.5) * rows / image.shape[0])
        column = int((point[0] + 0.5) * columns / image.shape[1])
    seed = picture[0, :, row, column].relu().sum()
    return torch.autograd.grad(seed, pixels)[0][0].numpy()


def cosine(first, second):
    first, second = np.asarray(first, float).ravel(), np.asarray(second, float).ravel()
    return first @ second / (np.linalg.norm(first) * np.linalg.norm(second))


@pytest.mark.parametrize("contribution", ["relu", "abs", "signed"])
@pytest.mark.parametrize("point", [None, (13, 77)])
def test_fields_equal_independent_autograd(oracle, picture, contribution, point):
    images = [picture(90, 126, seed) for seed in (1, 2)]
    predictor = Predictor.load(oracle.folder, device="cpu")
    found = receptive_field(predictor, images, TARGETS, point, contribution)
    assert tuple(found) == TARGETS
    apply = {"relu": lambda g: np.maximum(g, 0), "abs": np.abs, "signed": lambda g: g}[contribution]
    for target in TARGETS:
        gradients = [expected_gradient(oracle, image, target, point) for image in images]
        expected = np.mean([apply(gradient).sum(axis=0) for gradient in gradients], axis=0)
        values = np.asarray(found[target])
        assert values.shape == (90, 126)
        assert values.dtype == np.float32
        assert cosine(values, expected) >= 0.9999
        assert np.abs(values).sum() == pytest.approx(np.abs(expected).sum(), rel=1e-3)


@pytest.mark.parametrize("numerics", ["fast", "exact"])
def test_one_class_alone(oracle, picture, numerics):
    image = picture(64, 96)
    predictor = Predictor.load(oracle.folder, device="cpu", numerics=numerics)
    with torch.no_grad():
        logits = oracle.model(oracle.pixels(image)).logits[0, :, 8, 12]
    best = int(logits.argmax())
    found = receptive_field(predictor, image, ("head",), class_id=best)["head"]
    expected = np.maximum(expected_gradient(oracle, image, "head", class_id=best), 0).sum(axis=0)
    assert cosine(found, expected) >= 0.9999


def test_an_encoded_image_and_its_point(street, picture):
    image = picture(96, 128)
    encoded = street.encode(image)
    found = receptive_field(street, encoded, ("stage1", "stage4"), point=(100, 20))
    again = receptive_field(street, image, ("stage4",), point=(100, 20))
    np.testing.assert_array_equal(found["stage4"], again["stage4"])
    near, far = (erf_figures(found[name], (100, 20)) for name in ("stage1", "stage4"))
    assert near.area_ratio[50] < far.area_ratio[50]
    assert found["stage1"].box == (0, 0, 128, 96)


def test_size_overrides_and_tiles_answer_for_their_point(street, picture):
    image = picture(300, 300)
    sized = receptive_field(street, image, ("stage2",), size=(64, 96))["stage2"]
    assert sized.shape == (64, 96)
    assert sized.box == (0, 0, 300, 300)
    encoded = street.encode(image)
    encoded.plan = plan_tiles((300, 300), 256)
    tile = receptive_field(street, encoded, ("stage1",), point=(290, 10))["stage1"]
    assert tile.box == encoded.windows[1].box
    peak = np.unravel_index(np.argmax(tile.values), tile.shape)
    assert abs(peak[1] + tile.box.x0 - 290) < 40
    assert abs(peak[0] - 10) < 40


def test_half_precision_still_takes_gradients_in_full(oracle, picture):
    image = picture(64, 64)
    full = Predictor.load(oracle.folder, device="cpu")
    half = Predictor.load(oracle.folder, device="cpu", precision="bf16")
    one, other = (receptive_field(each, image, ("stage3",))["stage3"] for each in (full, half))
    assert cosine(one, other) > 0.999999


def test_progress_and_cancelling(street, picture):
    token, seen = CancelToken(), []

    def told(step):
        seen.append((step.done, step.total, step.text))
        if len(seen) == 3:
            token.cancel()

    images = [picture(32, 32), picture(32, 32, 2)]
    with pytest.raises(Cancelled):
        receptive_field(street, images, ("stage1", "stage2"), cancel=token, progress=told)
    assert seen == [(1, 4, "stage1"), (2, 4, "stage2"), (3, 4, "stage1")]


def test_nothing_is_left_behind(street, picture):
    image = picture(48, 48)
    before = street.predict(image)
    receptive_field(street, image)
    after = street.predict(image)
    np.testing.assert_array_equal(before.labels, after.labels)
    np.testing.assert_array_equal(before.confidence, after.confidence)
    assert torch.is_grad_enabled()
    assert all(parameter.grad is None for parameter in street.backend.model.parameters())


def test_what_makes_no_sense_is_refused(street, picture):
    image = picture(40, 40)
    for images, arguments, word in (
        (image, {"targets": ("stage5",)}, "no target"),
        (image, {"targets": ()}, "no target"),
        (image, {"contribution": "square"}, "no contribution"),
        (image, {"seed": "ones"}, "no seed"),
        (image, {"class_id": 11}, "choose 0 to 10"),
        (image, {"point": (40, 0)}, "outside the image"),
        ([], {}, "at least one"),
        ([image, picture(40, 44)], {}, "give one size"),
    ):
        with pytest.raises(RequestError, match=word):
            receptive_field(street, images, **arguments)
    both = receptive_field(street, [image, picture(40, 44)], ("stage1",), size=(40, 40))
    assert both["stage1"].shape == (40, 40)
