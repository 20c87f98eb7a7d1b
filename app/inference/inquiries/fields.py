"""Effective receptive fields of one pixel, and averages of them over pictures."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar, SupportsIndex, cast

import numpy as np

from app.field_choices import TARGETS, FieldChoices
from app.inference.inquiry import Desk, Inquiry
from app.inference.requests import Image, ModelSpec, Point
from app.priority import step_behind_the_window
from segcore.errors import Cancelled, RequestError
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.progress import CancelToken, Progress, ProgressCallback

if TYPE_CHECKING:
    from segcore.inspection import ErfFigures
    from segcore.inspection.erf_average import ErfAverage
    from segcore.inspection.erf_settings import ErfSettings

READ_AHEAD = 2
"""Pictures decoded before their turn."""
BETWEEN_PARTS = 0.4
"""Seconds between two parts of an average that are shown."""
THUMBNAIL_SIDE = 192
"""Cells a side, at most, of the small maps."""
_SQUARE = (1024, 1024)


@dataclass(frozen=True, eq=False)
class Fields:
    """Receptive fields, and what the page shows of them.

    Attributes:
        maps: target -> map, un-normalised.
        small: the same, averaged down for thumbnails.
        figures: target -> figures of merit.
        squares: target -> the image pixels of the smallest square that holds half of it.
        settings: everything that they depend on; JSON.
        pictures: names of the pictures in a mean; of one alone, that one.
        skipped: sentences about pictures that could not be used.
        total: how many pictures were asked for.
    """

    maps: Mapping[str, HeatMap]
    small: Mapping[str, HeatMap]
    figures: Mapping[str, ErfFigures]
    squares: Mapping[str, Box]
    settings: Mapping[str, Any]
    pictures: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    total: int = 1


@dataclass(frozen=True, eq=False)
class FieldsAt(Inquiry):
    """The receptive fields of all targets at one pixel of the open picture."""

    kind: ClassVar[str] = "fields"
    model: ModelSpec
    image_name: str
    image: Image
    point: Point
    choices: FieldChoices

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return f"{self.image_name} {self.point[0]},{self.point[1]}"

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        partial: Callable[[Any], None],  # noqa: ARG002 - there are no parts
    ) -> Fields:
        """A map per target.

        Raises:
            SegcoreError: these choices have no answer for this model or picture.
            Cancelled: it was called off.
        """
        from segcore.inspection import receptive_field

        predictor = desk.predictor(self.model)
        settings = erf_settings(self.choices, self.point)
        maps = receptive_field(
            predictor,
            desk.encoded(self.model, self.image),
            settings=settings,
            cancel=cancel,
            progress=progress,
        )
        known = {**settings.to_json(), "model": predictor.name, "sha256": predictor.sha256}
        return fields_of(maps, settings, known, (self.image_name,))


@dataclass(frozen=True, eq=False)
class AverageFields(Inquiry):
    """The receptive fields averaged over pictures, in the background.

    Attributes:
        paths: the pictures' files by the names that the person knows.
        point: where the fields are taken, or None for the middle of each picture.
        paused: while it is set, nothing more is computed.
        stopped: once it is set, the mean of the pictures so far is the answer.
    """

    kind: ClassVar[str] = "study"
    model: ModelSpec
    paths: Mapping[str, Path]
    choices: FieldChoices
    point: Point | None = None
    paused: Event = field(default_factory=Event)
    stopped: Event = field(default_factory=Event)

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return f"ERF, {len(self.paths)}"

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        partial: Callable[[Any], None],
    ) -> Fields:
        """The mean over all pictures that can be used; `partial` has it as it grows.

        Raises:
            SegcoreError: not one picture could be used.
            Cancelled: it was called off; the last partial answer holds what is known.
        """
        from segcore.inspection.erf_average import average_fields

        if self.stopped.is_set():
            raise Cancelled
        predictor = desk.predictor(self.model)
        settings = erf_settings(self.choices, self.point)
        known = {**settings.to_json(), "model": predictor.name, "sha256": predictor.sha256}
        last = 0.0

        def show(average: ErfAverage) -> None:
            nonlocal last
            if average.count <= 1 or time.monotonic() - last >= BETWEEN_PARTS:
                partial(_fields_of_average(average, known))
                last = time.monotonic()

        with PicturesAhead(self.paths) as pictures:
            average = average_fields(
                predictor,
                pictures,
                settings,
                cancel=cancel,
                progress=pausing(progress, self.paused, self.stopped),
                partial=show,
            )
        if not average.count:
            if cancel.cancelled or self.stopped.is_set():
                raise Cancelled
            raise RequestError(none_used([each.sentence for each in average.skipped]))
        found = _fields_of_average(average, known)
        if not average.complete:
            partial(found)
        return found


def erf_settings(
    choices: FieldChoices, point: Point | None, targets: Sequence[str] = TARGETS
) -> ErfSettings:
    """What the core calls these choices; on the inference thread, for it brings torch along."""
    from segcore.inspection.erf_settings import ErfSettings

    words: dict[str, Any] = {"contribution": choices.contribution, "seed": choices.seed}
    return ErfSettings(
        targets=tuple(targets),
        point=point,
        size=_SQUARE if choices.squared else None,
        class_id=choices.class_id if choices.seed == "class_logit" else None,
        norm="before" if choices.before_norm else "after",
        recentre=choices.recentred,
        resample="bicubic" if choices.squared else "model",
        analysis="replknet" if choices.log_areas else "plain",
        **words,
    )


def fields_of(
    maps: Mapping[str, HeatMap],
    settings: ErfSettings,
    known: Mapping[str, Any],
    pictures: Sequence[str],
    *,
    skipped: Sequence[str] = (),
    total: int = 1,
) -> Fields:
    """Maps with all that the page shows of them."""
    from segcore.inspection import erf_figures

    figures = {
        target: erf_figures(one, settings.point, analysis=settings.analysis)
        for target, one in maps.items()
    }
    return Fields(
        maps=maps,
        small={target: one.reduced(THUMBNAIL_SIDE) for target, one in maps.items()},
        figures=figures,
        squares={
            target: half_square(one, figures[target], settings.point)
            for target, one in maps.items()
        },
        settings={**known, "images": list(pictures)},
        pictures=tuple(pictures),
        skipped=tuple(skipped),
        total=total,
    )


def half_square(heat_map: HeatMap, figures: ErfFigures, point: Point | None) -> Box:
    """The image pixels of the square that holds half of the map: of the disc's area."""
    from segcore.geometry import cell_of_point

    height, width = heat_map.shape
    box = heat_map.box
    row, column = height // 2, width // 2
    if point is not None:
        row, column = cell_of_point(
            (point[0] - box.x0, point[1] - box.y0), box.size, (height, width)
        )
    reach = np.arange(max(height, width) + 1)
    top, bottom = np.maximum(row - reach, 0), np.minimum(row + reach + 1, height)
    left, right = np.maximum(column - reach, 0), np.minimum(column + reach + 1, width)
    areas = (bottom - top) * (right - left) / (height * width)
    wanted = np.pi * figures.equivalent_radius**2 / (height * width)
    side = int(np.searchsorted(areas, wanted * (1 - 1e-9)))
    side = min(side, len(areas) - 1)
    return Box(
        box.x0 + int(left[side]) * box.width // width,
        box.y0 + int(top[side]) * box.height // height,
        box.x0 - (-int(right[side]) * box.width // width),
        box.y0 - (-int(bottom[side]) * box.height // height),
    )


def pausing(progress: ProgressCallback, paused: Event, stopped: Event) -> ProgressCallback:
    """`progress`, which waits while `paused` is set, giving way to everything.

    It raises `Cancelled` once `stopped` is set.
    """

    def report(made: Progress) -> None:
        progress(made)
        while paused.is_set():
            time.sleep(0.02)
            progress(Progress(0, 0, made.text))
        if stopped.is_set():
            raise Cancelled

    return report


def none_used(sentences: Sequence[str]) -> str:
    """What to say when every picture was skipped."""
    if not sentences:
        return "There are no pictures to average over: open a folder with some."
    if len(sentences) == 1:
        return sentences[0]
    return f"None of the {len(sentences)} pictures could be used; the first: {sentences[0]}"


class PicturesAhead:
    """Pictures that are decoded on a thread of their own, a few before their turn.

    As a context it gives a list of (name, picture) pairs for the core; a picture is waited for
    when it is asked for, and let go afterwards.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self._paths = list(paths.items())
        self._reader = ThreadPoolExecutor(1, "fields-read", step_behind_the_window)
        self._ahead: dict[int, Future[Image]] = {}

    def __enter__(self) -> list[tuple[str, Image]]:
        return [
            cast("tuple[str, Image]", _Ahead(name, index, self._picture))
            for index, (name, _path) in enumerate(self._paths)
        ]

    def __exit__(self, *_exception: object) -> None:
        self._reader.shutdown(wait=False, cancel_futures=True)

    def _picture(self, index: int) -> Image:
        from segcore.images import read_image

        last = min(index + READ_AHEAD, len(self._paths) - 1)
        for number in range(index, last + 1):
            if number not in self._ahead:
                self._ahead[number] = self._reader.submit(read_image, self._paths[number][1])
        return self._ahead.pop(index).result()


class _Ahead(tuple[Any, ...]):
    """A (name, picture) pair whose picture is waited for when it is looked at."""

    def __new__(cls, name: str, index: int, picture: Callable[[int], Image]) -> _Ahead:
        pair = super().__new__(cls, (name, index))
        pair._read = picture  # type: ignore[attr-defined]
        return pair

    def __getitem__(self, place: SupportsIndex | slice) -> Any:
        kept = super().__getitem__(place)
        return self._read(kept) if place == 1 else kept  # type: ignore[attr-defined]


def _fields_of_average(average: ErfAverage, known: Mapping[str, Any]) -> Fields:
    return fields_of(
        average.maps,
        average.settings,
        known,
        average.pictures,
        skipped=[each.sentence for each in average.skipped],
        total=average.total,
    )
