"""`predict` with other protocols than the model's own."""

from __future__ import annotations

import numpy as np
import pytest

import segcore
from segcore.inference import protocol_of
from segcore.labels import read_label_map


@pytest.mark.parametrize(
    ("words", "protocol"),
    [
        (
            ("--protocol", "slide", "--size", "48x64", "--stride", "36", "--blend"),
            protocol_of("slide", size=(48, 64), stride=36, blended=True),
        ),
        (
            ("--protocol", "ratio", "--size", "96x384", "--flip", "--scales", "0.5,1"),
            protocol_of("ratio", size=(96, 384), flip=True, scales=(0.5, 1.0)),
        ),
        (("--protocol", "cityscapes"), protocol_of("cityscapes")),
    ],
)
def test_pictures_go_in_as_the_options_say(command, pictures, tmp_path, words, protocol):
    out = tmp_path / "out"
    picture = pictures / "a.png"
    ended = command("predict", picture, "-m", "street-b0", "-o", out, "--json", *words)
    assert ended.status == 0
    predictor = segcore.Predictor.load("street-b0")
    image = segcore.read_image(picture)
    expected = predictor.predict(image, protocol=protocol).labels
    assert (read_label_map(out / "a.png").labels == expected).mean() > 0.999
    assert np.any(expected != predictor.predict(image).labels)
    assert ended.json["protocol"].pop("words") == protocol.in_words()
    assert ended.json["protocol"]["resize"] == protocol.resize


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--protocol", "crop"), "preprocess, whole, fixed, ratio, slide, ade20k, cityscapes"),
        (("--protocol", "ratio"), "needs a size"),
        (("--protocol", "fixed", "--size", "512"), "is not HxW"),
        (("--protocol", "slide", "--size", "64x64", "--stride", "65"), "leaves gaps"),
        (("--stride", "64"), "choose slide for it"),
        (("--blend",), "choose slide for it"),
        (("--size", "64x64"), "takes no size"),
        (("--scales", "1,x"), "no list of scales"),
        (("--scales", "1,-2"), "Scales are different numbers"),
        (("--flip", "--save", "logits"), "leave out --flip"),
    ],
)
def test_combinations_that_mean_nothing_are_wrong_usage(
    command, pictures, tmp_path, words, sentence
):
    ended = command("predict", pictures, "-m", "street-b0", "-o", tmp_path / "out", *words)
    assert ended.status == 2
    assert sentence in " ".join(ended.err.split())
    assert not (tmp_path / "out").exists()
