"""Images in, labels and confidence out, whatever the size and whatever memory there is."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from segcore.checkpoints import read_checkpoint
from segcore.errors import Cancelled, CheckpointError, RequestError
from segcore.inference import Predictor
from segcore.inference.tiling import plan_tiles
from segcore.progress import CancelToken


def test_a_resized_picture_is_labelled_as_transformers_does(model_folder, picture):
    transformers = pytest.importorskip("transformers")
    folder = model_folder(num_labels=150, size=(96, 128))
    image = picture(301, 407)
    predictor = Predictor.load(folder, device="cpu")
    prediction = predictor.predict(image)

    processor = transformers.SegformerImageProcessor.from_pretrained(folder)
    model = transformers.SegformerForSemanticSegmentation.from_pretrained(folder).eval()
    with torch.no_grad():
        outputs = model(**processor(images=image, return_tensors="pt"))
    (labels,) = processor.post_process_semantic_segmentation(outputs, [(301, 407)])
    larger = torch.nn.functional.interpolate(outputs.logits, (301, 407), mode="bilinear")[0]

    assert (prediction.labels == labels.numpy()).mean() >= 0.9999
    assert np.abs(prediction.confidence - larger.softmax(0).amax(0).numpy()).max() <= 2e-3
    assert prediction.labels.dtype == np.uint8
    assert prediction.confidence.dtype == np.float16
    assert prediction.sha256 == predictor.sha256


def test_exact_and_fast_say_the_same(own_size_folder, picture):
    image = picture(90, 131)
    fast = Predictor.load(own_size_folder, device="cpu").predict(image)
    exact_predictor = Predictor.load(own_size_folder, device="cpu", numerics="exact")
    exact = exact_predictor.predict(image)
    assert (fast.labels == exact.labels).mean() >= 0.9999
    encoded = exact_predictor.encode(image)
    ((_, stages),) = exact_predictor.features(encoded)
    assert stages["stage1"].shape == (32, 23, 33)


def test_half_precision_says_nearly_the_same(own_size_folder, picture):
    image = picture(64, 96)
    full = Predictor.load(own_size_folder, device="cpu").predict(image)
    half = Predictor.load(own_size_folder, device="cpu", precision="bf16").predict(image)
    assert (full.labels == half.labels).mean() > 0.9


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (31, 33), (33, 1), (35, 70)])
def test_any_size_from_one_pixel_up(own_size, picture, size):
    prediction = own_size.predict(picture(*size))
    assert prediction.labels.shape == prediction.confidence.shape == size
    assert (prediction.confidence > 0).all()


def test_a_large_picture_goes_in_tiles_and_says_how_far_it_is(own_size, picture, monkeypatch):
    monkeypatch.setattr("segcore.inference.memory.CPU_PIXELS", 100_000)
    monkeypatch.setattr("segcore.inference.passes.TILE", 256)
    image = picture(300, 700)
    encoded = own_size.encode(image)
    assert len(encoded.windows) == 2 * 4
    told = []
    prediction = own_size.predict(encoded, progress=told.append)
    assert [step.done for step in told] == list(range(1, 9))
    assert {step.total for step in told} == {8}
    assert prediction.labels.shape == (300, 700)
    boxes = [box for box, _ in own_size.logits(encoded)]
    assert boxes == [window.box for window in encoded.windows]
    for point in ((0, 0), (699, 299), (350, 150)):
        window = encoded.windows[encoded.window_at(point)]
        assert window.core.contains(point)
        assert window.box.covers(window.core)


def test_cancelling_stops_between_tiles(own_size, picture):
    encoded = own_size.encode(picture(300, 300))
    encoded.plan = plan_tiles((300, 300), 256)
    token, seen = CancelToken(), []

    def cancel(step):
        seen.append(step)
        token.cancel()

    with pytest.raises(Cancelled):
        own_size.predict(encoded, cancel=token, progress=cancel)
    assert len(seen) == 1


class Forgetful(torch.nn.Module):
    """A network on a GPU with so little memory that only small inputs fit."""

    def __init__(self, model: torch.nn.Module, most_pixels: int) -> None:
        super().__init__()
        self.model, self.most_pixels = model, most_pixels
        self.config = model.config

    def encode(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        if pixels.shape[2] * pixels.shape[3] > self.most_pixels:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.model.encode(pixels)

    def decode(self, stages: tuple[torch.Tensor, ...]) -> torch.Tensor:
        return self.model.decode(stages)


def test_without_memory_smaller_tiles_then_the_cpu(own_size, picture):
    image = picture(600, 560)
    whole = own_size.predict(image)
    model = own_size.backend.model
    own_size.backend.model = Forgetful(model, 512 * 300)
    prediction = own_size.predict(image)
    assert len(prediction.notes) == 2
    assert "tiles of 256 pixels" in prediction.notes[-1]
    assert prediction.labels.shape == image.shape[:2]

    own_size.backend.model = Forgetful(model, 0)
    prediction = own_size.predict(image)
    assert "on the CPU" in prediction.notes[-1]
    encoded = own_size.encode(image, size=(96, 96))
    notes = own_size.predict(encoded).notes
    assert notes == ("The memory of cpu ran out: the picture was done on the CPU.",)
    assert whole.notes == ()


def test_without_memory_on_the_cpu_either_it_says_so(own_size, picture, monkeypatch):
    spare = own_size.spares.on_cpu()
    monkeypatch.setattr(spare, "model", Forgetful(spare.model, 0))
    own_size.backend.model = Forgetful(own_size.backend.model, 0)
    with pytest.raises(RequestError, match="not enough memory"):
        own_size.predict(picture(40, 40))


def test_features_are_computed_once_and_kept_within_the_budget(own_size, picture, monkeypatch):
    encoded = own_size.encode(picture(300, 300))
    encoded.plan = plan_tiles((300, 300), 256)
    runs = []
    encode = own_size.backend.encode

    def counted(pixels):
        runs.append(1)
        return encode(pixels)

    monkeypatch.setattr(own_size.backend, "encode", counted)
    threads = [threading.Thread(target=own_size.predict, args=(encoded,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == len(encoded.windows) == 4
    first = encoded.held_bytes // 4

    tight = own_size.encode(picture(300, 300), budget=int(first * 2.5))
    tight.plan = plan_tiles((300, 300), 256)
    own_size.predict(tight)
    assert 0 < tight.held_bytes <= first * 2.5
    runs.clear()
    tight.stages(3)
    tight.stages(2)
    assert not runs
    tight.stages(0)
    assert len(runs) == 1
    tight.release()
    assert tight.held_bytes == 0


def test_what_cannot_be_done_is_refused_in_a_sentence(own_size, own_size_folder, picture, tmp_path):
    for arguments, word in (
        ({"device": "tpu"}, "auto, cpu, cuda"),
        ({"precision": "int8"}, "fp32, bf16 or fp16"),
        ({"backend": "onnx"}, "auto, torch or openvino"),
        ({"numerics": "exact", "backend": "onnx"}, "torch backend alone"),
        ({"numerics": "quick"}, "fast or exact"),
    ):
        with pytest.raises(RequestError, match=word):
            Predictor.load(own_size_folder, **arguments)
    if not torch.cuda.is_available():
        with pytest.raises(RequestError, match="cuda"):
            Predictor.load(own_size_folder, device="cuda")
    for image in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(RequestError, match="uint8 RGB"):
            own_size.encode(image)
    with pytest.raises(RequestError, match="0x40"):
        own_size.encode(picture(40, 40), size=(0, 40))
    with pytest.raises(RequestError, match="outside the image"):
        own_size.encode(picture(40, 40)).window_at((40, 0))


def test_a_model_without_a_decoder_is_refused(own_size_folder):
    from dataclasses import replace

    from segcore.models import ImageClassifier

    checkpoint = read_checkpoint(own_size_folder)
    classifier = ImageClassifier(checkpoint.config, device="cpu")
    bare = replace(checkpoint, encoder_only=True, state=classifier.state_dict())
    with pytest.raises(CheckpointError, match="cannot segment"):
        Predictor.from_checkpoint(bare, device="cpu")


def test_a_driver_that_torch_cannot_use_is_named(own_size_folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr("segcore.inference.devices.nvidia_driver_present", lambda: True)
    for version, word in ((None, "CUDA build of torch"), ("12.8", "update the driver")):
        monkeypatch.setattr(torch.version, "cuda", version)
        predictor = Predictor.load(own_size_folder)
        assert predictor.device == "cpu"
        assert predictor.precision == "fp32"
        assert word in predictor.notes[0]
    monkeypatch.setattr("segcore.inference.devices.nvidia_driver_present", lambda: False)
    assert Predictor.load(own_size_folder).notes == []
