"""Pictures that go through the network together: the GPU's way through a batch, on any device."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from segcore.batch import group_lane, lanes, predict_folder
from segcore.batch.group_lane import GroupLane, can_group
from segcore.batch.streams import NoStreams
from segcore.checkpoints import save_pretrained
from segcore.checkpoints.model_loader import load_model
from segcore.classes import ClassTable
from segcore.errors import Cancelled
from segcore.images import read_image
from segcore.inference import Predictor, upsample
from segcore.inference import label_tensors as label_tensors_module
from segcore.inference.devices import Placement
from segcore.inference.protocol import InferenceProtocol, Sliding, protocol_of
from segcore.inference.torch_backend import TorchBackend
from segcore.labels import read_label_map
from segcore.models import SegFormer, SegFormerConfig
from segcore.preprocess import Preprocess
from segcore.progress import CancelToken


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Inputs here are so small that threads would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


SIZES = [(40, 70), (40, 70), (33, 90), (40, 70), (70, 40), (33, 90), (64, 64), (5, 7)]
SIZES += [(40, 70)] * 3


def folder_of(folder: Path, preprocess: Preprocess, classes: int = 6) -> Path:
    """A model of random weights, with labels that change from place to place."""
    config = SegFormerConfig.named("b0", num_classes=classes)
    model = SegFormer(config)
    model.initialise(torch.Generator().manual_seed(3))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(2.5)
    table = ClassTable.from_names([f"class {number}" for number in range(classes)])
    return save_pretrained(model, folder, table, preprocess)


@pytest.fixture(scope="module")
def own_size(tmp_path_factory) -> Path:
    return folder_of(tmp_path_factory.mktemp("model"), Preprocess())


@pytest.fixture(scope="module")
def fixed_size(tmp_path_factory) -> Path:
    return folder_of(
        tmp_path_factory.mktemp("fixed"), Preprocess(do_resize=True, size=(48, 64)), classes=300
    )


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Of several sizes, and one that is none."""
    folder = tmp_path / "in"
    folder.mkdir()
    rng = np.random.default_rng(5)
    for index, (height, width) in enumerate(SIZES):
        small = Image.fromarray(rng.integers(0, 256, (4, 5, 3), np.uint8))
        small.resize((width, height)).save(folder / f"p{index:02}.png")
    (folder / "p03broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    return folder


class SpiedStreams(NoStreams):
    """Remembers the shapes that went up, and how much was under way."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.order: list[str] = []
        self.rooms = 0

    def uploaded(self, staged: Sequence[torch.Tensor]) -> torch.Tensor:
        together = super().uploaded(staged)
        self.shapes.append(tuple(together.shape))
        self.order.append("up")
        return together

    def arrival(self) -> Callable[[], None]:
        return lambda: self.order.append("wait")

    def make_room(self) -> None:
        self.rooms += 1


@pytest.fixture
def grouped(monkeypatch) -> SpiedStreams:
    """From here on every predictor of ours takes the way in groups; what it did is told."""
    streams = SpiedStreams()

    def lane_of(predictor, save, cancel, beside=1):
        assert can_group(predictor, save)
        return GroupLane(predictor, save, cancel, lanes=beside, streams=streams)

    monkeypatch.setattr("segcore.batch.work.lane_of", lane_of)
    monkeypatch.setattr(group_lane, "windows_at_once", lambda _backend, _size: 4)
    return streams


def loaded(folder: Path, protocol: InferenceProtocol | None = None) -> Predictor:
    predictor = Predictor.load(folder, device="cpu", backend="torch")
    return predictor if protocol is None else predictor.with_protocol(protocol)


def label_maps(out: Path) -> dict[str, np.ndarray]:
    return {path.stem: read_label_map(path).labels for path in sorted(out.glob("p*.png"))}


def agreement(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> float:
    assert one.keys() == other.keys()
    assert all(one[name].shape == other[name].shape for name in one)
    assert all(one[name].dtype == other[name].dtype for name in one)
    equal = sum(int((one[name] == other[name]).sum()) for name in one)
    return equal / sum(labels.size for labels in one.values())


PROTOCOLS = {
    "preprocess": None,
    "sliding": InferenceProtocol("own", sliding=Sliding((40, 40), (24, 24))),
    "blended": protocol_of("slide", size=(40, 64), stride=32, blended=True),
    "views": protocol_of("whole", flip=True, scales=(1.0, 1.5)),
}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_labels_are_those_of_one_by_one(name, own_size, pictures, tmp_path, request):
    predictor = loaded(own_size, PROTOCOLS[name])
    plain = predict_folder(predictor, [pictures], tmp_path / "plain", save=["confidence"])
    streams = request.getfixturevalue("grouped")
    summary = predict_folder(predictor, [pictures], tmp_path / "group", save=["confidence"])
    assert [path.name for path in summary.done] == [path.name for path in plain.done]
    assert [(p.name, said) for p, said in summary.failed] == [
        (p.name, said) for p, said in plain.failed
    ]
    assert len(summary.failed) == 1
    assert summary.notes == []
    assert agreement(label_maps(tmp_path / "plain"), label_maps(tmp_path / "group")) > 0.9999
    for path in (tmp_path / "plain").glob("*.npz"):
        with np.load(path) as one, np.load(tmp_path / "group" / path.name) as other:
            assert one["confidence"].dtype == other["confidence"].dtype == np.float16
            np.testing.assert_allclose(one["confidence"], other["confidence"], atol=2e-3)
    assert max(shape[0] for shape in streams.shapes) == 4
    assert any(labels.max() > labels.min() for labels in label_maps(tmp_path / "plain").values())


def test_one_size_and_many_classes(fixed_size, pictures, tmp_path, request, monkeypatch):
    predictor = loaded(fixed_size).labels_alone()
    predict_folder(predictor, [pictures], tmp_path / "plain")
    streams = request.getfixturevalue("grouped")
    # As a GPU does it: in strips, with int32 ids.
    monkeypatch.setattr(
        label_tensors_module,
        "label_block",
        lambda block, ids, _share: label_tensors_module.label_on_device(
            block, label_tensors_module.LabelTensors(torch.from_numpy(ids), None)
        ),
    )
    predict_folder(predictor, [pictures], tmp_path / "group")
    maps = label_maps(tmp_path / "group")
    assert agreement(label_maps(tmp_path / "plain"), maps) > 0.9999
    assert all(labels.dtype == np.uint16 for labels in maps.values())
    assert {shape[1:] for shape in streams.shapes} == {(48, 64, 3)}
    assert [shape[0] for shape in streams.shapes].count(4) == 2


def test_a_group_is_computed_before_the_one_before_is_waited_for(
    fixed_size, pictures, tmp_path, grouped, monkeypatch
):
    monkeypatch.setattr(GroupLane, "group", 4)
    monkeypatch.setattr(GroupLane, "behind", 4)
    (pictures / "p03broken.jpg").unlink()
    predict_folder(loaded(fixed_size), [pictures], tmp_path / "out")
    waits = ["wait"] * 4
    assert grouped.order == ["up", "up", *waits, "up", *waits, *waits[1:]]


def test_large_pictures_go_alone(own_size, pictures, tmp_path, grouped, monkeypatch):
    monkeypatch.setattr(group_lane, "pixels_at_once", lambda _backend: 40 * 70)
    summary = predict_folder(loaded(own_size), [pictures], tmp_path / "out")
    assert len(summary.done) == len(SIZES)
    assert {shape[1:3] for shape in grouped.shapes} == {(40, 70), (70, 40), (32, 32)}


def test_memory_that_runs_out_halves_the_group_and_then_goes_alone(
    own_size, pictures, tmp_path, grouped, monkeypatch
):
    predictor = loaded(own_size)
    whole = predictor.backend.logits
    tried: list[int] = []

    def short(pixels):
        tried.append(len(pixels))
        if len(pixels) > 2 or pixels.shape[2:] == (64, 64):
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return whole(pixels)

    predict_folder(predictor, [pictures], tmp_path / "plain")
    grouped.shapes.clear()
    monkeypatch.setattr(predictor.backend, "logits", short)
    summary = predict_folder(predictor, [pictures], tmp_path / "out")
    assert len(summary.done) == len(SIZES)
    assert tried.count(4) == 1
    assert max(tried[1:]) <= 2
    assert grouped.rooms >= 2
    assert summary.notes == []
    assert agreement(label_maps(tmp_path / "plain"), label_maps(tmp_path / "out")) > 0.9999


def test_whatever_else_goes_wrong_together_is_told_and_done_alone(
    own_size, pictures, tmp_path, grouped, monkeypatch
):
    predictor = loaded(own_size)

    def broken(pixels):
        raise RuntimeError("a kernel\nthat nobody has")

    monkeypatch.setattr(predictor.backend, "logits", broken)
    summary = predict_folder(predictor, [pictures], tmp_path / "out")
    assert len(summary.done) == len(SIZES)
    (note,) = summary.notes
    assert "one by one" in note
    assert "a kernel that nobody has" in note


def test_calling_off_keeps_whole_files_and_a_second_run_does_the_rest(
    own_size, pictures, tmp_path, grouped
):
    token = CancelToken()
    out = tmp_path / "out"
    with pytest.raises(Cancelled):
        predict_folder(
            loaded(own_size),
            [pictures],
            out,
            progress=lambda p: token.cancel() if p.done == 6 else None,
            cancel=token,
        )
    before = len(label_maps(out))
    assert before <= 10
    summary = predict_folder(loaded(own_size), [pictures], out)
    assert len(summary.kept) == before
    assert len(summary.done) == len(SIZES) - before


def test_several_lanes_share_the_pictures(own_size, pictures, tmp_path, grouped, monkeypatch):
    monkeypatch.setattr(GroupLane, "group", 2)
    monkeypatch.setattr(GroupLane, "behind", 2)
    threads = set()
    begin = GroupLane.start

    def start(self, prepared):
        threads.add((id(self), threading.get_ident()))
        return begin(self, prepared)

    monkeypatch.setattr(GroupLane, "start", start)
    plain = tmp_path / "plain"
    predict_folder(loaded(own_size), [pictures], plain)
    summary = predict_folder([loaded(own_size), loaded(own_size)], [pictures], tmp_path / "out")
    assert len(summary.done) == len(SIZES)
    assert agreement(label_maps(plain), label_maps(tmp_path / "out")) == 1
    lanes_seen = {lane for lane, _ in threads}
    assert len(threads) == len(lanes_seen)  # each from one thread alone


def test_which_predictors_take_this_way(own_size, monkeypatch):
    predictor = loaded(own_size)
    token = CancelToken()
    assert isinstance(lanes.lane_of(predictor, frozenset(), token), lanes.PlainLane)
    monkeypatch.setattr(Predictor, "device", "cuda:1")
    assert isinstance(lanes.lane_of(predictor, frozenset(), token), GroupLane)
    assert isinstance(lanes.lane_of(predictor, frozenset(["logits"]), token), lanes.PlainLane)
    exact = Predictor.load(own_size, device="cpu", numerics="exact")
    assert isinstance(lanes.lane_of(exact, frozenset(), token), lanes.PlainLane)
    alone = predictor.labels_alone()
    assert isinstance(lanes.lane_of(alone, frozenset(["confidence"]), token), lanes.PlainLane)
    monkeypatch.setattr(Predictor, "device", "mps")
    assert isinstance(lanes.lane_of(predictor, frozenset(), token), lanes.PlainLane)


@pytest.mark.cuda
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_gpu_in_groups_says_what_it_says_one_by_one(
    name, precision, own_size, pictures, tmp_path
):
    predictor = Predictor.load(own_size, "cuda", precision)
    if PROTOCOLS[name] is not None:
        predictor = predictor.with_protocol(PROTOCOLS[name])
    assert isinstance(lanes.lane_of(predictor, frozenset(), CancelToken()), GroupLane)
    for turn in range(4):  # the later ones by graphs
        summary = predict_folder(predictor, [pictures], tmp_path / "group", redo=True)
        assert len(summary.done) == len(SIZES), turn
        assert summary.notes == []

    def plain_lane(each, save, token, _lanes):
        return lanes.PlainLane(each, save, token)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segcore.batch.work.lane_of", plain_lane)
        predict_folder(predictor, [pictures], tmp_path / "plain")
    same = agreement(label_maps(tmp_path / "plain"), label_maps(tmp_path / "group"))
    assert same > (0.999 if precision == "fp32" else 0.97)


class MetaStreams(NoStreams):
    """To a device without values: whoever reads some on the way, or mixes devices, fails."""

    def uploaded(self, staged: Sequence[torch.Tensor]) -> torch.Tensor:
        return torch.stack([*staged]).to("meta")

    def downloaded(self, results: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        assert all(result.device.type == "meta" for result in results)
        assert all(result.is_contiguous() for result in results)
        return [torch.zeros(result.shape, dtype=result.dtype) for result in results]


@pytest.mark.parametrize(
    ("name", "precision"), [*zip(PROTOCOLS, ["bf16"] * 4), ("blended", "fp32"), ("views", "fp16")]
)
def test_nothing_on_the_way_waits_for_the_device_or_leaves_it(
    name, precision, own_size, pictures, monkeypatch
):
    predictor = loaded(own_size, PROTOCOLS[name])
    checkpoint = predictor.checkpoint
    placement = Placement(torch.device("meta"), precision)
    predictor.backend = TorchBackend(load_model(checkpoint), checkpoint.preprocess, placement)
    monkeypatch.setitem(upsample._STRIP_VALUES, "meta", 1 << 20)
    monkeypatch.setattr(group_lane, "windows_at_once", lambda _backend, _size: 4)
    lane = GroupLane(predictor, frozenset(["confidence"]), CancelToken(), streams=MetaStreams())
    paths = sorted(pictures.glob("*.png"))[:4]
    prepared = [lane.prepare(read_image(path)) for path in paths]
    assert all(staged.windows for staged in prepared)
    for staged, finish in zip(prepared, lane.start(prepared)):
        result = finish()
        assert result.notes == ()
        assert result.labels.shape == staged.image.shape[:2]
        assert result.labels.dtype == np.uint8
        assert result.arrays["confidence"].dtype == np.float16
