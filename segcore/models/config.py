"""The numbers that say which SegFormer it is.

Symbols follow the paper (Xie et al., "SegFormer: Simple and Efficient Design for Semantic
Segmentation with Transformers", arXiv 2105.15203): four stages, each with an overlapped patch
embedding of kernel K and stride S, C_i channels, N_i heads, reduction ratio R_i and L_i blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

STAGES = 4
SMALLEST_SIDE = 32

Head = Literal["all_mlp", "mmseg"]
"""The decoder: the paper's, or mmsegmentation's network of the same name (`mmseg_decoder`)."""


@dataclass(frozen=True)
class NormEpsilons:
    """LayerNorm epsilons, on which the published code bases disagree.

    `block` is norm1 and norm2 of every block, `stage` the norm that ends a stage, `patch` the norm
    of the patch embedding and `sr` the norm after the sequence-reduction convolution.
    """

    block: float
    stage: float
    patch: float
    sr: float

    TRANSFORMERS: ClassVar[NormEpsilons]
    NVLABS: ClassVar[NormEpsilons]
    MMSEG: ClassVar[NormEpsilons]
    SITHU31296: ClassVar[NormEpsilons]


NormEpsilons.TRANSFORMERS = NormEpsilons(block=1e-5, stage=1e-5, patch=1e-5, sr=1e-5)
NormEpsilons.NVLABS = NormEpsilons(block=1e-6, stage=1e-6, patch=1e-5, sr=1e-5)
NormEpsilons.MMSEG = NormEpsilons(block=1e-6, stage=1e-6, patch=1e-6, sr=1e-6)
NormEpsilons.SITHU31296 = NormEpsilons.TRANSFORMERS


@dataclass(frozen=True)
class _Variant:
    widths: tuple[int, ...]
    depths: tuple[int, ...]
    decoder_width: int


_SMALL_WIDTHS = (32, 64, 160, 256)
_WIDTHS = (64, 128, 320, 512)
_VARIANTS = {
    "B0": _Variant(_SMALL_WIDTHS, (2, 2, 2, 2), 256),
    "B1": _Variant(_WIDTHS, (2, 2, 2, 2), 256),
    "B2": _Variant(_WIDTHS, (3, 4, 6, 3), 768),
    "B3": _Variant(_WIDTHS, (3, 4, 18, 3), 768),
    "B4": _Variant(_WIDTHS, (3, 8, 27, 3), 768),
    "B5": _Variant(_WIDTHS, (3, 6, 40, 3), 768),
}


@dataclass(frozen=True)
class SegFormerConfig:
    """Shape and constants of one SegFormer; every per-stage tuple has four entries.

    Raises ValueError, in one sentence, for numbers that no network can have.
    """

    widths: tuple[int, ...] = _SMALL_WIDTHS
    depths: tuple[int, ...] = (2, 2, 2, 2)
    heads: tuple[int, ...] = (1, 2, 5, 8)
    sr_ratios: tuple[int, ...] = (8, 4, 2, 1)
    mlp_ratios: tuple[float, ...] = (4, 4, 4, 4)
    patch_sizes: tuple[int, ...] = (7, 3, 3, 3)
    strides: tuple[int, ...] = (4, 2, 2, 2)
    in_channels: int = 3
    num_classes: int = 150
    decoder_width: int = 256
    drop_path: float = 0.1
    dropout: float = 0.1
    epsilons: NormEpsilons = NormEpsilons.TRANSFORMERS
    head: Head = "all_mlp"

    def __post_init__(self) -> None:
        for name in _PER_STAGE:
            # Lists, as JSON gives them, become tuples so that a config can be hashed and compared.
            values = tuple(getattr(self, name))
            object.__setattr__(self, name, values)
            if len(values) != STAGES or any(value <= 0 for value in values):
                raise ValueError(
                    f"SegFormer's {name} must be {STAGES} positive numbers, not {values}"
                )
        for name in ("in_channels", "num_classes", "decoder_width"):
            if getattr(self, name) <= 0:
                raise ValueError(f"SegFormer's {name} must be positive, not {getattr(self, name)}")
        for width, heads in zip(self.widths, self.heads):
            if width % heads:
                raise ValueError(f"a width of {width} cannot be divided among {heads} heads")
        if self.head not in _HEADS:
            raise ValueError(f"there is no head {self.head!r}: use one of {', '.join(_HEADS)}")
        for name in ("drop_path", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1")

    @classmethod
    def named(
        cls,
        variant: str,
        *,
        num_classes: int = 150,
        epsilons: NormEpsilons = NormEpsilons.TRANSFORMERS,
    ) -> SegFormerConfig:
        """The configuration of MiT `b0` ... `b5` with its decoder, Table 6 of the paper.

        The MLP ratio is 4 at every stage: the table's 8, 8, 4, 4 is not what was released.
        """
        numbers = _VARIANTS.get(variant.upper())
        if numbers is None:
            raise ValueError(f"there is no SegFormer {variant!r}: use one of b0 to b5")
        return cls(
            widths=numbers.widths,
            depths=numbers.depths,
            decoder_width=numbers.decoder_width,
            num_classes=num_classes,
            epsilons=epsilons,
        )

    @property
    def variant(self) -> str:
        """`B0` ... `B5` where encoder and decoder have the paper's numbers, else `custom`.

        With mmsegmentation's head, which the paper does not know, the encoder's numbers decide.
        """
        architecture = _PER_STAGE if self.head == "mmseg" else ("decoder_width", *_PER_STAGE)
        for name in _VARIANTS:
            published = SegFormerConfig.named(name)
            if all(getattr(self, part) == getattr(published, part) for part in architecture):
                return name
        return "custom"

    @property
    def hidden_widths(self) -> tuple[int, ...]:
        """Channels inside the Mix-FFN of each stage."""
        return tuple(int(width * ratio) for width, ratio in zip(self.widths, self.mlp_ratios))

    def grid(self, size: tuple[int, int], stage: int) -> tuple[int, int]:
        """(h, w) of the tokens of `stage` (1 to 4) for an input of `size` (H, W)."""
        height, width = size
        for kernel, stride in zip(self.patch_sizes[:stage], self.strides[:stage]):
            height, width = (
                (side + 2 * (kernel // 2) - kernel) // stride + 1 for side in (height, width)
            )
        return height, width

    def check_input_size(self, size: tuple[int, int]) -> None:
        """Raise ValueError unless an input of `size` (H, W) reaches every stage's reduction."""
        height, width = size
        too_small = min(size) < SMALLEST_SIDE or any(
            min(self.grid(size, stage)) < ratio
            for stage, ratio in enumerate(self.sr_ratios, start=1)
        )
        if too_small:
            raise ValueError(
                f"an input of {height} x {width} pixels is too small for this SegFormer: "
                f"give it at least {self._smallest_side()} x {self._smallest_side()}"
            )

    def _smallest_side(self) -> int:
        side = SMALLEST_SIDE
        while any(
            min(self.grid((side, side), stage)) < ratio
            for stage, ratio in enumerate(self.sr_ratios, start=1)
        ):
            side += 1
        return side


_HEADS = get_args(Head)
_PER_STAGE = (
    "widths",
    "depths",
    "heads",
    "sr_ratios",
    "mlp_ratios",
    "patch_sizes",
    "strides",
)
