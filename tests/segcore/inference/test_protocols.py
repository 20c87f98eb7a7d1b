"""Protocols against straightforward implementations on transformers' own model."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as nnf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from segcore.errors import Cancelled, RequestError
from segcore.geometry import Box
from segcore.inference import InferenceProtocol, Predictor, Sliding, protocol_of
from segcore.inference.canvas import resized_part
from segcore.inference.protocol import ADE20K, CITYSCAPES, NAMES, PAPER_SCALES
from segcore.preprocess import Preprocess
from segcore.progress import CancelToken

MEAN = torch.tensor((0.485, 0.456, 0.406))[:, None, None]
STD = torch.tensor((0.229, 0.224, 0.225))[:, None, None]


@pytest.fixture(scope="module")
def network(own_size_folder):
    transformers = pytest.importorskip("transformers")
    model = transformers.SegformerForSemanticSegmentation.from_pretrained(own_size_folder).eval()

    @torch.no_grad()
    def logits(image: np.ndarray) -> torch.Tensor:
        values = torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255
        return model(((values - MEAN) / STD)[None]).logits

    return logits


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))


def whole(network, image: np.ndarray, size: tuple[int, int]) -> torch.Tensor:
    """(C, *size) logits of an image in one piece."""
    return nnf.interpolate(network(image), size, mode="bilinear", align_corners=False)[0]


def slid(network, image: np.ndarray, crop: tuple[int, int], stride: tuple[int, int]):
    """(C, H, W): sums of upsampled logits over counts, as mmsegmentation slides."""
    height, width = image.shape[:2]
    total, count = 0, torch.zeros(height, width)
    rows = max(height - crop[0] + stride[0] - 1, 0) // stride[0] + 1
    columns = max(width - crop[1] + stride[1] - 1, 0) // stride[1] + 1
    for row in range(rows):
        for column in range(columns):
            bottom = min(row * stride[0] + crop[0], height)
            right = min(column * stride[1] + crop[1], width)
            top, left = max(bottom - crop[0], 0), max(right - crop[1], 0)
            part = image[top:bottom, left:right]
            found = whole(network, part, part.shape[:2])
            total = total + nnf.pad(found, (left, width - right, top, height - bottom))
            count[top:bottom, left:right] += 1
    return total / count


def slid_at_once(network, image, crop: int, stride: int, size: tuple[int, int]) -> torch.Tensor:
    """(C, *size): every pixel's middle looked up in the logits of all windows that hold it."""
    places = [
        (torch.arange(pixels, dtype=torch.float64) + 0.5) * side / pixels
        for pixels, side in zip(size, image.shape)
    ]
    total, count = 0, torch.zeros(size)
    starts = [
        sorted({min(begin, max(side - crop, 0)) for begin in range(0, side, stride)})
        for side in image.shape[:2]
    ]
    for top in starts[0]:
        for left in starts[1]:
            part = image[top : top + crop, left : left + crop]
            within = [
                (place - begin) / side * 2 - 1
                for place, begin, side in zip(places, (top, left), part.shape)
            ]
            y, x = torch.meshgrid(*within, indexing="ij")
            grid = torch.stack([x, y], dim=-1).float()[None]
            found = nnf.grid_sample(
                network(part), grid, mode="bilinear", padding_mode="border", align_corners=False
            )[0]
            inside = ((y >= -1) & (y < 1) & (x >= -1) & (x < 1)).float()
            total, count = total + found * inside, count + inside
    return total / count


def assert_same(prediction, probabilities: torch.Tensor) -> None:
    share, winner = probabilities.max(0)
    assert (prediction.labels == winner.numpy()).mean() >= 0.9999
    off = np.abs(prediction.confidence.astype(np.float32) - share.numpy())
    assert off.max() <= 3e-3


@pytest.mark.parametrize("size", [(120, 211), (211, 120), (64, 300)])
def test_keeping_the_ratio_fills_the_box_up_to_multiples_of_32(own_size, network, picture, size):
    image = picture(*size)
    prediction = own_size.predict(image, protocol=protocol_of("ratio", size=(96, 384)))
    factor = min(384 / max(size), 96 / min(size))
    canvas = [-(-int(side * factor + 0.5) // 32) * 32 for side in size]
    logits = whole(network, resized(image, *canvas), size)
    assert_same(prediction, logits.softmax(0))
    assert prediction.protocol.size == (96, 384)


def test_a_fixed_size_squashes(own_size, network, picture):
    image = picture(150, 97)
    prediction = own_size.predict(image, protocol=protocol_of("fixed", size=(64, 128)))
    logits = whole(network, resized(image, 64, 128), (150, 97))
    assert_same(prediction, logits.softmax(0))


@pytest.mark.parametrize(
    ("size", "windows"),
    [
        ((128, 256), Sliding((128, 128), (96, 96))),  # as Cityscapes: everything on one grid
        (
            (151, 213),
            Sliding((96, 128), (64, 72)),
        ),  # the last windows lie between the others' cells
        ((90, 333), Sliding((128, 96), (30, 41))),  # and so do all; more than two lie over a pixel
        ((130, 131), Sliding((70, 66), (70, 66))),  # no overlap but of the last ones; odd windows
        ((50, 60), Sliding((128, 128), (96, 96))),  # smaller than a window
    ],
)
def test_sliding_windows_are_averaged_pixel_by_pixel(own_size, network, picture, size, windows):
    image = picture(*size)
    protocol = InferenceProtocol("own", sliding=windows)
    prediction = own_size.predict(image, protocol=protocol)
    assert_same(prediction, slid(network, image, windows.crop, windows.stride).softmax(0))
    top = own_size.top2(own_size.encode(image, protocol=protocol))
    assert (top.ids[0] == prediction.labels).mean() >= 0.9999


def test_blended_windows_are_weighted_by_their_place(own_size, network, picture):
    """Weights rise by cell over the overlap of 32 pixels, and the blend is upsampled at once."""
    image = picture(96, 224)
    protocol = protocol_of("slide", size=(96, 96), stride=64, blended=True)
    prediction = own_size.predict(image, protocol=protocol)
    total = torch.zeros(7, 24, 56)
    for start in (0, 64, 128):
        ramp = torch.ones(24)
        rising = (torch.arange(8) + 0.5) / 8
        if start > 0:
            ramp[:8] = rising
        if start < 128:
            ramp[-8:] = rising.flip(0)
        found = network(image[:, start : start + 96])[0]
        total[:, :, start // 4 : start // 4 + 24] += found * ramp
    logits = nnf.interpolate(total[None], (96, 224), mode="bilinear")[0]
    assert_same(prediction, logits.softmax(0))


def test_a_resized_picture_slides_too(own_size, network, picture):
    image = picture(96, 192)
    protocol = InferenceProtocol("ratio", (192, 384), Sliding((192, 192), (144, 144)))
    prediction = own_size.predict(image, protocol=protocol)
    logits = slid_at_once(network, resized(image, 192, 384), 192, 144, (96, 192))
    assert_same(prediction, logits.softmax(0))


@pytest.mark.parametrize("flip", [False, True])
def test_scales_and_flips_average_probabilities_at_the_picture_s_size(
    own_size, network, picture, flip
):
    image = picture(100, 140)
    scales = (0.5, 1.0, 1.75)
    prediction = own_size.predict(image, protocol=protocol_of("whole", flip=flip, scales=scales))
    total, passes = 0, 0
    for scale in scales:
        canvas = resized(image, int(100 * scale + 0.5), int(140 * scale + 0.5))
        for turned in (canvas, canvas[:, ::-1])[: 1 + flip]:
            found = whole(network, turned, (100, 140)).softmax(0)
            total = total + (found if turned is canvas else found.flip(2))
            passes += 1
    assert_same(prediction, total / passes)


def test_scales_of_tiles_and_windows_come_out_the_same_in_strips(
    own_size, network, picture, monkeypatch
):
    """Passes that complete their rows at different times; several windows through at once."""
    monkeypatch.setattr("segcore.inference.upsample._STRIP_VALUES", {"cpu": 7 * 190 * 3})
    monkeypatch.setattr("segcore.inference.passes.windows_at_once", lambda *_: 3)
    image = picture(130, 190)
    protocol = InferenceProtocol(
        "own", sliding=Sliding((96, 96), (64, 64)), scales=(1.0, 0.6), flip=True
    )
    told = []
    prediction = own_size.predict(image, protocol=protocol, progress=told.append)
    total = 0
    for canvas in (image, resized(image, 78, 114)):
        for turned in (canvas, canvas[:, ::-1]):
            found = slid_at_once(network, turned, 96, 64, (130, 190)).softmax(0)
            total = total + (found if turned is canvas else found.flip(2))
    assert_same(prediction, total / 4)
    assert told[-1].done == told[-1].total == 2 * (2 * 3) + 2 * (1 * 2)


def test_windows_in_batches_answer_as_one_by_one(own_size, picture, monkeypatch):
    image = picture(200, 333)
    protocol = protocol_of("slide", size=(96, 96), stride=64)
    alone = own_size.predict(image, protocol=protocol)
    batches = []
    encode = own_size.backend.encode

    def counted(pixels):
        batches.append(len(pixels))
        return encode(pixels)

    monkeypatch.setattr(own_size.backend, "encode", counted)
    monkeypatch.setattr("segcore.inference.passes.windows_at_once", lambda *_: 4)
    together = own_size.predict(image, protocol=protocol)
    assert max(batches) == 4
    assert sum(batches) == 3 * 5
    assert (alone.labels == together.labels).mean() >= 0.9999

    kept = own_size.encode(image, protocol=protocol)
    own_size.predict(kept)
    batches.clear()
    own_size.predict(kept)
    assert not batches

    token = CancelToken()
    fresh = own_size.encode(image, budget=0, protocol=protocol)
    with pytest.raises(Cancelled):
        own_size.predict(fresh, cancel=token, progress=lambda _: token.cancel())
    assert batches == [4]


def test_queries_look_at_the_upright_pass_at_scale_one(own_size, picture):
    from segcore.inspection import attention_map
    from segcore.inspection.explain import explain

    image = picture(120, 250)
    protocol = InferenceProtocol(
        "own", sliding=Sliding((96, 96), (70, 70)), scales=(0.5, 1.0), flip=True
    )
    encoded = own_size.encode(image, protocol=protocol)
    assert encoded.view == (1.0, False)
    single = own_size.predict(image, protocol=InferenceProtocol("own", sliding=protocol.sliding))
    for point in ((3, 4), (60, 100), (249, 119), (165, 60)):
        explanation = explain(own_size, encoded, point)
        window = encoded.windows[encoded.window_at(point)]
        assert window.box == explanation.box
        assert window.core.contains(point)
        assert attention_map(own_size, encoded, point=point).box.x0 == window.box.x0
    alone = explain(own_size, encoded, (3, 4))
    assert alone.notes == ()
    assert alone.confidence == pytest.approx(float(single.confidence[4, 3]), abs=2e-3)
    assert "overlap" in explain(own_size, encoded, (80, 10)).notes[0]


def test_confidence_that_is_not_asked_for_takes_nothing(own_size, picture):
    image = picture(90, 100)
    asked = own_size.predict(image)
    for protocol in (None, protocol_of("whole", flip=True)):
        bare = own_size.predict(image, protocol=protocol, confidence=False)
        assert bare.confidence.shape == (90, 100)
        assert np.isnan(bare.confidence).all()
        assert bare.confidence.strides == (0, 0)
    assert (own_size.labels_alone().predict(image).labels == asked.labels).all()
    assert np.isnan(own_size.labels_alone().predict(image).confidence).all()
    assert (own_size.predict(image).confidence > 0).all()


def test_a_predictor_keeps_the_protocol_it_is_given(own_size_folder, own_size, picture):
    image = picture(64, 96)
    protocol = protocol_of("fixed", size=(32, 64))
    other = own_size.with_protocol(protocol)
    assert other.backend is own_size.backend
    assert other.predict(image).protocol == protocol
    assert own_size.predict(image).protocol == InferenceProtocol()
    loaded = Predictor.load(own_size_folder, device="cpu", protocol=protocol)
    assert (loaded.predict(image).labels == other.predict(image).labels).all()
    with pytest.raises(RequestError, match="another protocol"):
        own_size.predict(own_size.encode(image), protocol=protocol)


@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.tuples(st.integers(1, 150), st.integers(1, 150)),
    st.sampled_from([1, 2, 3, 5]),  # of nearest and box a tie may fall to either side
    st.data(),
)
@settings(max_examples=150, deadline=None)
def test_a_part_of_a_resized_picture_is_that_part(size, canvas, resample, data):
    # Away from 0 and 255, where the first of Pillow's two passes cuts off what a filter overshoots;
    # which of them is the first depends on the sizes.
    image = np.random.default_rng(3).integers(90, 160, (*size, 3), np.uint8)
    y0 = data.draw(st.integers(0, canvas[0] - 1))
    x0 = data.draw(st.integers(0, canvas[1] - 1))
    y1, x1 = data.draw(st.integers(y0 + 1, canvas[0])), data.draw(st.integers(x0 + 1, canvas[1]))
    box = Box(x0, y0, x1, y1)
    whole_picture = Image.fromarray(image).resize(canvas[::-1], Image.Resampling(resample))
    part = resized_part(image, canvas, box, resample).astype(int)
    difference = np.abs(part - np.asarray(whole_picture)[box.slices])
    assert difference.max() <= 2


def test_the_paper_s_sizes():
    preprocess = Preprocess()
    assert ADE20K.canvas((512, 683), preprocess) == (512, 704)
    assert ADE20K.canvas((683, 512), preprocess) == (704, 512)
    assert ADE20K.canvas((300, 1500), preprocess) == (416, 2048)
    assert CITYSCAPES.canvas((1024, 2048), preprocess) == (1024, 2048)
    assert CITYSCAPES.canvas((1024, 2048), preprocess, 0.75) == (768, 1536)
    many = protocol_of("cityscapes", scales=PAPER_SCALES, flip=True)
    assert len(many.views) == 12
    assert many.views[:2] == ((1.0, False), (1.0, True))
    assert many.in_words() == (
        "cityscapes: ratio kept in 1024x2048; windows of 1024x1024 every 768x768, averaged; "
        "scales 0.5, 0.75, 1, 1.25, 1.5, 1.75; flipped too"
    )


@pytest.mark.parametrize("name", NAMES)
def test_protocols_come_back_from_json(name):
    import json

    size = (128, 256) if name in ("fixed", "ratio", "slide") else None
    protocol = protocol_of(name, size=size, flip=True, scales=(1, 0.5))
    assert InferenceProtocol.from_json(json.loads(json.dumps(protocol.to_json()))) == protocol


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"name": "crop"}, "choose among preprocess, whole"),
        ({"name": "whole", "size": (64, 64)}, "takes no size"),
        ({"name": "fixed"}, "needs a size"),
        ({"name": "ratio", "size": (512, 64)}, "short side first: give 64x512"),
        ({"name": "fixed", "size": (0, 64)}, "is empty"),
        ({"name": "ratio", "size": (64, 512), "stride": 32}, "no stride: choose slide"),
        ({"name": "ade20k", "blended": True}, "no blending: choose slide"),
        ({"name": "slide", "size": (16, 64)}, "too small"),
        ({"name": "slide", "size": (64, 64), "stride": 65}, "leaves gaps"),
        ({"name": "slide", "size": (64, 64), "stride": 0}, "leaves gaps"),
        ({"name": "slide", "size": (64, 64), "stride": 30, "blended": True}, "multiples of 4"),
        ({"scales": ()}, "Scales are different numbers"),
        ({"scales": (1, 1)}, "Scales are different numbers"),
        ({"scales": (0, 1)}, "Scales are different numbers"),
        ({"scales": (float("nan"),)}, "Scales are different numbers"),
        ({"scales": (9,)}, "Scales are different numbers"),
    ],
)
def test_what_means_nothing_is_refused_in_a_sentence(arguments, word):
    with pytest.raises(RequestError, match=word) as raised:
        protocol_of(**arguments)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "data", [{"resize": "crop"}, {"size": 5}, {"sliding": {}}, {"scales": 1}, {"sliding": 3}]
)
def test_what_is_no_protocol_is_refused(data):
    with pytest.raises(RequestError):
        InferenceProtocol.from_json(data)


def test_the_protocols_need_no_torch():
    import subprocess
    import sys

    code = "import segcore.inference.protocol, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
