"""DeepLabv3+ and the All-MLP head on a ResNet behind the predictor: labels, fields, refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import segcore
from segcore.classes import ClassTable
from segcore.inference.tiling import plan_tiles
from segcore.models import DeepLab, DeepLabConfig, ResNetMlp, ResNetMlpConfig, build_network

NAMES = ClassTable.from_names(["asphalt", "lawn", "brick", "cloud"])
MakePicture = Callable[..., np.ndarray]


@pytest.fixture(scope="module", params=["deeplab", "mlp"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    config: Any = DeepLabConfig.named("r18", num_classes=4)
    if request.param == "mlp":
        config = ResNetMlpConfig.named("r18", num_classes=4)
    network = build_network(config)
    assert isinstance(network, DeepLab | ResNetMlp)
    network.initialise(torch.Generator().manual_seed(6))
    gains = torch.Generator().manual_seed(7)
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.weight, 0.3, 0.8, generator=gains)
    return segcore.save_model(network, tmp_path_factory.mktemp("other") / request.param, NAMES)


@pytest.mark.parametrize("numerics", ["exact", "fast"])
@pytest.mark.parametrize("contribution", ["relu", "abs", "signed"])
def test_fields_are_the_gradients_of_the_network_itself(
    folder: Path, picture: MakePicture, numerics: str, contribution: str
) -> None:
    image, point = picture(96, 131), (77, 40)
    predictor = segcore.Predictor.load(folder, device="cpu", numerics=numerics)
    targets = ("stage1", "stage2", "stage3", "stage4", "fused", "head")

    maps = segcore.receptive_field(
        predictor, image, targets=targets, point=point, contribution=contribution
    )

    network: Any = segcore.load_model(folder)
    pixels = torch.from_numpy(predictor.preprocess.normalised(image))[None].requires_grad_()
    stages = network.encode(pixels)
    fused = network.fused(stages)
    features = dict(zip(targets, [*stages, fused, network.classify(fused)]))
    for target, feature in features.items():
        height, width = feature.shape[2:]
        row, column = int((40 + 0.5) * height / 96), int((77 + 0.5) * width / 131)
        seed = feature[0, :, row, column].relu().sum()
        (gradient,) = torch.autograd.grad(seed, pixels, retain_graph=True)
        gradient = {"relu": gradient.relu(), "abs": gradient.abs(), "signed": gradient}[
            contribution
        ]
        expected = gradient[0].sum(dim=0).numpy().ravel()
        found = np.asarray(maps[target]).ravel()
        assert expected.any()
        cosine = found @ expected / np.linalg.norm(found) / np.linalg.norm(expected)
        assert cosine > 0.9999
        assert np.allclose(found, expected, atol=1e-3 * np.abs(expected).max())


def test_labels_are_the_upsampled_argmax(folder: Path, picture: MakePicture) -> None:
    image = picture(90, 121)
    predictor = segcore.Predictor.load(folder, device="cpu", numerics="exact")

    prediction = predictor.predict(image)

    network: Any = segcore.load_model(folder)
    pixels = torch.from_numpy(predictor.preprocess.normalised(image))[None]
    with torch.no_grad():
        logits = network(pixels)
    larger = torch.nn.functional.interpolate(logits, (90, 121), mode="bilinear")[0]
    assert (prediction.labels == larger.argmax(0).numpy()).mean() > 0.999


def test_tiles_label_as_the_whole_does_far_from_their_seams(
    folder: Path, picture: MakePicture
) -> None:
    """The pooled branch sees a tile's own mean, so that only most of the labels agree."""
    image = picture(256, 520)
    predictor = segcore.Predictor.load(folder, device="cpu")
    whole = predictor.predict(image).labels
    encoded = predictor.encode(image)
    encoded.plan = plan_tiles(encoded.size, 320)

    tiled = predictor.predict(encoded).labels

    assert len(encoded.windows) == 2
    assert tiled.shape == whole.shape
    assert (tiled == whole).mean() > 0.8


def test_attention_is_refused_in_one_sentence(folder: Path, picture: MakePicture) -> None:
    predictor = segcore.Predictor.load(folder, device="cpu")
    with pytest.raises(segcore.RequestError) as caught:
        segcore.attention_map(predictor, predictor.encode(picture(64, 64)), point=(3, 4))
    title = "DeepLabv3+" if folder.name == "deeplab" else "All-MLP head on a ResNet"
    assert str(caught.value) == (
        f"{title} has no attention: choose a SegFormer, or look at this model's receptive fields."
    )


def test_shares_of_a_logit_where_the_head_has_them(folder: Path, picture: MakePicture) -> None:
    predictor = segcore.Predictor.load(folder, device="cpu")
    encoded = predictor.encode(picture(64, 96))
    if folder.name == "deeplab":
        with pytest.raises(segcore.RequestError, match="DeepLabv3\\+'s decoder has a ReLU"):
            segcore.explain(predictor, encoded, (50, 20))
        return
    winner = segcore.explain(predictor, encoded, (50, 20)).winner
    assert sum(winner.stages.values()) + winner.bias == pytest.approx(winner.logit, abs=1e-6)
    exact = segcore.Predictor.load(folder, device="cpu", numerics="exact")
    same = segcore.explain(exact, exact.encode(encoded.image), (50, 20)).winner
    assert winner.logit == pytest.approx(same.logit, rel=1e-3)
