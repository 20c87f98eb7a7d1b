"""What is done to a picture before the model sees it: resize, rescale, normalise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from segcore.errors import CheckpointError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

Triple = tuple[float, float, float]
Size = tuple[int, int]

_EIGHT_BITS = 1 / 255
_BILINEAR = 2
_NO_SIZE = (None, None, None)
_LONGEST_VALUE = 40
_HEEDED = frozenset(
    {
        *("do_resize", "size", "resample", "do_rescale", "rescale_factor"),
        *("do_normalize", "image_mean", "image_std", "do_reduce_labels", "reduce_labels"),
    }
)
_WITHOUT_EFFECT = frozenset(
    {
        *("image_processor_type", "feature_extractor_type", "processor_class", "auto_map"),
        *("_valid_processor_keys", "_name_or_path", "transformers_version", "backend", "device"),
        *("return_tensors", "data_format", "input_data_format", "disable_grouping"),
        # Pictures are RGB here always, and sizes say themselves whether they are square.
        *("do_convert_rgb", "default_to_square"),
    }
)


@dataclass(frozen=True)
class Preprocess:
    """The words of a `preprocessor_config.json` that SegFormer knows.

    As it stands by default the picture goes in at its own size, normalised with the mean and
    standard deviation of ImageNet: for checkpoints that say nothing themselves.

    Attributes:
        size: (height, width) to resize to, without keeping the ratio; None unless `do_resize`.
        shortest_edge: what the shorter side is resized to, keeping the ratio; then `size` is None.
        longest_edge: what the longer side may come to at most with `shortest_edge`.
        resample: Pillow's code: 0 nearest, 1 Lanczos, 2 bilinear, 3 bicubic, 4 box, 5 Hamming.
        rescale_factor: what pixels 0 … 255 are multiplied with before mean and std.
        mean, std: of the three channels R, G, B, after rescaling.
        reduce_labels: the labels that the model was trained on had 0 for ignore and class i at
            i + 1; it says nothing of what the model gives.
        unheeded: words that ask for something which is not done, as `key: value`.
    """

    do_resize: bool = False
    size: Size | None = None
    resample: int = _BILINEAR
    do_rescale: bool = True
    rescale_factor: float = _EIGHT_BITS
    do_normalize: bool = True
    mean: Triple = IMAGENET_MEAN
    std: Triple = IMAGENET_STD
    reduce_labels: bool = False
    shortest_edge: int | None = None
    longest_edge: int | None = None
    unheeded: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        sides = [*(self.size or ()), *filter(None, (self.shortest_edge, self.longest_edge))]
        if self.do_resize and (not sides or min(sides) < 1):
            raise CheckpointError(
                f"preprocessor_config.json resizes to {self.size}: give a height and a width."
            )
        if self.resample not in range(6):
            raise CheckpointError(
                f"preprocessor_config.json names resample {self.resample}: use Pillow's 0 to 5."
            )
        if self.do_normalize and 0 in self.std:
            raise CheckpointError(
                "preprocessor_config.json divides by an image_std of 0: give what it was trained "
                "with."
            )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Preprocess:
        """Read a parsed `preprocessor_config.json`, of any year.

        What it leaves out is as transformers has it: resized to 512 x 512, bilinear, rescaled by
        1/255, ImageNet's mean and std. `size` may be a mapping with height and width or with
        `shortest_edge`, a pair of height and width, or one number for both.

        Raises:
            CheckpointError: a value that is impossible, or a `size` of another kind.
        """
        do_resize = bool(data.get("do_resize", True))
        do_rescale = bool(data.get("do_rescale", True))
        do_normalize = bool(data.get("do_normalize", True))
        # What belongs to a step that is left out is often null, and never looked at.
        factor = data.get("rescale_factor", _EIGHT_BITS) if do_rescale else _EIGHT_BITS
        mean = data.get("image_mean", IMAGENET_MEAN) if do_normalize else IMAGENET_MEAN
        std = data.get("image_std", IMAGENET_STD) if do_normalize else IMAGENET_STD
        size, shortest, longest = _parse_size(data.get("size", 512)) if do_resize else _NO_SIZE
        return cls(
            do_resize=do_resize,
            size=size,
            resample=_parse_resample(data.get("resample", _BILINEAR)) if do_resize else _BILINEAR,
            do_rescale=do_rescale,
            rescale_factor=_parse_number(factor, "rescale_factor"),
            do_normalize=do_normalize,
            mean=_parse_triple(mean, "image_mean"),
            std=_parse_triple(std, "image_std"),
            reduce_labels=bool(data.get("do_reduce_labels", data.get("reduce_labels", False))),
            shortest_edge=shortest,
            longest_edge=longest,
            unheeded=_unheeded(data),
        )

    def to_json(self) -> dict[str, Any]:
        """What `from_json` and transformers read back."""
        data: dict[str, Any] = {
            "image_processor_type": "SegformerImageProcessor",
            "do_resize": self.do_resize,
            "resample": self.resample,
            "do_rescale": self.do_rescale,
            "rescale_factor": self.rescale_factor,
            "do_normalize": self.do_normalize,
            "image_mean": list(self.mean),
            "image_std": list(self.std),
            "do_reduce_labels": self.reduce_labels,
        }
        if self.size is not None:
            data["size"] = {"height": self.size[0], "width": self.size[1]}
        if self.shortest_edge is not None:
            data["size"] = {"shortest_edge": self.shortest_edge}
            if self.longest_edge is not None:
                data["size"]["longest_edge"] = self.longest_edge
        return data

    @property
    def input_words(self) -> str:
        """How pictures go in, for people: `pictures at 512 x 512`, ..."""
        if self.size is not None:
            return f"pictures at {self.size[0]} x {self.size[1]}"
        if self.shortest_edge is None:
            return "pictures at their own size"
        limit = "" if self.longest_edge is None else f", the longer at most at {self.longest_edge}"
        return f"pictures with their shorter side at {self.shortest_edge}{limit}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of words that are not obeyed, one sentence each."""
        if not self.unheeded:
            return ()
        words = ", ".join(self.unheeded)
        return (f"preprocessor_config.json says {words}, which is not done for a SegFormer.",)

    def model_size(self, image_size: tuple[int, int]) -> tuple[int, int]:
        """(height, width) at which an image of that size goes in."""
        if not self.do_resize:
            return image_size
        if self.shortest_edge is not None:
            return _keeping_ratio(image_size, self.shortest_edge, self.longest_edge)
        return self.size or image_size

    def resized(
        self, image: npt.NDArray[np.uint8], size: tuple[int, int] | None = None
    ) -> npt.NDArray[np.uint8]:
        """The (H, W, 3) uint8 image at `size`, or at `model_size` of its own.

        Done by Pillow, whose filters widen when an image shrinks, as transformers does it.
        """
        height, width = size or self.model_size(image.shape[:2])
        if (height, width) == image.shape[:2]:
            return image
        picture = Image.fromarray(image)
        return np.asarray(picture.resize((width, height), Image.Resampling(self.resample)))

    def normalised(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """The (H, W, 3) uint8 image rescaled and normalised: (3, H, W) float32, C-contiguous.

        Looked up, since a pixel has but 256 values; bit for bit what transformers computes.
        """
        planes = np.empty((3, *image.shape[:2]), np.float32)
        for channel in range(3):
            np.take(self._values[channel], image[..., channel], out=planes[channel], mode="clip")
        return planes

    def affine(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """`(scale, shift)`, (3,) float32 each: `normalised` is pixel · scale + shift, to rounding.

        For normalising on the device that runs the model.
        """
        factor = self.rescale_factor if self.do_rescale else 1.0
        mean = np.array(self.mean if self.do_normalize else (0, 0, 0), np.float64)
        std = np.array(self.std if self.do_normalize else (1, 1, 1), np.float64)
        return (factor / std).astype(np.float32), (-mean / std).astype(np.float32)

    @cached_property
    def _values(self) -> npt.NDArray[np.float32]:
        """(3, 256): what each pixel value of each channel becomes."""
        pixels = np.arange(256, dtype=np.float64)
        if self.do_rescale:
            pixels = pixels * self.rescale_factor
        values = np.repeat(pixels.astype(np.float32)[None], 3, axis=0)
        if self.do_normalize:
            mean = np.array(self.mean, np.float32)[:, None]
            std = np.array(self.std, np.float32)[:, None]
            values = (values - mean) / std
        return values


def _keeping_ratio(image_size: Size, shortest: int, longest: int | None) -> Size:
    """(height, width) with the shorter side at `shortest`, or less where the longer would exceed.

    Rounded as transformers does: the longer side down, and a shorter one that gives way to the
    limit to the nearest.
    """
    short, long = sorted(image_size)
    exact: float = shortest
    if longest is not None and long / short * shortest > longest:
        exact = longest * short / long
    sides = max(round(exact), 1), max(int(exact * long / short), 1)
    return sides if image_size[0] <= image_size[1] else sides[::-1]


def _parse_size(size: object) -> tuple[Size | None, int | None, int | None]:
    """The size without the ratio, or the edges that keep it; the others are None."""
    match size:
        case bool():
            pass
        case int(side):
            return (side, side), None, None
        case {"height": int(height), "width": int(width)}:
            return (height, width), None, None
        case {"shortest_edge": int(shortest), "longest_edge": int(longest)}:
            return None, shortest, longest
        case {"shortest_edge": int(shortest), **others} if not any(others.values()):
            return None, shortest, None
        case [int(height), int(width)]:
            return (height, width), None, None
        case _:
            pass
    raise CheckpointError(
        f"preprocessor_config.json has size {size}, which is no height and width: write both."
    )


def _unheeded(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Words that ask for more than this program does: unknown ones that are switched on."""
    # Words without effect, and those that say only what transformers gives back.
    asked = {
        key: value
        for key, value in data.items()
        if key not in _HEEDED | _WITHOUT_EFFECT and value is not None and value is not False
    }
    if not asked.get("do_center_crop"):
        asked.pop("crop_size", None)
    kind = data.get("image_processor_type", data.get("feature_extractor_type"))
    if isinstance(kind, str) and not kind.startswith("Segformer"):
        asked["image_processor_type"] = kind
    return tuple(f"{key}: {_shortened(value)}" for key, value in asked.items())


def _shortened(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _parse_resample(code: object) -> int:
    if isinstance(code, int) and not isinstance(code, bool):
        return code
    raise CheckpointError(
        f"preprocessor_config.json names resample {code!r}: use Pillow's codes 0 to 5."
    )


def _parse_number(value: object, name: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value):
        return float(value)
    raise CheckpointError(f"preprocessor_config.json has {name} {value!r}: give a number.")


def _parse_triple(values: object, name: str) -> Triple:
    if isinstance(values, Sequence) and not isinstance(values, str) and len(values) == 3:
        first, second, third = (_parse_number(value, name) for value in values)
        return first, second, third
    number = _parse_number(values, name)
    return number, number, number
