"""What the inference thread asks of the core, and the core behind it.

`segcore` brings torch along, whose import takes seconds, so it is imported by the first job and
on the inference thread. Everything here is used by that thread alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from app.inference.inquiry import Desk
from app.inference.requests import (
    AtHand,
    Choice,
    Image,
    ModelInfo,
    ModelSpec,
    PredictImage,
    QueryField,
    QueryPoint,
)
from segcore.geometry import Box, stage_grid
from segcore.inference.protocol import PREPROCESS
from segcore.progress import CancelToken, ProgressCallback

if TYPE_CHECKING:
    from segcore.heatmap import HeatMap
    from segcore.inference import EncodedImage, Prediction, Predictor
    from segcore.inspection import ErfFigures

KEPT_PREDICTORS = 2
"""The model in use and the one before, so that a batch can end with the one it began with."""

KEPT_PICTURES = 2
KEPT_BYTES = 1 << 30
"""Of stage features kept for queries, over all kept pictures."""


class Engine(Desk, Protocol):
    """Every kind of answer, from a request; tests put their own in its place."""

    def at_hand(self) -> AtHand:
        """The devices of this machine and the models in the person's folder."""

    def load(self, spec: ModelSpec) -> ModelInfo:
        """Have the model ready and describe it."""

    def predict(
        self, request: PredictImage, cancel: CancelToken, progress: ProgressCallback
    ) -> Prediction:
        """The prediction of the open picture, whose features are kept for queries."""

    def predict_once(
        self,
        spec: ModelSpec,
        image: Image,
        cancel: CancelToken,
        progress: ProgressCallback,
        *,
        confidence: bool,
    ) -> Prediction:
        """The prediction of a picture of a batch; nothing of it is kept."""

    def attention(self, request: QueryPoint) -> tuple[tuple[HeatMap, ...], HeatMap, Box]:
        """A heat map per head, their mean, and the image pixels of the query's token."""

    def fields(
        self, request: QueryField, cancel: CancelToken, progress: ProgressCallback
    ) -> tuple[Mapping[str, HeatMap], Mapping[str, ErfFigures]]:
        """A heat map per target, and its figures."""


class SegcoreEngine:
    """The predictor, with the features of the last two pictures."""

    def __init__(self) -> None:
        self._predictors: dict[ModelSpec, Predictor] = {}
        self._encoded: list[tuple[ModelSpec, EncodedImage]] = []

    def at_hand(self) -> AtHand:
        """The devices of this machine, and the models that are on it besides the bundled ones."""
        from segcore.checkpoints import list_models
        from segcore.inference.devices import available_devices

        return AtHand(
            devices=tuple(Choice(*device) for device in available_devices()),
            models=tuple(
                Choice(entry.source, entry.name)
                for entry in list_models()
                if entry.segments and entry.kind != "bundled" and not entry.trouble
            ),
        )

    def load(self, spec: ModelSpec) -> ModelInfo:
        """Have the model ready and describe it; `spec` in the answer names a device that is here.

        Raises:
            CheckpointError: the model cannot be used; the ones before stay.
        """
        spec, notes = _with_a_device_that_is_here(spec)
        predictor = self.predictor(spec)
        return ModelInfo(
            spec=spec,
            name=predictor.name,
            classes=predictor.classes,
            device=predictor.device,
            precision=predictor.precision,
            numerics=predictor.numerics,
            depths=tuple(predictor.config.depths),
            heads=tuple(predictor.config.heads),
            variant=predictor.config.variant,
            licence=predictor.licence,
            sha256=predictor.sha256,
            backend=predictor.backend_name,
            notes=(*notes, *predictor.notes),
        )

    def predict(
        self, request: PredictImage, cancel: CancelToken, progress: ProgressCallback
    ) -> Prediction:
        """The prediction of the open picture, whose features are kept for queries."""
        encoded = self.encoded(request.model, request.image)
        predictor = self.predictor(request.model)
        return predictor.predict(encoded, cancel=cancel, progress=progress)

    def predict_once(
        self,
        spec: ModelSpec,
        image: Image,
        cancel: CancelToken,
        progress: ProgressCallback,
        *,
        confidence: bool,
    ) -> Prediction:
        """The prediction of a picture of a batch; nothing of it is kept."""
        return self.predictor(spec).predict(
            image, confidence=confidence, cancel=cancel, progress=progress
        )

    def attention(self, request: QueryPoint) -> tuple[tuple[HeatMap, ...], HeatMap, Box]:
        """A heat map per head, their mean, and the image pixels of the query's token."""
        from segcore.inspection import attention_map

        encoded = self.encoded(request.model, request.image)
        attention = attention_map(
            self.predictor(request.model),
            encoded,
            stage=request.stage,
            block=request.block,
            point=request.point,
        )
        heads = tuple(attention.heat_map(head) for head in range(attention.heads))
        window = encoded.windows[encoded.window_at(request.point)]
        grid = stage_grid(window.model_size, request.stage)
        return heads, attention.heat_map(None), window.cell_box(attention.cell, grid)

    def fields(
        self, request: QueryField, cancel: CancelToken, progress: ProgressCallback
    ) -> tuple[Mapping[str, HeatMap], Mapping[str, ErfFigures]]:
        """A heat map per target, and its figures."""
        from segcore.inspection import erf_figures, receptive_field

        fields = receptive_field(
            self.predictor(request.model),
            self.encoded(request.model, request.image),
            targets=request.targets,
            point=request.point,
            cancel=cancel,
            progress=progress,
        )
        return fields, {
            target: erf_figures(heat_map, request.point) for target, heat_map in fields.items()
        }

    def predictor(self, spec: ModelSpec) -> Predictor:
        """The model, loaded when it is not at hand; two are kept, whatever the protocol."""
        return self._loaded(replace(spec, protocol=PREPROCESS)).with_protocol(spec.protocol)

    def _loaded(self, spec: ModelSpec) -> Predictor:
        known = self._predictors.pop(spec, None)
        if known is None:
            from segcore.inference import Predictor

            known = Predictor.load(
                spec.source,
                device=spec.device,
                precision=spec.precision,
                numerics=spec.numerics,
                backend=spec.backend,
            )
        self._predictors[spec] = known
        while len(self._predictors) > KEPT_PREDICTORS:
            self._forget(next(iter(self._predictors)))
        return known

    def _forget(self, spec: ModelSpec) -> None:
        del self._predictors[spec]
        self._encoded = [
            kept for kept in self._encoded if replace(kept[0], protocol=PREPROCESS) != spec
        ]

    def encoded(self, spec: ModelSpec, image: Image) -> EncodedImage:
        """The picture with its features; those of two pictures are kept."""
        for kept in self._encoded:
            if kept[0] == spec and kept[1].image is image:
                return kept[1]
        encoded = self.predictor(spec).encode(image, budget=KEPT_BYTES // KEPT_PICTURES)
        self._encoded.append((spec, encoded))
        while len(self._encoded) > KEPT_PICTURES:
            self._encoded.pop(0)[1].release()
        return encoded


def _with_a_device_that_is_here(spec: ModelSpec) -> tuple[ModelSpec, tuple[str, ...]]:
    """The spec itself, or with `auto` in the place of a device that is gone, and what to say."""
    from segcore.inference.devices import available_devices

    names = [device.name for device in available_devices()]
    wanted = "cuda:0" if spec.device == "cuda" else spec.device
    if wanted == "auto" or wanted in names:
        return replace(spec, device=wanted), ()
    note = f'The device "{spec.device}" is not on this machine: the model runs on "auto" instead.'
    return replace(spec, device="auto"), (note,)
