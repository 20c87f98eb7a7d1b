"""Effective receptive fields: which pixels move the features at one place, and by how much.

After Luo et al. 2016 ("Understanding the Effective Receptive Field in Deep Convolutional Neural
Networks"): the gradient of one output cell with respect to the input, averaged over images. The
cell's channels are summed behind a ReLU, as RepLKNet's script does: stage outputs end in a
LayerNorm, so the gradient of their plain sum is zero wherever the norm's gain is uniform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segcore.errors import RequestError
from segcore.geometry import Point, Size, WindowGeometry
from segcore.heatmap import HeatMap
from segcore.inference.encoded import EncodedImage, Image
from segcore.inference.predictor import Predictor
from segcore.inference.spans import Span
from segcore.inference.torch_backend import TorchBackend
from segcore.inference.upsample import cells_between
from segcore.models import DeepLab, FastSegFormer, ResNetMlp, SegFormer
from segcore.progress import CancelToken, ProgressCallback, Ticker

TARGETS = ("stage1", "stage2", "stage3", "stage4", "fused", "head")
DEFAULT_TARGETS = ("stage1", "stage2", "stage3", "stage4", "head")
CONTRIBUTIONS = {"relu": "positive", "abs": "absolute", "signed": "signed"}
SEEDS = ("relu_sum",)

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
) -> dict[str, HeatMap]:
    """The effective receptive fields of several targets, from one forward pass per image.

    The gradient is taken in fp32 of the normalised pixels, `contribution` applies to it per pixel
    and channel, then it is summed over RGB and averaged over the images; it is not scaled.

    Args:
        predictor: the model.
        images: one or more (H, W, 3) uint8 images that go in at one size, or an encoded image. Of
            an image that goes in as tiles, the one that answers for the point (or for the middle
            of the image) is used: several windows have no common field.
        targets: `stage1` … `stage4` (after the stage's norm, or a ResNet's last ReLU), `fused`
            (the head's features after its last ReLU), `head` (the logits at H/4).
        point: (x, y) in image pixels; without one the cell (h // 2, w // 2) of each target's grid.
        contribution: `relu`, `abs` or `signed`.
        seed: `relu_sum`, the sum over channels of relu(cell).
        class_id: for `head`, the one class whose logit counts instead of all.
        size: (height, width) at which the images go in, whatever the model's preprocessing says.
        cancel, progress: looked at before, and told after, each target of each image.

    Returns:
        target -> map of (H, W) float32 at the size of the model's input, in the order asked for.

    Raises:
        RequestError: an unknown target, contribution, seed or class, no image, images that go in
            at different sizes, or a point outside one.
        Cancelled: it was called off.
    """
    _check(predictor, targets, contribution, seed, class_id)
    wanted = tuple(dict.fromkeys(targets))
    encoded_images = _encoded(predictor, images, size)
    _check_sizes(encoded_images, point)
    ticker = Ticker(len(encoded_images) * len(wanted), progress)
    total: Fields = {}
    for encoded in encoded_images:

        def run(encoded: EncodedImage = encoded) -> Fields:
            graph = _Graph.of(predictor, encoded, point, class_id)
            fields: Fields = {}
            for target in wanted:
                if cancel is not None:
                    cancel.raise_if_cancelled()
                fields[target] = _contributed(graph.gradient(target), contribution)
                ticker.tick(target)
            return fields

        for target, field in predictor.with_less_memory(encoded, run).items():
            total[target] = total[target] + field if target in total else field
    box = _window(encoded_images[0], point).box
    return {
        target: HeatMap(
            (field / len(encoded_images)).astype(np.float32),
            f"ERF of {target}, {CONTRIBUTIONS[contribution]} gradient",
            box,
        )
        for target, field in total.items()
    }


@dataclass(frozen=True)
class _Graph:
    """One forward pass of a window, from which the gradient of each target is taken."""

    backend: TorchBackend
    pixels: Tensor  # (1, 3, H, W), the leaf
    stages: tuple[Tensor, ...]
    window: WindowGeometry
    point: Point | None
    class_id: int | None

    @classmethod
    def of(
        cls,
        predictor: Predictor,
        encoded: EncodedImage,
        point: Point | None,
        class_id: int | None,
    ) -> _Graph:
        backend = predictor.float32_backend(encoded)
        window = _window(encoded, point)
        # A tile has the query where it falls, which is not its own middle.
        if point is None and len(encoded.windows) > 1:
            point = _middle(encoded)
        image = encoded.model_image(encoded.windows.index(window))
        pixels = backend.pixels(image).requires_grad_()
        with torch.enable_grad():
            stages = backend.model.encode(pixels)
        return cls(backend, pixels, stages, window, point, class_id)

    def gradient(self, target: str) -> Tensor:
        """d relu(cell).sum() / d pixels, (3, H, W)."""
        with torch.enable_grad():
            seed = self._cell(target).relu().sum()
            (gradient,) = torch.autograd.grad(seed, self.pixels, retain_graph=True)
        return gradient[0]

    def _cell(self, target: str) -> Tensor:
        """The target's channels at the query, (C,)."""
        if target == "head":
            logits = self.backend.model.classify(self._fused_at_cell())[0, :, 0, 0]
            return logits if self.class_id is None else logits[self.class_id]
        if target == "fused":
            return self._fused_at_cell().flatten()
        picture = self.backend.picture_of(self.stages[TARGETS.index(target)])
        row, column = self._place(picture)
        return picture[:, row, column]

    def _fused_at_cell(self) -> Tensor:
        """The head's features at the query alone, in the backend's layout: one cell."""
        model = self.backend.model
        if isinstance(model, DeepLab):
            row, column = self._place(self.backend.picture_of(self.stages[0]))
            return model.fused_at(self.stages, row, column)
        return model.merge(self._projected_at_cell(model))

    def _projected_at_cell(self, model: SegFormer | FastSegFormer | ResNetMlp) -> list[Tensor]:
        """What the All-MLP head upsamples, at the query alone: 1 x 1 each, in the backend's layout.

        Until the upsampling the head acts on each cell by itself, so that it needs only the 2 x 2
        cells between which the query lies.
        """
        first = self.backend.picture_of(self.stages[0])
        place = self._place(first)
        around, weights = [], []
        for stage in self.stages:
            picture = self.backend.picture_of(stage)
            shares = []
            for axis in (1, 2):
                cells = picture.shape[axis]
                start = place[axis - 1]
                span = Span(start, start + 1, cells / first.shape[axis], cells, 0, cells)
                lower, upper, weight = cells_between(span, picture.device)
                picture = picture.index_select(axis, torch.cat([lower, upper]))
                shares.append(weight)
            around.append(self.backend.stage_of(picture))
            weights.append(shares)
        projected = map(self.backend.picture_of, model.project(around))
        return [
            self.backend.stage_of(_between(_between(picture, 1, down), 2, right))
            for picture, (down, right) in zip(projected, weights, strict=True)
        ]

    def _place(self, picture: Tensor) -> tuple[int, int]:
        height, width = picture.shape[1:]
        if self.point is None:
            return height // 2, width // 2
        return self.window.stage_cell(self.point, 1, (height, width))


def _between(picture: Tensor, axis: int, weight: Tensor) -> Tensor:
    """The two cells along `axis` become one, `weight` of the way from the first."""
    return torch.lerp(picture.narrow(axis, 0, 1), picture.narrow(axis, 1, 1), weight)


def _contributed(gradient: Tensor, contribution: str) -> npt.NDArray[np.float64]:
    """(3, H, W) to (H, W): what each pixel counts, summed over RGB."""
    if contribution == "relu":
        gradient = gradient.relu()
    elif contribution == "abs":
        gradient = gradient.abs()
    field: npt.NDArray[np.float64] = gradient.double().sum(dim=0).cpu().numpy()
    return field


def _encoded(
    predictor: Predictor, images: Sequence[Image] | Image | EncodedImage, size: Size | None
) -> list[EncodedImage]:
    if isinstance(images, EncodedImage):
        return [images if size is None else predictor.encode(images.image, size=size, budget=0)]
    if isinstance(images, np.ndarray) and images.ndim == 3:
        images = [images]
    return [predictor.encode(image, size=size, budget=0) for image in images]


def _window(encoded: EncodedImage, point: Point | None) -> WindowGeometry:
    """The window that answers for the point, or for the middle of the image."""
    return encoded.windows[encoded.window_at(_middle(encoded) if point is None else point)]


def _middle(encoded: EncodedImage) -> Point:
    height, width = encoded.size
    return width // 2, height // 2


def _check_sizes(encoded_images: Sequence[EncodedImage], point: Point | None) -> None:
    if not encoded_images:
        raise RequestError("There is no image to take a receptive field of: give at least one.")
    sizes = {_window(encoded, point).model_size for encoded in encoded_images}
    if len(sizes) > 1:
        named = ", ".join(f"{height}x{width}" for height, width in sorted(sizes)[:3])
        raise RequestError(
            f"The images go into the model at different sizes ({named}) and cannot be averaged: "
            "give one size for all."
        )


def _check(
    predictor: Predictor,
    targets: Sequence[str],
    contribution: str,
    seed: str,
    class_id: int | None,
) -> None:
    unknown = [target for target in targets if target not in TARGETS]
    if unknown or not targets:
        named = f'"{unknown[0]}"' if unknown else "nothing"
        raise RequestError(f"{named} is no target: choose from {', '.join(TARGETS)}.")
    if contribution not in CONTRIBUTIONS:
        raise RequestError(
            f'"{contribution}" is no contribution: choose from {", ".join(CONTRIBUTIONS)}.'
        )
    if seed not in SEEDS:
        raise RequestError(f'"{seed}" is no seed: choose from {", ".join(SEEDS)}.')
    if class_id is not None and not 0 <= class_id < predictor.config.num_classes:
        raise RequestError(
            f"There is no class {class_id}: choose 0 to {predictor.config.num_classes - 1}."
        )
