"""DeepLabv3+ of other code bases: logits against a step-by-step computation on their own keys.

The functions below follow the published networks one operation at a time, with the names that each
code base gives its weights, and share nothing with the program.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as nnf

import segcore
from segcore.checkpoints import load_encoder
from segcore.errors import CheckpointError
from segcore.models import (
    DeepLab,
    DeepLabConfig,
    ResNetClassifier,
    ResNetClassifierConfig,
    ResNetConfig,
)

State = dict[str, Tensor]
WIDTHS = (8, 10, 12, 14)
CLASSES = 7


class Weights:
    """Draws weights as they are asked for, and remembers them under their names."""

    def __init__(self, seed: int = 3) -> None:
        self.state: State = {}
        self._generator = torch.Generator().manual_seed(seed)

    def conv(self, name: str, out: int, into: int, kernel: int = 1, *, bias: bool = False) -> None:
        shape = (out, into, kernel, kernel)
        scale = (2 / (into * kernel * kernel)) ** 0.5
        self.state[f"{name}.weight"] = torch.randn(shape, generator=self._generator) * scale
        if bias:
            self.state[f"{name}.bias"] = torch.randn(out, generator=self._generator)

    def norm(self, name: str, width: int) -> None:
        for leaf in ("weight", "running_var"):
            drawn = torch.rand(width, generator=self._generator)
            self.state[f"{name}.{leaf}"] = 0.6 + 0.8 * drawn
        for leaf in ("bias", "running_mean"):
            self.state[f"{name}.{leaf}"] = 0.3 * torch.randn(width, generator=self._generator)
        self.state[f"{name}.num_batches_tracked"] = torch.tensor(17)

    def resnet(self, prefix: str, *, bottleneck: bool, deep_stem: bool = False) -> None:
        """A small ResNet in torchvision's names, two blocks in the last stage."""
        if deep_stem:
            for index, (out, into) in enumerate(((4, 3), (4, 4), (8, 4))):
                self.conv(f"{prefix}stem.{3 * index}", out, into, 3)
                self.norm(f"{prefix}stem.{3 * index + 1}", out)
        else:
            self.conv(f"{prefix}conv1", 8, 3, 7)
            self.norm(f"{prefix}bn1", 8)
        before = 8
        for stage, width in enumerate(WIDTHS):
            for block in range(2 if stage == 3 else 1):
                name = f"{prefix}layer{stage + 1}.{block}"
                inner = width // 2 if bottleneck else width
                kernels = (1, 3, 1) if bottleneck else (3, 3)
                into = before
                for index, kernel in enumerate(kernels, start=1):
                    out = width if index == len(kernels) else inner
                    self.conv(f"{name}.conv{index}", out, into, kernel)
                    self.norm(f"{name}.bn{index}", out)
                    into = out
                if block == 0 and (stage > 0 or before != width):
                    self.conv(f"{name}.downsample.0", width, before)
                    self.norm(f"{name}.downsample.1", width)
                before = width


def conv(state: State, name: str, x: Tensor, stride: int = 1, dilation: int = 1) -> Tensor:
    weight = state[f"{name}.weight"]
    groups = x.shape[1] // weight.shape[1]
    padding = weight.shape[2] // 2 * dilation
    bias = state.get(f"{name}.bias")
    return nnf.conv2d(x, weight, bias, stride, padding, dilation, groups)


def norm(state: State, name: str, x: Tensor) -> Tensor:
    mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    return nnf.batch_norm(x, mean, var, weight, bias, training=False, eps=1e-5)


def conv_norm_relu(state: State, name: str, after: str, x: Tensor, dilation: int = 1) -> Tensor:
    return norm(state, after, conv(state, name, x, dilation=dilation)).relu()


def resnet(
    state: State,
    prefix: str,
    x: Tensor,
    *,
    strides: tuple[int, ...],
    dilations: tuple[tuple[int, ...], ...],
    second_dilates: bool = True,
) -> list[Tensor]:
    """Four stages; `dilations` has those of each block of each stage."""
    if f"{prefix}stem.0.weight" in state:
        for index in range(3):
            x = conv(state, f"{prefix}stem.{3 * index}", x, stride=2 if index == 0 else 1)
            x = norm(state, f"{prefix}stem.{3 * index + 1}", x).relu()
    else:
        x = norm(state, f"{prefix}bn1", conv(state, f"{prefix}conv1", x, stride=2)).relu()
    x = nnf.max_pool2d(x, 3, 2, 1)
    stages = []
    for stage, (stride, of_blocks) in enumerate(zip(strides, dilations)):
        for block, dilation in enumerate(of_blocks):
            name = f"{prefix}layer{stage + 1}.{block}"
            step = stride if block == 0 else 1
            if f"{name}.conv3.weight" in state:
                y = norm(state, f"{name}.bn1", conv(state, f"{name}.conv1", x)).relu()
                y = conv(state, f"{name}.conv2", y, stride=step, dilation=dilation)
                y = norm(state, f"{name}.bn2", y).relu()
                y = norm(state, f"{name}.bn3", conv(state, f"{name}.conv3", y))
            else:
                y = conv(state, f"{name}.conv1", x, stride=step, dilation=dilation)
                y = norm(state, f"{name}.bn1", y).relu()
                y = conv(state, f"{name}.conv2", y, dilation=dilation if second_dilates else 1)
                y = norm(state, f"{name}.bn2", y)
            if f"{name}.downsample.0.weight" in state:
                x = conv(state, f"{name}.downsample.0", x, stride=step)
                x = norm(state, f"{name}.downsample.1", x)
            x = (x + y).relu()
        stages.append(x)
    return stages


def pooled(state: State, name: str, after: str, x: Tensor) -> Tensor:
    mean = nnf.adaptive_avg_pool2d(x, 1)
    spread = conv_norm_relu(state, name, after, mean)
    return nnf.interpolate(spread, tuple(x.shape[2:]), mode="bilinear", align_corners=False)


def vainf(*, separable: bool = False) -> tuple[State, Callable[[Tensor], Tensor]]:
    """DeepLabV3Plus-Pytorch at output stride 16, on bottlenecks as its ResNets are."""
    weights = Weights()
    weights.resnet("backbone.", bottleneck=True)

    def large(name: str, out: int, into: int) -> None:
        if separable:
            weights.conv(f"{name}.body.0", into, 1, 3)
            weights.conv(f"{name}.body.1", out, into)
        else:
            weights.conv(name, out, into, 3)

    head = "classifier.aspp"
    weights.conv(f"{head}.convs.0.0", 9, WIDTHS[-1])
    weights.norm(f"{head}.convs.0.1", 9)
    for index in (1, 2, 3):
        large(f"{head}.convs.{index}.0", 9, WIDTHS[-1])
        weights.norm(f"{head}.convs.{index}.1", 9)
    weights.conv(f"{head}.convs.4.1", 9, WIDTHS[-1])
    weights.norm(f"{head}.convs.4.2", 9)
    weights.conv(f"{head}.project.0", 9, 45)
    weights.norm(f"{head}.project.1", 9)
    weights.conv("classifier.project.0", 5, WIDTHS[0])
    weights.norm("classifier.project.1", 5)
    large("classifier.classifier.0", 11, 14)
    weights.norm("classifier.classifier.1", 11)
    weights.conv("classifier.classifier.3", CLASSES, 11, bias=True)
    state = weights.state

    def applied(name: str, after: str, x: Tensor, dilation: int = 1) -> Tensor:
        if separable:
            x = conv(state, f"{name}.body.0", x, dilation=dilation)
            return norm(state, after, conv(state, f"{name}.body.1", x)).relu()
        return conv_norm_relu(state, name, after, x, dilation)

    def forward(pixels: Tensor) -> Tensor:
        low, *_, deep = resnet(
            state,
            "backbone.",
            pixels,
            strides=(1, 2, 2, 1),
            dilations=((1,), (1,), (1,), (1, 2)),
        )
        parts = [conv_norm_relu(state, f"{head}.convs.0.0", f"{head}.convs.0.1", deep)]
        for index, rate in zip((1, 2, 3), (6, 12, 18)):
            name = f"{head}.convs.{index}"
            parts.append(applied(f"{name}.0", f"{name}.1", deep, rate))
        parts.append(pooled(state, f"{head}.convs.4.1", f"{head}.convs.4.2", deep))
        deep = conv_norm_relu(state, f"{head}.project.0", f"{head}.project.1", torch.cat(parts, 1))
        low = conv_norm_relu(state, "classifier.project.0", "classifier.project.1", low)
        deep = nnf.interpolate(deep, tuple(low.shape[2:]), mode="bilinear", align_corners=False)
        joined = torch.cat([low, deep], 1)
        x = applied("classifier.classifier.0", "classifier.classifier.1", joined)
        return conv(state, "classifier.classifier.3", x)

    return state, forward


def smp(
    *, separable: bool = True, rates: tuple[int, ...] = (12, 24, 36), output_stride: int = 16
) -> tuple[State, Callable[[Tensor], Tensor]]:
    """segmentation_models.pytorch's, on basic blocks, without its last upsampling."""
    weights = Weights()
    weights.resnet("encoder.", bottleneck=False)
    head = "decoder.aspp.0"
    weights.conv(f"{head}.convs.0.0", 9, WIDTHS[-1])
    weights.norm(f"{head}.convs.0.1", 9)
    for index in (1, 2, 3):
        if separable:
            weights.conv(f"{head}.convs.{index}.0.0", WIDTHS[-1], 1, 3)
            weights.conv(f"{head}.convs.{index}.0.1", 9, WIDTHS[-1])
        else:
            weights.conv(f"{head}.convs.{index}.0", 9, WIDTHS[-1], 3)
        weights.norm(f"{head}.convs.{index}.1", 9)
    weights.conv(f"{head}.convs.4.1", 9, WIDTHS[-1])
    weights.norm(f"{head}.convs.4.2", 9)
    weights.conv(f"{head}.project.0", 9, 45)
    weights.norm(f"{head}.project.1", 9)
    weights.conv("decoder.aspp.1.0", 9, 1, 3)
    weights.conv("decoder.aspp.1.1", 9, 9)
    weights.norm("decoder.aspp.2", 9)
    weights.conv("decoder.block1.0", 5, WIDTHS[0])
    weights.norm("decoder.block1.1", 5)
    weights.conv("decoder.block2.0.0", 14, 1, 3)
    weights.conv("decoder.block2.0.1", 9, 14)
    weights.norm("decoder.block2.1", 9)
    weights.conv("segmentation_head.0", CLASSES, 9, bias=True)
    state = weights.state
    eight = output_stride == 8

    def forward(pixels: Tensor) -> Tensor:
        low, *_, deep = resnet(
            state,
            "encoder.",
            pixels,
            strides=(1, 2, 1, 1) if eight else (1, 2, 2, 1),
            dilations=((1,), (1,), (2,) if eight else (1,), (4, 4) if eight else (2, 2)),
        )
        parts = [conv_norm_relu(state, f"{head}.convs.0.0", f"{head}.convs.0.1", deep)]
        for index, rate in zip((1, 2, 3), rates):
            name = f"{head}.convs.{index}"
            if separable:
                x = conv(state, f"{name}.0.0", deep, dilation=rate)
                x = conv(state, f"{name}.0.1", x)
            else:
                x = conv(state, f"{name}.0", deep, dilation=rate)
            parts.append(norm(state, f"{name}.1", x).relu())
        parts.append(pooled(state, f"{head}.convs.4.1", f"{head}.convs.4.2", deep))
        x = conv_norm_relu(state, f"{head}.project.0", f"{head}.project.1", torch.cat(parts, 1))
        x = conv(state, "decoder.aspp.1.1", conv(state, "decoder.aspp.1.0", x))
        x = norm(state, "decoder.aspp.2", x).relu()
        up = torch.nn.UpsamplingBilinear2d(scale_factor=2 if eight else 4)
        low = conv_norm_relu(state, "decoder.block1.0", "decoder.block1.1", low)
        x = torch.cat([up(x), low], 1)
        x = conv(state, "decoder.block2.0.1", conv(state, "decoder.block2.0.0", x))
        return conv(state, "segmentation_head.0", norm(state, "decoder.block2.1", x).relu())

    return state, forward


def mmseg(
    *, bottleneck: bool = True, deep_stem: bool = True
) -> tuple[State, Callable[[Tensor], Tensor]]:
    """mmsegmentation's at output stride 8; ResNetV1c has the deep stem."""
    weights = Weights()
    weights.resnet("backbone.", bottleneck=bottleneck, deep_stem=deep_stem)
    head = "decode_head"

    def module(name: str, out: int, into: int, kernel: int = 1) -> None:
        weights.conv(f"{name}.conv", out, into, kernel)
        weights.norm(f"{name}.bn", out)

    def separable(name: str, out: int, into: int) -> None:
        weights.conv(f"{name}.depthwise_conv.conv", into, 1, 3)
        weights.norm(f"{name}.depthwise_conv.bn", into)
        module(f"{name}.pointwise_conv", out, into)

    module(f"{head}.image_pool.1", 9, WIDTHS[-1])
    module(f"{head}.aspp_modules.0", 9, WIDTHS[-1])
    for index in (1, 2, 3):
        separable(f"{head}.aspp_modules.{index}", 9, WIDTHS[-1])
    module(f"{head}.bottleneck", 9, 45, 3)
    module(f"{head}.c1_bottleneck", 5, WIDTHS[0])
    separable(f"{head}.sep_bottleneck.0", 9, 14)
    separable(f"{head}.sep_bottleneck.1", 9, 9)
    weights.conv(f"{head}.conv_seg", CLASSES, 9, bias=True)
    weights.conv("auxiliary_head.convs.0.conv", 4, WIDTHS[2], 3)
    weights.norm("auxiliary_head.convs.0.bn", 4)
    weights.conv("auxiliary_head.conv_seg", CLASSES, 4, bias=True)
    state = weights.state

    def applied(name: str, x: Tensor, dilation: int = 1) -> Tensor:
        return conv_norm_relu(state, f"{name}.conv", f"{name}.bn", x, dilation)

    def apart(name: str, x: Tensor, dilation: int = 1) -> Tensor:
        return applied(f"{name}.pointwise_conv", applied(f"{name}.depthwise_conv", x, dilation))

    def forward(pixels: Tensor) -> Tensor:
        low, *_, deep = resnet(
            state,
            "backbone.",
            pixels,
            strides=(1, 2, 1, 1),
            dilations=((1,), (1,), (1,), (2, 4)),
            second_dilates=False,
        )
        pool = f"{head}.image_pool.1"
        parts = [pooled(state, f"{pool}.conv", f"{pool}.bn", deep)]
        parts.append(applied(f"{head}.aspp_modules.0", deep))
        for index, rate in zip((1, 2, 3), (12, 24, 36)):
            parts.append(apart(f"{head}.aspp_modules.{index}", deep, rate))
        x = applied(f"{head}.bottleneck", torch.cat(parts, 1))
        low = applied(f"{head}.c1_bottleneck", low)
        x = nnf.interpolate(x, tuple(low.shape[2:]), mode="bilinear", align_corners=False)
        x = apart(f"{head}.sep_bottleneck.0", torch.cat([x, low], 1))
        return conv(state, f"{head}.conv_seg", apart(f"{head}.sep_bottleneck.1", x))

    return state, forward


def saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


@pytest.mark.parametrize(
    ("family", "made", "wrap"),
    [
        ("vainf-deeplab", vainf(), "model_state"),
        ("vainf-deeplab", vainf(separable=True), ""),
        ("smp-deeplab", smp(), ""),
        ("smp-deeplab", smp(separable=False), "state_dict"),
        ("mmseg-deeplab", mmseg(), "state_dict"),
        ("mmseg-deeplab", mmseg(bottleneck=False), "state_dict"),
        ("mmseg-deeplab", mmseg(deep_stem=False), ""),
    ],
    ids=["vainf", "vainf-sep", "smp", "smp-dense", "mmseg", "mmseg-basic", "mmseg-plain-stem"],
)
def test_logits_are_those_of_the_code_base(
    tmp_path: Path,
    family: str,
    made: tuple[State, Callable[[Tensor], Tensor]],
    wrap: str,
) -> None:
    state, forward = made
    content = {wrap: state, "best_score": 0.5} if wrap else state
    path = saved(tmp_path / "deeplab.pth", content)
    pixels = torch.randn(2, 3, 96, 160, generator=torch.Generator().manual_seed(9))

    checkpoint = segcore.read_checkpoint(path)
    exact = segcore.load_model(checkpoint)
    fast = segcore.load_model(path, "fast")

    assert checkpoint.family == family
    assert len(checkpoint.classes) == CLASSES
    assert isinstance(exact, DeepLab)
    with torch.no_grad():
        expected = forward(pixels)
        logits, close = exact(pixels), fast(pixels)
    scale = float(expected.abs().max())
    assert logits.shape == expected.shape == (2, CLASSES, 24, 40)
    assert torch.allclose(logits, expected, atol=1e-5 * scale)
    assert torch.allclose(close, expected, atol=1e-4 * scale)
    assert torch.equal(logits.argmax(1), expected.argmax(1))


@pytest.mark.parametrize("output_stride", [8, 16])
def test_a_folder_of_smp_says_its_own_rates_and_stride(tmp_path: Path, output_stride: int) -> None:
    from safetensors.torch import save_file

    state, forward = smp(rates=(3, 6, 9), output_stride=output_stride)
    save_file(state, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(
        '{"_model_class": "DeepLabV3Plus", "decoder_atrous_rates": [3, 6, 9], '
        f'"encoder_name": "resnet18", "encoder_output_stride": {output_stride}}}'
    )
    pixels = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(9))

    network = segcore.load_model(tmp_path)

    with torch.no_grad():
        expected = forward(pixels)
        assert torch.allclose(network(pixels), expected, atol=1e-5 * float(expected.abs().max()))


def test_weights_do_not_tell_the_output_stride_and_the_caller_may(tmp_path: Path) -> None:
    path = saved(tmp_path / "vainf.pth", vainf()[0])
    pixels = torch.randn(1, 3, 64, 64)

    sixteen, eight = segcore.load_model(path), segcore.load_model(path, output_stride=8)

    assert isinstance(eight, DeepLab)
    assert eight.config.rates == (12, 24, 36)
    assert sixteen.encode(pixels)[-1].shape[2:] == (4, 4)
    assert eight.encode(pixels)[-1].shape[2:] == (8, 8)
    with pytest.raises(segcore.RequestError, match=r"vainf.pth: there is no output stride 12"):
        segcore.load_model(path, output_stride=12)
    with pytest.raises(segcore.RequestError, match="SegFormer has no output stride"):
        segcore.load_model("street-b0", output_stride=8)


def test_another_number_of_classes_keeps_all_but_the_classifier(tmp_path: Path) -> None:
    path = saved(tmp_path / "vainf.pth", vainf()[0])
    before, after = segcore.load_model(path), segcore.load_model(path, num_classes=3)

    changed = [
        name
        for name, tensor in after.state_dict().items()
        if tensor.shape != before.state_dict()[name].shape
        or (tensor != before.state_dict()[name]).any()
    ]
    assert [name for name in changed if "num_batches" not in name] == [
        "head.classifier.weight",
        "head.classifier.bias",
    ]
    assert after(torch.randn(1, 3, 32, 32)).shape == (1, 3, 8, 8)


def imagenet(*, classifier: bool = True) -> State:
    weights = Weights(seed=8)
    weights.resnet("", bottleneck=True)
    if classifier:
        weights.state["fc.weight"] = torch.randn(12, WIDTHS[-1])
        weights.state["fc.bias"] = torch.randn(12)
    return weights.state


def test_torchvisions_resnets_classify_and_begin_a_training(tmp_path: Path) -> None:
    state = imagenet()
    path = saved(tmp_path / "resnet.pth", state)
    pixels = torch.randn(1, 3, 75, 101)

    checkpoint = segcore.read_checkpoint(path)
    network = segcore.load_model(path)

    assert checkpoint.encoder_only
    assert isinstance(network, ResNetClassifier)
    with torch.no_grad():
        deep = resnet(
            state, "", pixels, strides=(1, 2, 2, 2), dilations=((1,), (1,), (1,), (1, 1))
        )[-1]
        expected = nnf.linear(deep.mean(dim=(2, 3)), state["fc.weight"], state["fc.bias"])
        assert torch.allclose(network(pixels), expected, atol=1e-4)
    with pytest.raises(CheckpointError, match="ImageNet classifier without a decoder"):
        segcore.Predictor.load(path, device="cpu")

    deeplab = DeepLab(DeepLabConfig(network.config.encoder, num_classes=4))
    head = {name: t.clone() for name, t in deeplab.state_dict().items() if "head." in name}
    load_encoder(deeplab, path)
    own = deeplab.state_dict()
    assert torch.equal(
        own["encoder.stages.3.blocks.1.layers.2.conv.weight"], state["layer4.1.conv3.weight"]
    )
    assert all(torch.equal(own[name], tensor) for name, tensor in head.items())


def test_an_encoder_without_its_classifier_begins_a_training_too(tmp_path: Path) -> None:
    path = saved(tmp_path / "trunk.pth", imagenet(classifier=False))
    config = segcore.read_checkpoint(path).config
    assert isinstance(config, ResNetClassifierConfig)
    deeplab = DeepLab(DeepLabConfig(config.encoder, num_classes=4))

    load_encoder(deeplab, path)

    stem = torch.load(path)["conv1.weight"]
    assert torch.equal(deeplab.encoder.stem[0].conv.weight, stem)  # type: ignore[union-attr]


def test_another_encoder_is_refused_by_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "resnet.pth", imagenet())
    network = DeepLab(DeepLabConfig(ResNetConfig.named("r18"), num_classes=4))
    before = network.encoder.stem[0].conv.weight.clone()  # type: ignore[union-attr]

    with pytest.raises(CheckpointError, match=r"resnet.pth: its encoder is a ResNet of its own"):
        load_encoder(network, path)
    with pytest.raises(CheckpointError, match="Mix Transformer and not the ResNet-18"):
        load_encoder(network, "street-b0")
    assert torch.equal(network.encoder.stem[0].conv.weight, before)  # type: ignore[union-attr]
