"""Networks that can be trained from scratch by a name alone, without a checkpoint."""

from __future__ import annotations

import re
from dataclasses import replace

from segcore.models import DeepLabConfig, ResNetConfig, ResNetMlpConfig, SegFormerConfig

_SEGFORMER = re.compile(r"b[0-5]")
_ON_RESNET = re.compile(r"(deeplabv3plus|allmlp)-(resnet\d+)(-narrow)?")

Architecture = SegFormerConfig | DeepLabConfig | ResNetMlpConfig


def architecture(name: str, num_classes: int) -> Architecture | None:
    """The numbers of a network of that name; None where it names none.

    `b0` … `b5` are SegFormers. `deeplabv3plus-resnet18` (50, 101 …) is a DeepLabv3+ at output
    stride 16 with separable convolutions in its head (arXiv 1802.02611, §3.1), `allmlp-resnet18`
    SegFormer's head, 256 wide, on the same encoder at its own strides 4 to 32. With `-narrow`
    everything of a ResNet and of DeepLabv3+'s head has half the channels: networks as small as B0.
    """
    if _SEGFORMER.fullmatch(name):
        return SegFormerConfig.named(name, num_classes=num_classes)
    found = _ON_RESNET.fullmatch(name)
    if found is None:
        return None
    kind, variant, narrow = found.groups()
    try:
        if kind == "allmlp":
            mlp = ResNetMlpConfig.named(variant, num_classes=num_classes)
            return replace(mlp, encoder=_narrowed(mlp.encoder)) if narrow else mlp
        deeplab = DeepLabConfig.named(variant, num_classes=num_classes, separable=True)
    except ValueError:
        return None
    if not narrow:
        return deeplab
    return replace(
        deeplab,
        encoder=_narrowed(deeplab.encoder),
        aspp_width=deeplab.aspp_width // 2,
        low_level_width=deeplab.low_level_width // 2,
        decoder_width=deeplab.decoder_width // 2,
    )


def _narrowed(encoder: ResNetConfig) -> ResNetConfig:
    return replace(
        encoder,
        widths=tuple(width // 2 for width in encoder.widths),
        inner_widths=tuple(width // 2 for width in encoder.inner_widths),
        stem_widths=tuple(width // 2 for width in encoder.stem_widths),
    )
