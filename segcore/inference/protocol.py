"""How a picture of any size becomes inputs of the network, and its logits a label map again.

Nothing of torch here: the window and the command line make these values, `Predictor` follows them.
Where each comes from, what it costs and how the references differ is in `docs/protocols.md`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple

from segcore.errors import RequestError
from segcore.geometry import Size
from segcore.preprocess import Preprocess

Resize = Literal["preprocess", "own", "fixed", "ratio"]
RESIZES: tuple[Resize, ...] = ("preprocess", "own", "fixed", "ratio")

SMALLEST_SIDE = 32
"""Sides of the network's input: at least one token of the last stage."""

LOGIT_STRIDE = 4
"""Model pixels per cell of the logit grid."""

MULTIPLE = 32
"""A picture that keeps its ratio goes in at multiples of this, the last stage's stride."""

LARGEST_SCALE = 8.0

PAPER_SCALES = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
"""The multi-scale test of the paper's Tables 2 and 3, with flips."""


class View(NamedTuple):
    """One of the ways in which a protocol shows the picture to the network.

    Attributes:
        scale: of the size that the protocol otherwise gives it.
        mirrored: left and right exchanged.
    """

    scale: float = 1.0
    mirrored: bool = False


@dataclass(frozen=True)
class Sliding:
    """Windows of one size at a fixed step over the picture as it goes in.

    The last window of a row or column is moved back to end at the edge; a picture smaller than the
    window is one window.

    Attributes:
        crop: (height, width) of a window in model pixels.
        stride: (down, across) from one window to the next.
        blended: weights rise and fall linearly over each overlap; otherwise the logits of all
            windows over a pixel count the same, as in the paper's evaluation (mmsegmentation).
    """

    crop: Size
    stride: Size
    blended: bool = False

    def __post_init__(self) -> None:
        if min(self.crop) < SMALLEST_SIDE:
            raise RequestError(
                f"A sliding window of {_times(self.crop)} is too small: give {SMALLEST_SIDE}x"
                f"{SMALLEST_SIDE} pixels or more."
            )
        if min(self.stride) < 1 or any(s > c for s, c in zip(self.stride, self.crop)):
            raise RequestError(
                f"A stride of {_times(self.stride)} leaves gaps between windows of "
                f"{_times(self.crop)}: give 1 to the window's own size."
            )
        if self.blended and any(side % LOGIT_STRIDE for side in (*self.crop, *self.stride)):
            raise RequestError(
                f"Windows of {_times(self.crop)} every {_times(self.stride)} cannot be blended: "
                f"give multiples of {LOGIT_STRIDE}, or average them."
            )


@dataclass(frozen=True)
class InferenceProtocol:
    """How pictures go in and how what comes out is put together.

    As it stands by default a picture goes in as the checkpoint's preprocessing says.

    Attributes:
        resize: `preprocess`; `own`, at its own size; `fixed`, at `size` whatever its ratio;
            `ratio`, as large as fits into `size`, each side then up to a multiple of 32 unless it
            slides.
        size: (height, width) of `fixed`; (short side, long side) of `ratio`, whichever way the
            picture lies.
        sliding: the windows that go over it; without them it goes in whole, or at its own size in
            blended tiles where it is too large for the device.
        scales: it goes in once at each of these times its size.
        flip: and once more each time with left and right exchanged. Of several passes the softmax
            probabilities are averaged at the picture's size.
        preset: the name of the preset that this is, or nothing.
    """

    resize: Resize = "preprocess"
    size: Size | None = None
    sliding: Sliding | None = None
    scales: tuple[float, ...] = (1.0,)
    flip: bool = False
    preset: str = ""

    def __post_init__(self) -> None:
        if self.resize not in RESIZES:
            raise RequestError(
                f'Pictures cannot be resized by "{self.resize}": choose among {", ".join(RESIZES)}.'
            )
        if (self.size is not None) != (self.resize in ("fixed", "ratio")):
            wanted = "needs a size" if self.size is None else "takes no size"
            raise RequestError(f"The protocol {self.resize} {wanted}: fixed and ratio have one.")
        if self.size is not None and min(self.size) < 1:
            raise RequestError(f"The size {_times(self.size)} is empty: give height x width.")
        if self.resize == "ratio" and self.size is not None and self.size[0] > self.size[1]:
            raise RequestError(
                f"Keeping the ratio takes the short side first: give {self.size[1]}x{self.size[0]}."
            )
        good = all(math.isfinite(s) and 0 < s <= LARGEST_SCALE for s in self.scales)
        if not self.scales or not good or len(set(self.scales)) < len(self.scales):
            raise RequestError(
                "Scales are different numbers above 0 and up to "
                f"{LARGEST_SCALE:g}, such as 0.5,1,1.5."
            )

    @property
    def views(self) -> tuple[View, ...]:
        """Every pass; the first, at scale 1 where there is one, is what queries look at."""
        scales = sorted(self.scales, key=lambda scale: (scale != 1.0, scale))
        return tuple(
            View(scale, mirrored)
            for scale in scales
            for mirrored in ((False, True) if self.flip else (False,))
        )

    def keeps_own_size(self, preprocess: Preprocess) -> bool:
        """Whether pictures go in at their own size (times the scale)."""
        return self.resize == "own" or (self.resize == "preprocess" and not preprocess.do_resize)

    def canvas(self, image_size: Size, preprocess: Preprocess, scale: float = 1.0) -> Size:
        """(height, width) of model pixels that a picture of that size has as it goes in."""
        if self.resize == "ratio" and self.size is not None:
            return self._kept_ratio(image_size, self.size, scale)
        if self.resize == "fixed" and self.size is not None:
            height, width = self.size
        elif self.resize == "own":
            height, width = image_size
        else:
            height, width = preprocess.model_size(image_size)
        return _at_least(_rounded(height * scale)), _at_least(_rounded(width * scale))

    def in_words(self) -> str:
        """What a person reads: `ade20k: ratio kept in 512x2048, …`."""
        parts = [_RESIZE_WORDS[self.resize].format(_times(self.size) if self.size else "")]
        if self.sliding is not None:
            how = "blended" if self.sliding.blended else "averaged"
            crop, stride = _times(self.sliding.crop), _times(self.sliding.stride)
            parts.append(f"windows of {crop} every {stride}, {how}")
        if self.scales != (1.0,):
            parts.append("scales " + ", ".join(f"{scale:g}" for scale in self.scales))
        if self.flip:
            parts.append("flipped too")
        words = "; ".join(parts)
        return f"{self.preset}: {words}" if self.preset else words

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads back, and `predict --json` says."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> InferenceProtocol:
        """Read what `to_json` made.

        Raises:
            RequestError: it is no such thing.
        """
        try:
            sliding = data.get("sliding")
            return cls(
                resize=data.get("resize", "preprocess"),
                size=_pair(data.get("size")),
                sliding=None
                if sliding is None
                else Sliding(
                    _pair(sliding["crop"]) or (0, 0),
                    _pair(sliding["stride"]) or (0, 0),
                    bool(sliding.get("blended", False)),
                ),
                scales=tuple(float(scale) for scale in data.get("scales", (1.0,))),
                flip=bool(data.get("flip", False)),
                preset=str(data.get("preset", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RequestError(f"This is no protocol ({error}): choose one again.") from error

    def _kept_ratio(self, image_size: Size, box: Size, scale: float) -> Size:
        short, long = (int(side * scale) for side in box)
        factor = min(long / max(image_size), short / min(image_size))
        sides = [_at_least(_rounded(side * factor)) for side in image_size]
        if self.sliding is None:
            sides = [-(-side // MULTIPLE) * MULTIPLE for side in sides]
        return sides[0], sides[1]


PREPROCESS = InferenceProtocol()
"""As the checkpoint's preprocessing says."""

ADE20K = InferenceProtocol("ratio", (512, 2048), preset="ade20k")
CITYSCAPES = InferenceProtocol(
    "ratio", (1024, 2048), Sliding((1024, 1024), (768, 768)), preset="cityscapes"
)

NAMES = ("preprocess", "whole", "fixed", "ratio", "slide", "ade20k", "cityscapes")
"""What `predict --protocol` takes."""

SLIDING_CROP = (1024, 1024)


def protocol_of(
    name: str = "preprocess",
    *,
    size: Size | None = None,
    stride: int | None = None,
    blended: bool = False,
    flip: bool = False,
    scales: Sequence[float] = (1.0,),
) -> InferenceProtocol:
    """The protocol of a name and its settings, as the command line and the window give them.

    Args:
        name: one of `NAMES`.
        size: (height, width) of `fixed`, of the box of `ratio` (short side first), or of a window
            of `slide` (1024 x 1024 if left out).
        stride: of `slide`; three quarters of the window if left out, in multiples of 4.
        blended: whether the windows of `slide` are blended rather than averaged.
        flip, scales: see `InferenceProtocol`; they go with every name.

    Raises:
        RequestError: a name or a combination that means nothing; one sentence.
    """
    if name not in NAMES:
        raise RequestError(f'There is no protocol "{name}": choose among {", ".join(NAMES)}.')
    if size is not None and name not in ("fixed", "ratio", "slide"):
        raise RequestError(f"The protocol {name} takes no size: fixed, ratio and slide have one.")
    if name != "slide" and (stride is not None or blended):
        what = "stride" if stride is not None else "blending"
        raise RequestError(f"The protocol {name} has no {what}: choose slide for it.")
    if name in ("fixed", "ratio") and size is None:
        raise RequestError(f"The protocol {name} needs a size: give height x width.")
    return replace(
        _named(name, size, stride, blended=blended), flip=flip, scales=tuple(map(float, scales))
    )


def _named(name: str, size: Size | None, stride: int | None, *, blended: bool) -> InferenceProtocol:
    match name:
        case "whole":
            return InferenceProtocol("own")
        case "fixed":
            return InferenceProtocol("fixed", size)
        case "ratio":
            return InferenceProtocol("ratio", size)
        case "slide":
            crop = size or SLIDING_CROP
            default = tuple(max(side * 3 // 4 // LOGIT_STRIDE * LOGIT_STRIDE, 1) for side in crop)
            step = (stride, stride) if stride is not None else (default[0], default[1])
            return InferenceProtocol("own", sliding=Sliding(crop, step, blended))
        case "ade20k":
            return ADE20K
        case "cityscapes":
            return CITYSCAPES
        case _:
            return PREPROCESS


_RESIZE_WORDS = {
    "preprocess": "as the model's preprocessing says",
    "own": "at its own size",
    "fixed": "resized to {}",
    "ratio": "ratio kept in {}",
}


def _times(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def _rounded(length: float) -> int:
    """Half up, as mmcv rounds sizes."""
    return int(length + 0.5)


def _at_least(side: int) -> int:
    return max(side, SMALLEST_SIDE)


def _pair(value: Any) -> Size | None:
    if value is None:
        return None
    height, width = value
    return int(height), int(width)
