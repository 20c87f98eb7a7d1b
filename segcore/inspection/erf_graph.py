"""One forward pass of a picture, from which the gradient of every target is taken."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from segcore.errors import RequestError
from segcore.geometry import Point, WindowGeometry
from segcore.inference.encoded import EncodedImage
from segcore.inference.predictor import Predictor
from segcore.inference.spans import Span
from segcore.inference.torch_backend import TorchBackend
from segcore.inference.upsample import cells_between
from segcore.inspection.erf_settings import STAGE_TARGETS, ErfSettings
from segcore.models import DeepLab, FastSegFormer, ResNetMlp, Runnable, SegFormer
from segcore.progress import CancelToken

_BICUBIC = 3
_FAR = 1 << 12  # pixels, a multiple of every stride


@dataclass(frozen=True, eq=False)
class FieldGraph:
    """One forward pass of a window, from which the gradient of each target is taken."""

    backend: TorchBackend
    pixels: Tensor  # (1, 3, H, W), the leaf
    stages: tuple[Tensor, ...]
    before_norm: tuple[Tensor, ...]  # the same before their closing norms, where that is asked for
    window: WindowGeometry
    point: Point | None
    settings: ErfSettings

    @classmethod
    def of(cls, predictor: Predictor, encoded: EncodedImage, settings: ErfSettings) -> FieldGraph:
        """Run the encoder over the window that answers for the query."""
        backend = predictor.float32_backend(encoded)
        window = window_of(encoded, settings.point)
        point = settings.point
        # A tile has the query where it falls, which is not its own middle.
        if point is None and len(encoded.windows) > 1:
            point = middle_of(encoded)
        pixels = backend.pixels(_model_image(encoded, window, settings)).requires_grad_()
        before: list[Tensor] = []
        with torch.enable_grad():
            if settings.norm == "before":
                stages = _encode_keeping(backend.model, pixels, before)
            else:
                stages = backend.model.encode(pixels)
        return cls(backend, pixels, stages, tuple(before), window, point, settings)

    def field(self, target: str, cancel: CancelToken | None = None) -> npt.NDArray[np.float64]:
        """What each pixel counts for a target at the query: (H, W), summed over RGB.

        Raises:
            RequestError: the gradient is zero by construction, or not a number.
            Cancelled: it was called off, between channels.
        """
        gradient = self._gradient(target, cancel)
        if self.settings.contribution == "relu":
            gradient = gradient.relu()
        elif self.settings.contribution == "abs":
            gradient = gradient.abs()
        field: npt.NDArray[np.float64] = gradient.double().sum(dim=0).cpu().numpy()
        if not np.isfinite(field).all():
            raise RequestError(
                f"The gradient of {target} is not a number everywhere, as the network's values "
                "overflow: leave this picture out."
            )
        return self._recentred(field, target) if self.settings.recentre else field

    def _gradient(self, target: str, cancel: CancelToken | None) -> Tensor:
        """d seed / d pixels, (3, H, W); of `channel_norm` the norm over channels."""
        seed = self.settings.seed_of(target)
        with torch.enable_grad():
            cell = self._cell(target)
            if seed == "channel_norm":
                return self._norm_over_channels(cell, cancel)
            if seed == "relu_sum":
                scalar = cell.relu().sum()
            else:
                if seed == "sum":
                    self._refuse_vanishing_sum(target)
                scalar = cell.sum()
            return self._of(scalar)

    def _of(self, scalar: Tensor) -> Tensor:
        (gradient,) = torch.autograd.grad(scalar, self.pixels, retain_graph=True)
        return gradient[0]

    def _norm_over_channels(self, cell: Tensor, cancel: CancelToken | None) -> Tensor:
        squared = torch.zeros_like(self.pixels[0])
        for channel in cell:
            if cancel is not None:
                cancel.raise_if_cancelled()
            squared += self._of(channel).square()
        return squared.sqrt()

    def _cell(self, target: str) -> Tensor:
        """The target's channels at the query, (C,)."""
        if target == "head":
            logits = self.backend.model.classify(self._fused_at_cell())[0, :, 0, 0]
            chosen = self.settings.class_id
            return logits if chosen is None else logits[chosen, None]
        if target == "fused":
            return self._fused_at_cell().flatten()
        picture = self._stage_picture(STAGE_TARGETS.index(target))
        row, column = self._place(picture)
        return picture[:, row, column]

    def _stage_picture(self, index: int) -> Tensor:
        """A stage's output, or what its closing norm gets, as (C, h, w)."""
        stage = self.backend.picture_of(self.stages[index])
        if not self.before_norm:
            return stage
        tokens = self.before_norm[index]
        if self.backend.channels_last:
            return self.backend.picture_of(tokens)
        return tokens[0].transpose(0, 1).reshape(stage.shape)

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

    def _recentred(self, field: npt.NDArray[np.float64], target: str) -> npt.NDArray[np.float64]:
        """Shifted so that the pixel on which the target's cell is centred lies on the query's."""
        stage = STAGE_TARGETS.index(target) if target in STAGE_TARGETS else 0
        picture = self.backend.picture_of(self.stages[stage])
        stride = _FAR // self.backend.config.grid((_FAR, _FAR), stage + 1)[0]
        height, width = field.shape
        query = (height // 2, width // 2)
        if self.point is not None:
            query = self.window.to_model(self.point)[::-1]
        down, right = (
            at - stride * cell for at, cell in zip(query, self._place(picture), strict=True)
        )
        return shifted(field, down, right)

    def _refuse_vanishing_sum(self, target: str) -> None:
        """Refuse what is exactly zero but for rounding."""
        if self.before_norm or target not in STAGE_TARGETS:
            return
        norms = _closing_norms(self.backend.model)
        if not norms:
            return
        gain = norms[STAGE_TARGETS.index(target)].weight
        assert isinstance(gain, Tensor), "a LayerNorm has a gain"
        if float(gain.max() - gain.min()) <= 1e-5 * float(gain.abs().max()):
            raise RequestError(
                f"The sum over the channels of {target} is the same for every picture, as its "
                "LayerNorm has one gain for all of them: choose the seed relu_sum, or features "
                "before the norm."
            )


def window_of(encoded: EncodedImage, point: Point | None) -> WindowGeometry:
    """The window that answers for the point, or for the middle of the image."""
    return encoded.windows[encoded.window_at(middle_of(encoded) if point is None else point)]


def middle_of(encoded: EncodedImage) -> Point:
    """The pixel (W // 2, H // 2)."""
    height, width = encoded.size
    return width // 2, height // 2


def shifted(field: npt.NDArray[np.float64], down: int, right: int) -> npt.NDArray[np.float64]:
    """An (H, W) field moved by whole pixels; zeros come in."""
    moved = np.zeros_like(field)
    height, width = field.shape
    moved[max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = field[
        max(-down, 0) : height + min(-down, 0), max(-right, 0) : width + min(-right, 0)
    ]
    return moved


def _model_image(
    encoded: EncodedImage, window: WindowGeometry, settings: ErfSettings
) -> npt.NDArray[np.uint8]:
    """What goes into the network: (H, W, 3) uint8, resized by the filter that was chosen."""
    if settings.resample == "bicubic" and len(encoded.windows) == 1:
        preprocess = replace(encoded.backend.preprocess, resample=_BICUBIC)
        return preprocess.resized(encoded.image, window.model_size)
    return encoded.model_image(encoded.windows.index(window))


def _closing_norms(model: Runnable) -> list[nn.Module]:
    """The norm that ends each stage; none of a ResNet."""
    stages: nn.ModuleList | tuple[()] = ()
    if isinstance(model, FastSegFormer):
        stages = model.stages
    elif isinstance(model, SegFormer):
        stages = model.encoder.stages
    return [norm for stage in stages if isinstance(norm := stage.norm, nn.Module)]


def _encode_keeping(model: Runnable, pixels: Tensor, before: list[Tensor]) -> tuple[Tensor, ...]:
    """The stage outputs; what their closing norms get is put into `before`."""

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        before.append(inputs[0])

    handles = [norm.register_forward_pre_hook(keep) for norm in _closing_norms(model)]
    try:
        return model.encode(pixels)
    finally:
        for handle in handles:
            handle.remove()


def _between(picture: Tensor, axis: int, weight: Tensor) -> Tensor:
    """The two cells along `axis` become one, `weight` of the way from the first."""
    return torch.lerp(picture.narrow(axis, 0, 1), picture.narrow(axis, 1, 1), weight)
