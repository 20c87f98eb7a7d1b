"""The numbers that say which ResNet it is, and what is built on any.

ResNet: He et al., "Deep Residual Learning for Image Recognition", arXiv 1512.03385, with the
stride in the 3 x 3 convolution of a bottleneck, as every published PyTorch checkpoint has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from segcore.models.config import SMALLEST_SIDE, STAGES

Block = Literal["basic", "bottleneck"]
"""Two 3 x 3 convolutions, or 1 x 1, 3 x 3 and 1 x 1."""

OUTPUT_STRIDES = (8, 16, 32)
MLP_WIDTH = 256


@dataclass(frozen=True)
class _Variant:
    block: Block
    depths: tuple[int, ...]
    groups: int = 1
    inner_width: int = 64


_VARIANTS = {
    "ResNet-18": _Variant("basic", (2, 2, 2, 2)),
    "ResNet-34": _Variant("basic", (3, 4, 6, 3)),
    "ResNet-50": _Variant("bottleneck", (3, 4, 6, 3)),
    "ResNet-101": _Variant("bottleneck", (3, 4, 23, 3)),
    "ResNet-152": _Variant("bottleneck", (3, 8, 36, 3)),
    "ResNeXt-50": _Variant("bottleneck", (3, 4, 6, 3), 32, 128),
    "ResNeXt-101": _Variant("bottleneck", (3, 4, 23, 3), 32, 256),
    "ResNeXt-101-64x4d": _Variant("bottleneck", (3, 4, 23, 3), 64, 256),
}
_STEM = (64,)
_DEEP_STEM = (32, 32, 64)
_BASIC_WIDTHS = (64, 128, 256, 512)
_BOTTLENECK_WIDTHS = (256, 512, 1024, 2048)


@dataclass(frozen=True)
class ResNetConfig:
    """Shape of one ResNet; every per-stage tuple has four entries.

    Attributes:
        block: what its stages are made of.
        depths: blocks of each stage.
        widths: channels that each stage puts out.
        inner_widths: channels of the 3 x 3 convolutions; `widths` for basic blocks.
        groups: of the 3 x 3 convolutions of bottlenecks (ResNeXt has 32).
        stem_widths: channels of the stem's convolutions: one of 7 x 7, or several of 3 x 3.
        output_stride: 8, 16 or 32: the last stages keep the grid and dilate instead.
        gradual_dilation: the first convolution of a dilated stage has the dilation of the stage
            before it, for whose grid it was made, as torchvision's and mmsegmentation's; without
            it the stage's own.
        dilates_second: of a basic block both convolutions dilate; mmsegmentation's have the first
            alone.

    Raises ValueError, in one sentence, for numbers that no network can have.
    """

    block: Block = "basic"
    depths: tuple[int, ...] = (2, 2, 2, 2)
    widths: tuple[int, ...] = _BASIC_WIDTHS
    inner_widths: tuple[int, ...] = _BASIC_WIDTHS
    groups: int = 1
    stem_widths: tuple[int, ...] = _STEM
    in_channels: int = 3
    output_stride: int = 32
    gradual_dilation: bool = True
    dilates_second: bool = True

    def __post_init__(self) -> None:
        for name in ("depths", "widths", "inner_widths"):
            values = tuple(getattr(self, name))
            # Lists, as JSON gives them, become tuples so that a config can be hashed and compared.
            object.__setattr__(self, name, values)
            if len(values) != STAGES or any(value <= 0 for value in values):
                raise ValueError(f"ResNet's {name} must be {STAGES} positive numbers, not {values}")
        object.__setattr__(self, "stem_widths", tuple(self.stem_widths))
        if not self.stem_widths or any(width <= 0 for width in self.stem_widths):
            raise ValueError(f"a stem cannot have {self.stem_widths} channels")
        if self.block not in get_args(Block):
            raise ValueError(f"there is no block {self.block!r}: use basic or bottleneck")
        if self.block == "basic" and (self.groups != 1 or self.inner_widths != self.widths):
            raise ValueError("basic blocks have one group and as many channels inside as outside")
        if self.groups < 1 or any(width % self.groups for width in self.inner_widths):
            raise ValueError(f"{self.inner_widths} channels cannot make {self.groups} groups")
        if self.in_channels < 1:
            raise ValueError(f"ResNet's in_channels must be positive, not {self.in_channels}")
        if self.output_stride not in OUTPUT_STRIDES:
            raise ValueError(
                f"there is no output stride {self.output_stride}: use one of "
                f"{', '.join(map(str, OUTPUT_STRIDES))}"
            )

    @classmethod
    def named(
        cls, variant: str, *, output_stride: int = 32, deep_stem: bool = False
    ) -> ResNetConfig:
        """`resnet18`, `r50`, `ResNet-101`, `resnext101` (32x8d) …

        `deep_stem` makes the stem three 3 x 3 convolutions.

        Raises ValueError for a name that is none of them.
        """
        plain = variant.lower().replace("-", "").replace("_", "")
        names = {name.lower().replace("-", ""): name for name in _VARIANTS}
        name = names.get(plain) or names.get(plain.replace("r", "resnet", 1))
        if name is None:
            raise ValueError(f"there is no ResNet {variant!r}: use one of {', '.join(names)}")
        numbers = _VARIANTS[name]
        widths = _BASIC_WIDTHS if numbers.block == "basic" else _BOTTLENECK_WIDTHS
        return cls(
            block=numbers.block,
            depths=numbers.depths,
            widths=widths,
            inner_widths=tuple(numbers.inner_width << stage for stage in range(STAGES)),
            groups=numbers.groups,
            stem_widths=_DEEP_STEM if deep_stem else _STEM,
            output_stride=output_stride,
        )

    @property
    def variant(self) -> str:
        """`ResNet-18` … where the blocks have published numbers, else `custom`."""
        blocks = ("block", "depths", "widths", "inner_widths", "groups")
        for name in _VARIANTS:
            published = ResNetConfig.named(name)
            if all(getattr(self, part) == getattr(published, part) for part in blocks):
                return name
        return "custom"

    @property
    def strides(self) -> tuple[int, ...]:
        """Of each stage, relative to the one before; the stem makes 4 before the first."""
        return tuple(
            2 if stage and 4 << stage <= self.output_stride else 1 for stage in range(STAGES)
        )

    @property
    def dilations(self) -> tuple[int, ...]:
        """Of the 3 x 3 convolutions of each stage."""
        return tuple(max(1, (4 << stage) // self.output_stride) for stage in range(STAGES))

    def grid(self, size: tuple[int, int], stage: int) -> tuple[int, int]:
        """(h, w) of `stage` (1 to 4) for an input of `size` (H, W); odd sides round up."""
        height, width = size
        for stride in (2, 2, *self.strides[:stage]):
            height, width = -(-height // stride), -(-width // stride)
        return height, width

    def check_input_size(self, size: tuple[int, int]) -> None:
        """Raise ValueError for an input of `size` (H, W) under 32 x 32 pixels."""
        if min(size) < SMALLEST_SIDE:
            raise ValueError(
                f"an input of {size[0]} x {size[1]} pixels is too small for this network: give it "
                f"at least {SMALLEST_SIDE} x {SMALLEST_SIDE}"
            )


@dataclass(frozen=True)
class OnResNet:
    """What all networks with a ResNet as their encoder have in common."""

    encoder: ResNetConfig = field(default_factory=ResNetConfig)
    num_classes: int = 21

    def __post_init__(self) -> None:
        if self.num_classes < 1:
            raise ValueError(f"num_classes must be positive, not {self.num_classes}")

    @property
    def in_channels(self) -> int:
        """Channels of the pixels."""
        return self.encoder.in_channels

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each stage."""
        return self.encoder.widths

    @property
    def depths(self) -> tuple[int, ...]:
        """Blocks of each stage."""
        return self.encoder.depths

    @property
    def heads(self) -> tuple[int, ...]:
        """Attention heads by stage: there are none."""
        return ()

    def grid(self, size: tuple[int, int], stage: int) -> tuple[int, int]:
        """See `ResNetConfig.grid`."""
        return self.encoder.grid(size, stage)

    def check_input_size(self, size: tuple[int, int]) -> None:
        """See `ResNetConfig.check_input_size`."""
        self.encoder.check_input_size(size)


@dataclass(frozen=True)
class ResNetClassifierConfig(OnResNet):
    """A ResNet with ImageNet's classifier."""

    num_classes: int = 1000

    @property
    def variant(self) -> str:
        """The encoder's."""
        return self.encoder.variant


@dataclass(frozen=True)
class ResNetMlpConfig(OnResNet):
    """SegFormer's All-MLP head on a ResNet (Table 1d of the SegFormer paper)."""

    decoder_width: int = MLP_WIDTH
    dropout: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.decoder_width < 1:
            raise ValueError(f"decoder_width must be positive, not {self.decoder_width}")
        check_shares(dropout=self.dropout)

    @classmethod
    def named(
        cls, variant: str, *, num_classes: int = 21, decoder_width: int = MLP_WIDTH
    ) -> ResNetMlpConfig:
        """On `resnet18`, `resnet50` …, undilated: the four strides are SegFormer's 4 to 32.

        The paper's own have a `decoder_width` of 768.
        """
        encoder = ResNetConfig.named(variant)
        return cls(encoder=encoder, num_classes=num_classes, decoder_width=decoder_width)

    @property
    def variant(self) -> str:
        """The encoder's."""
        return self.encoder.variant


def check_shares(**shares: float) -> None:
    """Raise ValueError unless each is at least 0 and below 1."""
    for name, share in shares.items():
        if not 0 <= share < 1:
            raise ValueError(f"{name} must be at least 0 and below 1, not {share}")
