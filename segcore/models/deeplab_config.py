"""The numbers that say which DeepLabv3+ it is, and in what the public code bases differ.

Chen et al., "Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation",
arXiv 1802.02611.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from segcore.models.resnet_config import OnResNet, ResNetConfig, check_shares

Convolution = Literal["dense", "separable", "separable_norm"]
"""A 3 x 3 convolution of a head: whole; depthwise then pointwise; the same with BatchNorm and ReLU
between the two."""

RATES: dict[int, tuple[int, ...]] = {8: (12, 24, 36), 16: (6, 12, 18), 32: (3, 6, 9)}
"""Rates of atrous spatial pyramid pooling by output stride (DeepLabv3, arXiv 1706.05587, §3.3);
at 32, which the paper does not use, they are halved once more."""


def _deeplab_encoder() -> ResNetConfig:
    return ResNetConfig(output_stride=16)


@dataclass(frozen=True)
class DeepLabConfig(OnResNet):
    """A DeepLabv3+ on a ResNet.

    Attributes:
        rates: dilations of the three 3 x 3 branches of the pyramid.
        aspp_width: channels of each of its branches and of what they are projected to.
        low_level_width: channels that the first stage is reduced to.
        decoder_width, decoder_depth: channels and number of the decoder's 3 x 3 convolutions.
        aspp_convolution, decoder_convolution: what these 3 x 3 convolutions are.
        project_kernel: side of the convolution that joins the branches.
        project_again: a separable 3 x 3 convolution follows it.
        pool_first: the pooled branch comes first when branches are joined, else last.
        low_level_first: the first stage comes first when the decoder joins the two, else last.
        align_corners: how the pyramid's output is upsampled.
        aspp_dropout, dropout: after the projection, and before the classifier.
    """

    encoder: ResNetConfig = field(default_factory=_deeplab_encoder)
    rates: tuple[int, ...] = RATES[16]
    aspp_width: int = 256
    low_level_width: int = 48
    decoder_width: int = 256
    decoder_depth: int = 2
    aspp_convolution: Convolution = "dense"
    decoder_convolution: Convolution = "dense"
    project_kernel: int = 1
    project_again: bool = False
    pool_first: bool = False
    low_level_first: bool = False
    align_corners: bool = False
    aspp_dropout: float = 0.1
    dropout: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "rates", tuple(self.rates))
        if len(self.rates) != 3 or any(rate < 1 for rate in self.rates):
            raise ValueError(f"rates must be three positive numbers, not {self.rates}")
        for name in ("aspp_width", "low_level_width", "decoder_width", "decoder_depth"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        for name in ("aspp_convolution", "decoder_convolution"):
            if getattr(self, name) not in get_args(Convolution):
                raise ValueError(
                    f"{name} cannot be {getattr(self, name)!r}: use one of "
                    f"{', '.join(get_args(Convolution))}"
                )
        if self.project_kernel not in (1, 3):
            raise ValueError(f"project_kernel must be 1 or 3, not {self.project_kernel}")
        check_shares(aspp_dropout=self.aspp_dropout, dropout=self.dropout)

    @classmethod
    def named(
        cls,
        variant: str,
        *,
        num_classes: int = 21,
        output_stride: int = 16,
        deep_stem: bool = False,
        separable: bool = False,
    ) -> DeepLabConfig:
        """On `resnet18`, `resnet50`, `resnet101` …, with the rates that the output stride asks for.

        `separable` makes the head's 3 x 3 convolutions depthwise separable, as the paper's §3.1.
        """
        encoder = ResNetConfig.named(variant, output_stride=output_stride, deep_stem=deep_stem)
        convolution: Convolution = "separable_norm" if separable else "dense"
        return cls(
            encoder=encoder,
            num_classes=num_classes,
            rates=RATES[output_stride],
            aspp_convolution=convolution,
            decoder_convolution=convolution,
        )

    def at_output_stride(self, output_stride: int) -> DeepLabConfig:
        """The same weights at another output stride, with dilations and rates that go with it.

        Where the rates are those of DeepLabv3 for its stride they become those for the other; else
        they are scaled, so that they span as many pixels as before.
        """
        before = self.encoder.output_stride
        encoder = replace(self.encoder, output_stride=output_stride)
        if self.rates == RATES[before]:
            rates = RATES[output_stride]
        else:
            rates = tuple(max(1, rate * before // output_stride) for rate in self.rates)
        return replace(self, encoder=encoder, rates=rates)

    @property
    def variant(self) -> str:
        """`ResNet-18/16`: the encoder's, and the output stride."""
        return f"{self.encoder.variant}/{self.encoder.output_stride}"
