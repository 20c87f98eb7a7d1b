"""What is said without a stage, against transformers' own head on replaced features."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

import segcore
from segcore.classes import ClassTable
from segcore.errors import Cancelled, RequestError
from segcore.inference import EncodedImage, Predictor
from segcore.inference.devices import place
from segcore.inference.protocol import InferenceProtocol, Sliding
from segcore.inference.tiling import plan_tiles, plan_whole
from segcore.inference.torch_backend import TorchBackend
from segcore.inspection.ablation import ablations, labels_without
from segcore.inspection.decoded_pixel import DecodedPixel
from segcore.inspection.explain import explain
from segcore.inspection.native_grid import native_grid
from segcore.models import DeepLabConfig, SegFormerConfig, build_network
from segcore.preprocess import Preprocess
from segcore.progress import CancelToken, Progress


def replaced(features, stage, replacement):
    """The four stages, one of them with zeros or its mean in its place."""
    instead = (
        torch.zeros_like(features[stage - 1])
        if replacement == "zero"
        else features[stage - 1].mean(dim=(2, 3), keepdim=True).expand_as(features[stage - 1])
    )
    return [*features[: stage - 1], instead, *features[stage:]]


def oracle_logits(oracle, image, stage, replacement):
    """(C, H, W) of transformers' head, upsampled."""
    with torch.no_grad():
        hidden = oracle.model.segformer(
            oracle.pixels(image), output_hidden_states=True
        ).hidden_states
        logits = oracle.model.decode_head(replaced(list(hidden), stage, replacement))
    larger = interpolate(logits, image.shape[:2], mode="bilinear", align_corners=False)
    return larger[0].double().numpy()


@pytest.mark.parametrize("numerics", ["fast", "exact"])
@pytest.mark.parametrize("replacement", ["zero", "mean"])
def test_ablations_are_transformers_head_on_replaced_features(
    oracle, picture, numerics, replacement
):
    image = picture(97, 150)
    predictor = Predictor.load(oracle.folder, device="cpu", numerics=numerics)
    encoded = predictor.encode(image)
    expected = [oracle_logits(oracle, image, stage, replacement) for stage in range(1, 5)]
    for x, y in ((0, 0), (149, 96), (53, 31)):
        found = ablations(predictor, encoded, (x, y), replacement)
        assert [one.stage for one in found] == [1, 2, 3, 4]
        for one, logits in zip(found, expected):
            there = logits[:, y, x]
            assert one.winner.id == there.argmax()
            shares = np.exp(there - there.max()) / np.exp(there - there.max()).sum()
            for chance in one.classes:
                assert abs(chance.logit - there[chance.id]) <= 1e-4 * np.abs(there).max()
                assert abs(chance.probability - shares[chance.id]) <= 1e-4 * np.abs(there).max()
    for stage, logits in enumerate(expected, start=1):
        labels = labels_without(predictor, encoded, stage, replacement)
        best = np.sort(logits, axis=0)
        sure = best[-1] - best[-2] > 1e-3
        assert sure.mean() > 0.9
        np.testing.assert_array_equal(labels[sure], logits.argmax(axis=0)[sure])


def test_the_map_without_a_stage_is_a_stranger_to_the_map_with_it(street, picture):
    """Guards against an ablation that changes nothing, or that changes what is kept."""
    encoded = street.encode(picture(96, 128))
    before = street.predict(encoded).labels
    without = [labels_without(street, encoded, stage) for stage in range(1, 5)]
    assert all((labels != before).any() for labels in without)
    np.testing.assert_array_equal(street.predict(encoded).labels, before)


def test_mmsegmentations_head_keeps_what_its_own_norms_add(picture):
    """Zeroed features still pass the stage's BatchNorm and ReLU."""
    config = replace(SegFormerConfig.named("b0", num_classes=5), head="mmseg", decoder_width=64)
    network = build_network(config)
    network.initialise(torch.Generator().manual_seed(3))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.bias, -0.5, 0.8)
    image = picture(64, 96)
    network.eval()
    backend = TorchBackend(network, Preprocess(), place("cpu", "fp32", "exact"))
    encoded = EncodedImage(image, plan_whole((64, 96), (64, 96)), backend, own_size=True)
    features = [stage.clone() for stage in encoded.stages(0)]
    for stage in range(1, 5):
        with torch.inference_mode():
            logits = network.decode(replaced(features, stage, "zero"))
            pixel = DecodedPixel.of(encoded, (50, 20))
            found = pixel.with_stage(stage - 1, torch.zeros_like(pixel.pictures[stage - 1]))
            terms = found.terms().sum(dim=1).numpy()
        expected = interpolate(logits, (64, 96), mode="bilinear")[0, :, 20, 50].numpy()
        np.testing.assert_allclose(terms, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def test_a_margin_sums_to_the_difference_and_names_its_cause(street, picture):
    found = explain(street, street.encode(picture(96, 128)), (40, 50))
    largest = max(abs(score.logit) for score in found.classes)
    for right in found.classes[1:]:
        margin = found.margin(right.id)
        assert margin.ahead == found.winner
        assert margin.behind == right
        total = sum(margin.terms.values())
        assert abs(total - (found.winner.logit - right.logit)) <= 1e-4 * largest
        assert abs(total - margin.logit) <= 1e-9
        shares = [share for _, share in margin.ranked]
        assert shares == sorted(shares, reverse=True)
        assert margin.cause == max(margin.terms, key=margin.terms.get)
        assert margin.terms["stage3"] == found.winner.stages["stage3"] - right.stages["stage3"]
    assert found.margin().behind == found.classes[1]
    report = json.loads(json.dumps(found.margin().to_json()))
    assert report["cause"] == report["ranked"][0]["term"]
    assert sum(one["share"] for one in report["ranked"]) == pytest.approx(report["logit"])


def test_margins_that_make_no_sense_are_refused(street, picture):
    found = explain(street, street.encode(picture(64, 64)), (3, 4))
    with pytest.raises(RequestError, match="what the model says at 3,4 already"):
        found.margin(found.winner.id)
    with pytest.raises(RequestError, match=r"no class 99: choose 0 to \d+"):
        found.margin(99)


def test_in_tiles_the_maps_are_the_blended_ones(street, picture):
    encoded = street.encode(picture(300, 300))
    encoded.plan = plan_tiles((300, 300), 256)
    seen: list[Progress] = []
    labels = labels_without(street, encoded, 2, progress=seen.append)
    assert [step.done for step in seen] == [1, 2, 3, 4]
    found = ablations(street, encoded, (295, 4))[1]
    assert labels[4, 295] == found.winner.id


def test_what_cannot_be_taken_out_is_refused(street, picture):
    encoded = street.encode(picture(64, 64))
    with pytest.raises(RequestError, match="no stage 5: choose 1 to 4"):
        labels_without(street, encoded, 5)
    with pytest.raises(RequestError, match='"noise": choose zero or mean'):
        ablations(street, encoded, (3, 4), "noise")
    with pytest.raises(RequestError, match="outside the image"):
        ablations(street, encoded, (64, 4))
    called_off = CancelToken()
    called_off.cancel()
    with pytest.raises(Cancelled):
        labels_without(street, encoded, 1, cancel=called_off)


def test_deeplab_is_refused_in_one_sentence(picture, tmp_path):
    network = build_network(DeepLabConfig.named("r18", num_classes=3))
    network.initialise(torch.Generator().manual_seed(1))
    folder = segcore.save_model(network, tmp_path / "m", ClassTable.from_names(["a", "b", "c"]))
    predictor = Predictor.load(folder, device="cpu")
    encoded = predictor.encode(picture(64, 64))
    for asked in (
        lambda: ablations(predictor, encoded, (1, 1)),
        lambda: labels_without(predictor, encoded, 1),
    ):
        with pytest.raises(RequestError, match="DeepLabv3\\+'s decoder has a ReLU"):
            asked()


@pytest.mark.parametrize("tile", [None, 256])
def test_the_native_grid_is_the_argmax_before_upsampling(street, picture, tile):
    image = picture(300, 330)
    encoded = street.encode(image)
    if tile is not None:
        encoded.plan = plan_tiles((300, 330), tile)
    grid = native_grid(street, encoded)
    assert grid.labels.shape == (75, 83)
    if tile is None:
        ((_, logits),) = street.logits(encoded)
        np.testing.assert_array_equal(grid.labels, logits.argmax(axis=0))
        assert (grid.width, grid.height) == pytest.approx((330 / 83, 4.0))
    # The picture's own labels at the middle of a cell are that cell's, or close to its boundary.
    labels = street.predict(encoded).labels
    rows = ((np.arange(75) + 0.5) * grid.height).astype(int)
    columns = np.minimum(((np.arange(83) + 0.5) * grid.width).astype(int), 329)
    assert (labels[np.ix_(rows, columns)] == grid.labels).mean() > 0.97


def test_a_grid_over_windows_that_begin_anywhere_is_refused(street, picture):
    protocol = InferenceProtocol("own", sliding=Sliding((64, 64), (50, 50), blended=False))
    encoded = street.encode(picture(96, 128), protocol=protocol)
    with pytest.raises(RequestError, match="a grid each"):
        native_grid(street, encoded)
