"""mmsegmentation's files give the numbers of its network, written here in plain functions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as nnf

from segcore.checkpoints import Checkpoint, load_segformer, read_checkpoint, save_pretrained
from segcore.errors import CheckpointError
from segcore.inference import Predictor
from segcore.inspection import attention_map, explain, receptive_field
from segcore.models import FastSegFormer, NormEpsilons, SegFormer, count_macs, strips

State = dict[str, Tensor]

HEADS = (1, 2, 5, 8)
RATIOS = (8, 4, 2, 1)
SMALL = {"widths": (8, 16, 40, 64), "depths": (2, 1, 1, 2), "decoder": 24, "classes": 5}
B0 = {"widths": (32, 64, 160, 256), "depths": (2, 2, 2, 2), "decoder": 256, "classes": 19}


def mmseg_state(widths, depths, decoder, classes, seed=0) -> State:
    """Every tensor that such a file holds, drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    state: State = {}

    def draw(name: str, *shape: int, near_one: bool = False) -> None:
        values = torch.randn(shape, generator=generator) * 0.2
        state[name] = values.abs() + 0.5 if near_one else values

    def layer(name: str, *shape: int, bias: bool = True) -> None:
        draw(f"{name}.weight", *shape)
        if bias:
            draw(f"{name}.bias", shape[0])

    def norm(name: str, width: int, *, batch: bool = False) -> None:
        draw(f"{name}.weight", width, near_one=True)
        draw(f"{name}.bias", width)
        if batch:
            draw(f"{name}.running_mean", width)
            draw(f"{name}.running_var", width, near_one=True)
            state[f"{name}.num_batches_tracked"] = torch.tensor(7)

    before = 3
    for s, width in enumerate(widths):
        own = f"backbone.layers.{s}"
        layer(f"{own}.0.projection", width, before, *((7, 7) if s == 0 else (3, 3)))
        norm(f"{own}.0.norm", width)
        for i in range(depths[s]):
            block = f"{own}.1.{i}"
            norm(f"{block}.norm1", width)
            draw(f"{block}.attn.attn.in_proj_weight", 3 * width, width)
            draw(f"{block}.attn.attn.in_proj_bias", 3 * width)
            layer(f"{block}.attn.attn.out_proj", width, width)
            if RATIOS[s] > 1:
                layer(f"{block}.attn.sr", width, width, RATIOS[s], RATIOS[s])
                norm(f"{block}.attn.norm", width)
            norm(f"{block}.norm2", width)
            layer(f"{block}.ffn.layers.0", 4 * width, width, 1, 1)
            layer(f"{block}.ffn.layers.1", 4 * width, 1, 3, 3)
            layer(f"{block}.ffn.layers.4", width, 4 * width, 1, 1)
        norm(f"{own}.2", width)
        before = width
    for s, width in enumerate(widths):
        layer(f"decode_head.convs.{s}.conv", decoder, width, 1, 1, bias=False)
        norm(f"decode_head.convs.{s}.bn", decoder, batch=True)
    layer("decode_head.fusion_conv.conv", decoder, 4 * decoder, 1, 1, bias=False)
    norm("decode_head.fusion_conv.bn", decoder, batch=True)
    layer("decode_head.conv_seg", classes, decoder, 1, 1)
    return state


class Reference:
    """The network of such a file, 1e-6 in every LayerNorm and 1e-5 in every BatchNorm."""

    def __init__(self, state: State, dtype: torch.dtype) -> None:
        self.state = {
            key: value.to(dtype) if value.is_floating_point() else value
            for key, value in state.items()
        }

    def __call__(self, pixels: Tensor) -> Tensor:
        return self.classified(self.fused(self.stages(pixels)))

    def stages(self, pixels: Tensor) -> list[Tensor]:
        outputs, picture = [], pixels
        for s in range(4):
            own = f"backbone.layers.{s}"
            stride, padding = (4, 3) if s == 0 else (2, 1)
            picture = self.conv(f"{own}.0.projection", picture, stride=stride, padding=padding)
            picture = self.layer_norm(f"{own}.0.norm", picture)
            i = 0
            while f"{own}.1.{i}.norm1.weight" in self.state:
                block = f"{own}.1.{i}"
                normal = self.layer_norm(f"{block}.norm1", picture)
                picture = picture + self.attention(f"{block}.attn", normal, s)
                hidden = self.conv(
                    f"{block}.ffn.layers.0", self.layer_norm(f"{block}.norm2", picture)
                )
                hidden = self.conv(
                    f"{block}.ffn.layers.1", hidden, padding=1, groups=hidden.shape[1]
                )
                picture = picture + self.conv(f"{block}.ffn.layers.4", nnf.gelu(hidden))
                i += 1
            picture = self.layer_norm(f"{own}.2", picture)
            outputs.append(picture)
        return outputs

    def attention(self, name: str, picture: Tensor, s: int) -> Tensor:
        state, heads = self.state, HEADS[s]
        reduced = picture
        if f"{name}.sr.weight" in state:
            reduced = self.conv(f"{name}.sr", picture, stride=RATIOS[s])
            reduced = self.layer_norm(f"{name}.norm", reduced)
        batch, width, h, w = picture.shape
        weights = state[f"{name}.attn.in_proj_weight"].split(width)
        biases = state[f"{name}.attn.in_proj_bias"].split(width)
        query, key, value = (
            nnf.linear(source.flatten(2).mT, weight, bias)
            .unflatten(2, (heads, width // heads))
            .transpose(1, 2)
            for source, weight, bias in zip((picture, reduced, reduced), weights, biases)
        )
        scores = (query @ key.mT / (width // heads) ** 0.5).softmax(-1)
        attended = (scores @ value).transpose(1, 2).flatten(2)
        out = nnf.linear(
            attended,
            state[f"{name}.attn.out_proj.weight"],
            state[f"{name}.attn.out_proj.bias"],
        )
        return out.mT.reshape(batch, width, h, w)

    def fused(self, stages: list[Tensor]) -> Tensor:
        size = stages[0].shape[2:]
        inputs = []
        for s, stage in enumerate(stages):
            own = f"decode_head.convs.{s}"
            picture = nnf.relu(self.batch_norm(f"{own}.bn", self.conv(f"{own}.conv", stage)))
            inputs.append(nnf.interpolate(picture, size, mode="bilinear", align_corners=False))
        mixed = self.conv("decode_head.fusion_conv.conv", torch.cat(inputs, 1))
        return nnf.relu(self.batch_norm("decode_head.fusion_conv.bn", mixed))

    def classified(self, fused: Tensor) -> Tensor:
        return self.conv("decode_head.conv_seg", fused)

    def conv(self, name: str, picture: Tensor, **options: int) -> Tensor:
        return nnf.conv2d(
            picture, self.state[f"{name}.weight"], self.state.get(f"{name}.bias"), **options
        )

    def layer_norm(self, name: str, picture: Tensor) -> Tensor:
        weight, bias = self.state[f"{name}.weight"], self.state[f"{name}.bias"]
        last = picture.movedim(1, -1)
        return nnf.layer_norm(last, weight.shape, weight, bias, 1e-6).movedim(-1, 1)

    def batch_norm(self, name: str, picture: Tensor) -> Tensor:
        leaves = ("running_mean", "running_var", "weight", "bias")
        return nnf.batch_norm(picture, *(self.state[f"{name}.{leaf}"] for leaf in leaves))


@pytest.fixture(scope="module")
def small() -> State:
    return mmseg_state(**SMALL)


def write(path: Path, state: State, **meta: object) -> Path:
    torch.save({"meta": {"mmseg_version": "1.2.2", **meta}, "state_dict": state}, path)
    return path


@pytest.fixture
def checkpoint(small, tmp_path) -> Checkpoint:
    return read_checkpoint(write(tmp_path / "segformer_small.pth", small))


def relative(found: Tensor, wanted: Tensor) -> float:
    assert found.shape == wanted.shape
    return float((found - wanted).abs().max() / wanted.abs().max())


@torch.no_grad()
def assert_parity(checkpoint: Checkpoint, state: State, pixels: Tensor) -> None:
    for numerics in ("exact", "fast"):
        exact = load_segformer(checkpoint).double()
        assert isinstance(exact, SegFormer)
        double = exact if numerics == "exact" else FastSegFormer.from_exact(exact)
        for dtype, bound, model in (
            (torch.float32, 1e-5, load_segformer(checkpoint, numerics)),
            (torch.float64, 1e-9, double),
        ):
            wanted = Reference(state, dtype)(pixels.to(dtype))
            found = model(pixels.to(dtype))
            assert relative(found, wanted) <= bound
            assert torch.equal(found.argmax(1), wanted.argmax(1))


def test_a_small_network_gives_the_logits_of_its_code_base(checkpoint, small, pixels):
    assert checkpoint.family == "mmseg"
    assert checkpoint.config.head == "mmseg"
    assert checkpoint.config.epsilons == NormEpsilons.MMSEG
    assert_parity(checkpoint, small, pixels)


def test_b0_gives_the_logits_of_its_code_base(tmp_path, pixels):
    state = mmseg_state(**B0)
    checkpoint = read_checkpoint(write(tmp_path / "b0.pth", state))
    assert checkpoint.config.variant == "B0"
    assert "B0, 19 classes, mmsegmentation" in checkpoint.summary
    assert_parity(checkpoint, state, pixels[:, :, :, :70])
    head = count_macs(checkpoint.config, (64, 64))[-1]
    weights = [
        value
        for key, value in state.items()
        if key.startswith("decode_head.") and "running" not in key and value.ndim
    ]
    assert head.parameters == sum(value.numel() for value in weights)


@torch.no_grad()
def test_both_numerics_give_the_same_features_in_every_way(checkpoint, small, pixels, monkeypatch):
    reference = Reference(small, torch.float64)
    pixels = pixels.double()
    stages = reference.stages(pixels)
    wanted = reference.fused(stages)
    exact = load_segformer(checkpoint).double()
    fast = FastSegFormer.from_exact(exact)
    channels_last = [stage.permute(0, 2, 3, 1) for stage in stages]
    assert relative(exact.fused(stages), wanted) <= 1e-12
    assert relative(fast.fused(channels_last).permute(0, 3, 1, 2), wanted) <= 1e-12
    logits = reference.classified(wanted)
    assert relative(exact.decode(stages), logits) <= 1e-12
    assert relative(fast.classify(fast.fused(channels_last)), logits) <= 1e-12
    for rows in (1, 3, 40):
        monkeypatch.setattr(strips, "_STRIP_BYTES", rows * 26 * 24 * 8)
        assert relative(fast.decode(channels_last), logits) <= 1e-12
    for stage, kept in zip(stages, reference.stages(pixels)):
        assert torch.equal(stage, kept)


def test_it_trains(checkpoint, pixels):
    model = load_segformer(checkpoint).train()
    model(pixels).square().mean().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    again = SegFormer(model.config)
    again.initialise(torch.Generator().manual_seed(1))
    assert again.state_dict().keys() == model.state_dict().keys()


@pytest.mark.parametrize("numerics", ["exact", "fast"])
def test_fields_of_the_head_see_each_stage_through_its_own_relu(checkpoint, small, numerics):
    """Autograd of the reference at one cell, against the field from that cell's neighbours."""
    image = np.random.default_rng(0).integers(0, 256, (90, 126, 3), dtype=np.uint8)
    predictor = Predictor.from_checkpoint(checkpoint, device="cpu", numerics=numerics)
    found = receptive_field(predictor, image, ("fused", "head"), (13, 77), "signed")
    pixels = torch.from_numpy(checkpoint.preprocess.normalised(image))[None].requires_grad_()
    reference = Reference(small, torch.float32)
    fused = reference.fused(reference.stages(pixels))
    rows, columns = fused.shape[2:]
    row, column = int(77.5 * rows / 90), int(13.5 * columns / 126)
    for name, target in (("fused", fused), ("head", reference.classified(fused))):
        seed = target[0, :, row, column].relu().sum()
        (gradient,) = torch.autograd.grad(seed, pixels, retain_graph=True)
        wanted = gradient[0].sum(0).numpy()
        assert np.abs(wanted).max() > 0
        assert np.abs(np.asarray(found[name]) - wanted).max() <= 1e-4 * np.abs(wanted).max()


def test_pictures_are_predicted_and_queried(checkpoint, small):
    image = np.random.default_rng(1).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    predictor = Predictor.from_checkpoint(checkpoint, device="cpu")
    encoded = predictor.encode(image)
    pixels = torch.from_numpy(checkpoint.preprocess.normalised(image))[None]
    full = nnf.interpolate(Reference(small, torch.float32)(pixels), (96, 128), mode="bilinear")
    labels = predictor.predict(encoded).labels
    assert (labels == full[0].argmax(0).numpy()).mean() > 0.999
    weights = np.asarray(attention_map(predictor, encoded, 2, 0, (40, 50)))
    np.testing.assert_allclose(weights.sum(axis=(1, 2)), 1, rtol=1e-4)


@pytest.mark.parametrize(
    "meta",
    [
        {"CLASSES": ("a", "b", "c", "d", "e"), "PALETTE": [[i, 9, 9] for i in range(5)]},
        {"dataset_meta": {"classes": list("abcde"), "palette": [[i, 9, 9] for i in range(5)]}},
    ],
    ids=["0.x", "1.x"],
)
def test_classes_come_from_either_version_of_meta(meta, small, tmp_path):
    classes = read_checkpoint(write(tmp_path / "m.pth", small, **meta)).classes
    assert classes.names == tuple("abcde")
    assert classes[3].color == (3, 9, 9)


def refused(path: Path, state: State) -> str:
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(write(path, state))
    sentence = str(caught.value)
    assert sentence.startswith(path.name)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    "key",
    [
        "backbone.layers.1.1.0.attn.attn.in_proj_weight",
        "backbone.layers.0.1.1.attn.attn.in_proj_bias",
        "backbone.layers.2.1.0.ffn.layers.0.weight",
        "backbone.layers.3.2.bias",
        "decode_head.convs.2.conv.weight",
        "decode_head.convs.0.bn.running_var",
        "decode_head.fusion_conv.conv.weight",
        "decode_head.conv_seg.bias",
    ],
)
def test_keys_in_trouble_are_named_as_the_file_has_them(key, small, tmp_path):
    path = tmp_path / "segformer.pth"
    rest = {name: value for name, value in small.items() if name != key}
    sentence = refused(path, rest)
    assert "missing" in sentence
    assert key in sentence
    sentence = refused(path, {**rest, key: small[key][:-1]})
    assert "misshapen" in sentence
    assert key in sentence
    extra = "decode_head.linear_fuse.conv.weight"
    assert f"surplus keys: {extra};" in refused(path, {**small, extra: torch.ones(2)})


def test_a_linear_layer_in_place_of_a_convolution_is_named(small, tmp_path):
    key = "decode_head.convs.1.conv.weight"
    assert key in refused(tmp_path / "m.pth", {**small, key: small[key][:, :, 0, 0]})


def test_saving_for_hugging_face_is_refused(checkpoint, tmp_path):
    for model in (checkpoint, load_segformer(checkpoint)):
        with pytest.raises(CheckpointError, match=r"^out: .*cannot hold this network.*mmseg"):
            save_pretrained(model, tmp_path / "out", checkpoint.classes)
        assert not (tmp_path / "out").exists()


B2 = {"widths": (64, 128, 320, 512), "depths": (3, 4, 6, 3), "decoder": 256, "classes": 19}


@torch.no_grad()
def test_b2_gives_the_logits_of_its_code_base_at_odd_sizes(tmp_path):
    state = mmseg_state(**B2)
    for value in state.values():
        # Drawn so that what goes through keeps its size; 0.2 everywhere would saturate B2.
        if value.ndim > 1:
            value.mul_(5 * value[0].numel() ** -0.5)
    checkpoint = read_checkpoint(write(tmp_path / "b2.pth", state))
    assert checkpoint.config.variant == "B2"
    generator = torch.Generator().manual_seed(8)
    pixels = torch.randn(1, 3, 97, 131, generator=generator)
    exact = load_segformer(checkpoint)
    wanted = Reference(state, torch.float32)(pixels)
    found = exact(pixels)
    assert relative(found, wanted) <= 1e-5
    assert torch.equal(found.argmax(1), wanted.argmax(1))
    small = torch.randn(1, 3, 35, 67, generator=generator).double()
    assert relative(exact.double()(small), Reference(state, torch.float64)(small)) <= 1e-9
    same = load_segformer(checkpoint, "fast")(pixels).argmax(1) == wanted.argmax(1)
    assert same.double().mean() >= 0.9999


@pytest.mark.parametrize("numerics", ["exact", "fast"])
def test_a_logit_is_shared_out_through_both_gates(checkpoint, small, numerics):
    """Autograd of the reference: held gates make a share the gradient times the features."""
    image = np.random.default_rng(4).integers(0, 256, (90, 126, 3), dtype=np.uint8)
    predictor = Predictor.from_checkpoint(checkpoint, device="cpu", numerics=numerics)
    encoded = predictor.encode(image)
    reference = Reference(small, torch.float64)
    pixels = torch.from_numpy(checkpoint.preprocess.normalised(image))[None].double()
    stages = [stage.requires_grad_() for stage in reference.stages(pixels)]
    logits = reference.classified(reference.fused(stages))
    full = nnf.interpolate(logits, (90, 126), mode="bilinear", align_corners=False)
    for x, y in ((0, 0), (77, 13), (125, 89), (40, 51)):
        found = explain(predictor, encoded, (x, y))
        wanted = full[0, :, y, x]
        largest = float(wanted.detach().abs().max())
        assert [score.id for score in found.classes] == wanted.argsort(descending=True).tolist()
        for score in found.classes:
            logit = float(wanted[score.id].detach())
            gradients = torch.autograd.grad(wanted[score.id], stages, retain_graph=True)
            shares = [float((g * s.detach()).sum()) for g, s in zip(gradients, stages)]
            assert abs(score.logit - logit) <= 1e-4 * largest
            assert abs(sum(score.stages.values()) + score.bias - score.logit) <= 1e-9
            np.testing.assert_allclose(list(score.stages.values()), shares, atol=1e-4 * largest)
            assert abs(score.bias - (logit - sum(shares))) <= 1e-3 * largest
