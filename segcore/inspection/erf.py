"""Effective receptive fields: which pixels move the features at one place, and by how much.

After Luo et al. 2016 ("Understanding the Effective Receptive Field in Deep Convolutional Neural
Networks"): the gradient of one output cell with respect to the input, averaged over images. The
cell's channels are summed behind a ReLU, as RepLKNet's script does: stage outputs end in a
LayerNorm, so the gradient of their plain sum is zero wherever the norm's gain is uniform.
`ErfSettings` holds these and all other choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from segcore.errors import RequestError
from segcore.geometry import Point, Size
from segcore.heatmap import HeatMap
from segcore.inference.encoded import EncodedImage, Image
from segcore.inference.predictor import Predictor
from segcore.inspection.erf_graph import FieldGraph, window_of
from segcore.inspection.erf_settings import (
    DEFAULT_TARGETS,
    SMALLEST_SIDE,
    TARGETS,
    ErfSettings,
)
from segcore.progress import CancelToken, ProgressCallback, Ticker

__all__ = ["DEFAULT_TARGETS", "TARGETS", "receptive_field"]

_MEANINGS = {"relu": "positive", "abs": "absolute", "signed": "signed"}

Fields = dict[str, npt.NDArray[np.float64]]


def receptive_field(  # noqa: PLR0917 - the public signature names them in this order
    predictor: Predictor,
    images: Sequence[Image] | Image | EncodedImage,
    targets: Sequence[str] = DEFAULT_TARGETS,
    point: Point | None = None,
    contribution: str = "relu",
    seed: str = "relu_sum",
    class_id: int | None = None,
    size: Size | None = None,
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
    *,
    settings: ErfSettings | None = None,
) -> dict[str, HeatMap]:
    """The effective receptive fields of several targets, from one forward pass per image.

    The gradient is taken in fp32 of the normalised pixels, `contribution` applies to it per pixel
    and channel, then it is summed over RGB and averaged over the images; it is not scaled.

    Args:
        predictor: the model.
        images: one or more (H, W, 3) uint8 images that go in at one size, or an encoded image. Of
            an image that goes in as tiles, the one that answers for the point (or for the middle
            of the image) is used: several windows have no common field.
        targets, point, contribution, seed, class_id, size: the fields of `ErfSettings` that have
            these names.
        cancel, progress: looked at before, and told after, each target of each image.
        settings: every choice at once, instead of single ones.

    Returns:
        target -> map of (H, W) float32 at the size of the model's input, in the order asked for.

    Raises:
        RequestError: settings that make no sense or that are given twice, no image, images that go
            in at different sizes or are under 32 pixels, a point outside one, a class that the
            model lacks, a gradient that is zero by construction or not a number.
        Cancelled: it was called off.
    """
    words: dict[str, Any] = {"contribution": contribution, "seed": seed}
    single = ErfSettings(tuple(targets), point, size, class_id=class_id, **words)
    chosen = single if settings is None else settings
    if settings is not None and single not in (ErfSettings(), settings):
        raise RequestError(
            "The choices for a receptive field are given twice: give settings alone."
        )
    check_class(predictor, chosen)
    encoded_images = _encoded(predictor, images, chosen.size)
    _check_sizes(encoded_images, chosen.point)
    ticker = Ticker(len(encoded_images) * len(chosen.targets), progress)
    total: Fields = {}
    for encoded in encoded_images:

        def run(encoded: EncodedImage = encoded) -> Fields:
            graph = FieldGraph.of(predictor, encoded, chosen)
            fields: Fields = {}
            for target in chosen.targets:
                if cancel is not None:
                    cancel.raise_if_cancelled()
                fields[target] = graph.field(target, cancel)
                ticker.tick(target)
            return fields

        for target, field in predictor.with_less_memory(encoded, run).items():
            total[target] = total[target] + field if target in total else field
    box = window_of(encoded_images[0], chosen.point).box
    return {
        target: HeatMap(
            (field / len(encoded_images)).astype(np.float32),
            _meaning(chosen, target),
            box,
            signed=chosen.contribution == "signed" and chosen.seed_of(target) != "channel_norm",
        )
        for target, field in total.items()
    }


def _meaning(settings: ErfSettings, target: str) -> str:
    if settings.seed_of(target) == "channel_norm":
        return f"ERF of {target}, norm over channels"
    return f"ERF of {target}, {_MEANINGS[settings.contribution]} gradient"


def _encoded(
    predictor: Predictor, images: Sequence[Image] | Image | EncodedImage, size: Size | None
) -> list[EncodedImage]:
    if isinstance(images, EncodedImage):
        return [images if size is None else predictor.encode(images.image, size=size, budget=0)]
    if isinstance(images, np.ndarray) and images.ndim == 3:
        images = [images]
    return [predictor.encode(image, size=size, budget=0) for image in images]


def _check_sizes(encoded_images: Sequence[EncodedImage], point: Point | None) -> None:
    if not encoded_images:
        raise RequestError("There is no image to take a receptive field of: give at least one.")
    for encoded in encoded_images:
        if encoded.own_size and min(encoded.size) < SMALLEST_SIDE:
            height, width = encoded.size
            raise RequestError(
                f"The picture of {width} x {height} pixels is too small for a receptive field: "
                f"take one of {SMALLEST_SIDE} x {SMALLEST_SIDE} or more, or give a size."
            )
    sizes = {window_of(encoded, point).model_size for encoded in encoded_images}
    if len(sizes) > 1:
        named = ", ".join(f"{height}x{width}" for height, width in sorted(sizes)[:3])
        raise RequestError(
            f"The images go into the model at different sizes ({named}) and cannot be averaged: "
            "give one size for all."
        )


def check_class(predictor: Predictor, settings: ErfSettings) -> None:
    """Refuse a class that the model lacks.

    Raises:
        RequestError: it has none such.
    """
    count = predictor.config.num_classes
    if settings.class_id is not None and not 0 <= settings.class_id < count:
        raise RequestError(f"There is no class {settings.class_id}: choose 0 to {count - 1}.")
