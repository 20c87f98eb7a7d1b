"""Seeds, sides of the norm, presets and re-centring, against autograd on transformers' network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import segcore
from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.inference import Predictor
from segcore.inspection import ErfSettings, erf_figures, receptive_field
from segcore.inspection.erf_models import at_random, load_for_comparison
from segcore.models import ResNetMlp, ResNetMlpConfig, build_network

STAGES = ("stage1", "stage2", "stage3", "stage4")
ALL = (*STAGES, "fused", "head")
MakePicture = Callable[..., np.ndarray]


def features_of(oracle: Any, image: np.ndarray) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The pixels, and every target of transformers' model; `pre1` … are before the stage norms."""
    model, found = oracle.model, {}
    handles = [
        model.decode_head.classifier.register_forward_pre_hook(
            lambda _, inputs: found.update(fused=inputs[0])
        )
    ]
    for number, stage in enumerate(model.segformer.stages, start=1):
        handles.append(
            stage.layer_norm.register_forward_pre_hook(
                lambda _, inputs, number=number: found.update({f"pre{number}": inputs[0]})
            )
        )
    pixels = oracle.pixels(image).requires_grad_()
    outputs = model(pixels, output_hidden_states=True)
    for handle in handles:
        handle.remove()
    found["head"] = outputs.logits
    for number, hidden in enumerate(outputs.hidden_states[:4], start=1):
        found[f"stage{number}"] = hidden
        tokens = found[f"pre{number}"]
        found[f"pre{number}"] = tokens.transpose(1, 2).reshape(hidden.shape)
    return pixels, found


def gradient(scalar: torch.Tensor, pixels: torch.Tensor) -> np.ndarray:
    return torch.autograd.grad(scalar, pixels, retain_graph=True)[0][0].numpy().astype(np.float64)


def middle(feature: torch.Tensor) -> torch.Tensor:
    return feature[0, :, feature.shape[2] // 2, feature.shape[3] // 2]


def cosine(first: Any, second: Any) -> float:
    first, second = np.asarray(first, float).ravel(), np.asarray(second, float).ravel()
    return float(first @ second / (np.linalg.norm(first) * np.linalg.norm(second)))


CONTRIBUTIONS = {"relu": lambda g: np.maximum(g, 0), "abs": np.abs, "signed": lambda g: g}


@pytest.mark.parametrize("numerics", ["fast", "exact"])
@pytest.mark.parametrize("contribution", ["relu", "abs", "signed"])
def test_features_before_the_norm_and_plain_sums(oracle, picture, numerics, contribution):
    image = picture(64, 96)
    pixels, features = features_of(oracle, image)
    predictor = Predictor.load(oracle.folder, device="cpu", numerics=numerics)
    settings = ErfSettings(ALL, contribution=contribution, seed="sum", norm="before")
    found = receptive_field(predictor, image, settings=settings)
    for target in ALL:
        feature = features[target.replace("stage", "pre")]
        expected = gradient(middle(feature).sum(), pixels)
        expected = CONTRIBUTIONS[contribution](expected).sum(axis=0)
        assert cosine(found[target], expected) >= 0.9999
        assert np.abs(found[target]).sum() == pytest.approx(np.abs(expected).sum(), rel=1e-3)
        assert found[target].signed == (contribution == "signed")


@pytest.mark.parametrize("norm", ["after", "before"])
def test_the_norm_of_every_channels_gradient(oracle, picture, norm):
    image = picture(64, 64)
    pixels, features = features_of(oracle, image)
    predictor = Predictor.load(oracle.folder, device="cpu")
    targets = ("stage1", "stage2", "head")
    settings = ErfSettings(targets, seed="channel_norm", norm=norm)
    found = receptive_field(predictor, image, settings=settings)
    for target in targets:
        name = target.replace("stage", "pre") if norm == "before" else target
        each = [gradient(channel, pixels) for channel in middle(features[name])]
        expected = np.sqrt(np.square(each).sum(axis=0)).sum(axis=0)
        np.testing.assert_allclose(found[target], expected, rtol=1e-2, atol=1e-3 * expected.max())
        assert cosine(found[target], expected) >= 0.9999


@pytest.mark.parametrize("contribution", ["relu", "abs", "signed"])
def test_a_class_below_zero_is_silent_behind_the_relu_alone(oracle, picture, contribution):
    image = picture(64, 64)
    pixels, features = features_of(oracle, image)
    logits = middle(features["head"])
    lowest = int(logits.argmin())
    assert logits[lowest] < 0
    predictor = Predictor.load(oracle.folder, device="cpu")
    behind = receptive_field(predictor, image, ("head",), class_id=lowest)["head"]
    assert not np.asarray(behind).any()
    settings = ErfSettings(
        ("stage2", "head"), contribution=contribution, seed="class_logit", class_id=lowest
    )
    found = receptive_field(predictor, image, settings=settings)
    expected = CONTRIBUTIONS[contribution](gradient(logits[lowest], pixels)).sum(axis=0)
    assert cosine(found["head"], expected) >= 0.9999
    # Stages have no classes.
    plain = receptive_field(predictor, image, ("stage2",), contribution=contribution)
    np.testing.assert_array_equal(found["stage2"], plain["stage2"])


@pytest.mark.parametrize("numerics", ["fast", "exact"])
def test_a_sum_that_the_norm_makes_constant_is_refused(street, picture, numerics):
    untaught = Predictor.from_checkpoint(at_random(street.checkpoint), "cpu", numerics=numerics)
    image = picture(64, 64)
    settings = ErfSettings(("stage3",), seed="sum")
    with pytest.raises(RequestError, match="stage3 is the same for every picture"):
        receptive_field(untaught, image, settings=settings)
    for good in (ErfSettings(("stage3",)), ErfSettings.of_preset("luo", targets=("stage3",))):
        assert np.abs(receptive_field(untaught, image, settings=good)["stage3"]).sum() > 1e-3
    # Learnt gains differ, so that there is something to see.
    assert np.abs(receptive_field(street, image, settings=settings)["stage3"]).sum() > 1e-3


def test_replknets_procedure_step_by_step(oracle, picture):
    """One run for each target on 64 x 96, bicubic; then the analysis of the un-normalised mean."""
    images = [picture(50, 70, seed) for seed in (3, 4)]
    predictor = Predictor.load(oracle.folder, device="cpu")
    settings = ErfSettings.of_preset("replknet", targets=("stage3", "stage4"), size=(64, 96))
    found = receptive_field(predictor, images, settings=settings)
    for target in settings.targets:
        maps = []
        for image in images:
            bigger = np.asarray(Image.fromarray(image).resize((96, 64), Image.Resampling.BICUBIC))
            pixels, features = features_of(oracle, bigger)
            maps.append(np.maximum(gradient(middle(features[target]).relu().sum(), pixels), 0))
        mean = np.mean([one.sum(axis=0) for one in maps], axis=0)
        assert cosine(found[target], mean) >= 0.9999
        shown = np.log10(np.asarray(found[target], np.float64) + 1)
        shown /= shown.max()
        figures = erf_figures(found[target], analysis=settings.analysis)
        for share, ratio in figures.area_ratio.items():
            sides = [
                side
                for side in range(3, 64, 2)
                if shown[32 - side // 2 :, 48 - side // 2 :][:side, :side].sum() / shown.sum()
                > share / 100
            ]
            expected = min(sides) ** 2 / (64 * 96) if sides else np.nan
            assert ratio == pytest.approx(expected, nan_ok=True)
        assert figures.area_ratio[20] > 0


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    network = build_network(ResNetMlpConfig.named("r18", num_classes=3))
    assert isinstance(network, ResNetMlp)
    network.initialise(torch.Generator().manual_seed(2))
    names = ClassTable.from_names(["a", "b", "c"])
    folder = segcore.save_model(network, tmp_path_factory.mktemp("recentred") / "r18", names)
    return Predictor.load(folder, device="cpu")


@pytest.mark.parametrize("point", [(86, 59), (100, 70)])
def test_recentred_maps_have_their_middle_on_the_query(resnet, picture, point):
    """What one cell of stages 1 and 2 can see at all is a square around its own pixel."""
    image = picture(160, 192)
    targets = ("stage1", "stage2")
    centres = {}
    for recentre in (False, True):
        settings = ErfSettings(targets, point, contribution="abs", recentre=recentre)
        for target, found in receptive_field(resnet, image, settings=settings).items():
            rows, columns = np.nonzero(np.asarray(found))
            box = columns.min(), columns.max(), rows.min(), rows.max()
            centres[target, recentre] = (box[0] + box[1]) / 2, (box[2] + box[3]) / 2
    for target, stride in zip(targets, (4, 8)):
        assert centres[target, True] == point
        assert centres[target, False] == tuple(stride * int((at + 0.5) / stride) for at in point)


def test_networks_before_they_learnt(street):
    one, same, other = (
        load_for_comparison("random:street-b0", "cpu", seed=seed) for seed in (1, 1, 2)
    )
    assert one.name == "random:street-b0"
    assert one.sha256 == same.sha256
    assert len({one.sha256, other.sha256, street.sha256}) == 3
    assert one.config == street.config
    assert one.classes == street.classes


def test_settings_say_which_preset_they_are_and_come_back_from_json():
    for name in ("contract", "replknet", "luo"):
        settings = ErfSettings.of_preset(name, point=(3, 4), size=(64, 96))
        assert settings.preset == name
        assert ErfSettings.from_json(settings.to_json()) == settings
    assert ErfSettings(contribution="abs").preset == "custom"
    assert ErfSettings(("stage1", "stage1", "head")).targets == ("stage1", "head")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"seed": "class_logit"}, "needs a class"),
        ({"size": (31, 64)}, "too small"),
        ({"norm": "beside"}, "side of the norm"),
        ({"resample": "nearest"}, "no filter"),
        ({"analysis": "other"}, "no analysis"),
    ],
)
def test_settings_that_make_no_sense(words, sentence):
    with pytest.raises(RequestError, match=sentence):
        ErfSettings(**words)


def test_choices_given_twice_are_refused(street, picture):
    with pytest.raises(RequestError, match="twice"):
        receptive_field(street, picture(64, 64), point=(3, 3), settings=ErfSettings())
    with pytest.raises(RequestError, match="no preset"):
        ErfSettings.of_preset("mine")
    with pytest.raises(RequestError, match="20 x 40 pixels is too small"):
        receptive_field(street, picture(40, 20))
