"""Receptive fields of several models, one after the other, at one place or averaged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar

from app.field_choices import FieldChoices
from app.inference.inquiries.fields import (
    Fields,
    PicturesAhead,
    erf_settings,
    fields_of,
    none_used,
    pausing,
)
from app.inference.inquiry import Desk, Inquiry
from app.inference.requests import ERF_TARGETS, Image, ModelSpec, Point
from segcore.errors import Cancelled, RequestError, SegcoreError
from segcore.geometry import Size
from segcore.progress import CancelToken, Progress, ProgressCallback

if TYPE_CHECKING:
    from segcore.inference import Predictor
    from segcore.inspection.erf_settings import ErfSettings

RANDOM = "random:"
"""Before a model's source: its architecture, with random weights."""


@dataclass(frozen=True)
class ComparedModel:
    """A row: what the person calls it, and what is loaded; `RANDOM` may stand before the source."""

    title: str
    spec: ModelSpec


@dataclass(frozen=True, eq=False)
class Comparison:
    """The fields of the models that could be asked.

    Attributes:
        rows: title and fields, in the order of the models.
        left_out: sentences about models that could not be asked.
        point: where the fields were taken; None for the middle of pictures.
    """

    rows: tuple[tuple[str, Fields], ...]
    left_out: tuple[str, ...]
    point: Point | None


@dataclass(frozen=True, eq=False)
class CompareFields(Inquiry):
    """The fields of several models at a point of one picture, or averaged over pictures.

    All models take their pictures at the size of the first one, so that the maps can be
    subtracted. A model that cannot be used is left out and named; one model at a time is loaded
    beside the one in use.

    Attributes:
        image: the one picture, or None to average over `paths`.
        stopped: once it is set, what is known so far is the answer.
    """

    kind: ClassVar[str] = "study"
    models: tuple[ComparedModel, ...]
    choices: FieldChoices
    point: Point | None
    image: Image | None = None
    image_name: str = ""
    paths: Mapping[str, Path] = field(default_factory=dict)
    stopped: Event = field(default_factory=Event)

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return f"ERF, {', '.join(model.title for model in self.models)}"

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        partial: Callable[[Any], None],
    ) -> Comparison:
        """The rows that could be made; `partial` has them as they come.

        Raises:
            SegcoreError: not one model could be asked.
            Cancelled: it was called off.
        """
        rows: list[tuple[str, Fields]] = []
        left_out: list[str] = []
        size: Size | None = None
        for number, model in enumerate(self.models):
            if self.stopped.is_set():
                break
            progress(Progress(number, len(self.models), model.title))
            try:
                found = self._row(desk, model, size, cancel, progress)
            except Cancelled:
                cancel.raise_if_cancelled()
                break
            except SegcoreError as error:
                left_out.append(f"{model.title}: {error}")
                continue
            rows.append((model.title, found))
            size = size or self._common_size(found)
            partial(Comparison(tuple(rows), tuple(left_out), self.point))
        if not rows:
            if self.stopped.is_set():
                raise Cancelled
            raise RequestError(left_out[0] if left_out else "There is no model to compare.")
        return Comparison(tuple(rows), tuple(left_out), self.point)

    def _row(
        self,
        desk: Desk,
        model: ComparedModel,
        size: Size | None,
        cancel: CancelToken,
        progress: ProgressCallback,
    ) -> Fields:
        predictor = _predictor(desk, model.spec)
        settings = erf_settings(self.choices, self.point, ERF_TARGETS)
        if size is not None and settings.size is None:
            settings = replace(settings, size=size)
        known = {**settings.to_json(), "model": predictor.name, "sha256": predictor.sha256}
        report = pausing(progress, Event(), self.stopped)
        if self.image is None:
            return self._average(predictor, settings, known, cancel, report)
        from segcore.inspection import receptive_field

        maps = receptive_field(
            predictor, self.image, settings=settings, cancel=cancel, progress=report
        )
        return fields_of(maps, settings, known, (self.image_name,))

    def _average(
        self,
        predictor: Predictor,
        settings: ErfSettings,
        known: Mapping[str, Any],
        cancel: CancelToken,
        progress: ProgressCallback,
    ) -> Fields:
        from segcore.inspection.erf_average import average_fields

        with PicturesAhead(self.paths) as pictures:
            average = average_fields(
                predictor, pictures, settings, cancel=cancel, progress=progress
            )
        sentences = [each.sentence for each in average.skipped]
        if not average.count:
            if self.stopped.is_set() or cancel.cancelled:
                raise Cancelled
            raise RequestError(none_used(sentences))
        return fields_of(
            average.maps,
            settings,
            known,
            average.pictures,
            skipped=sentences,
            total=average.total,
        )

    def _common_size(self, fields: Fields) -> Size | None:
        """At which the other models take their pictures, too; None where it was a tile."""
        first = next(iter(fields.maps.values()))
        whole = self.image is None or first.box.size == self.image.shape[:2]
        return first.shape if whole else None


def _predictor(desk: Desk, spec: ModelSpec) -> Predictor:
    """A model of the desk, or one with random weights, which nobody else wants to keep."""
    if not spec.source.startswith(RANDOM):
        return desk.predictor(spec)
    from segcore.inspection.erf_models import load_for_comparison

    return load_for_comparison(spec.source, spec.device, spec.numerics)
