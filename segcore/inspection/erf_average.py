"""Receptive fields averaged over many pictures, with a result that can be kept at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from segcore.errors import Cancelled, ImageError, SegcoreError, readable
from segcore.folders import find_images
from segcore.heatmap import HeatMap
from segcore.images import read_image
from segcore.inference.encoded import Image
from segcore.inference.predictor import Predictor
from segcore.inspection.erf import check_class, receptive_field
from segcore.inspection.erf_settings import ErfSettings
from segcore.progress import CancelToken, Progress, ProgressCallback, Ticker

Picture = Path | str | tuple[str, Image]
"""A file, or a name and its (H, W, 3) uint8 RGB."""


@dataclass(frozen=True)
class SkippedPicture:
    """A picture that could not be used, and the sentence why."""

    name: str
    sentence: str


@dataclass(frozen=True, eq=False)
class ErfAverage:
    """The mean of some pictures' receptive fields, finished or not.

    Attributes:
        settings: how they were taken.
        maps: target -> mean map so far, un-normalised; empty while no picture counts.
        pictures: names of the pictures in the mean.
        skipped: those that could not be used.
        total: how many pictures there are in all.
    """

    settings: ErfSettings
    maps: Mapping[str, HeatMap]
    pictures: tuple[str, ...]
    skipped: tuple[SkippedPicture, ...]
    total: int

    @property
    def count(self) -> int:
        """Pictures in the mean."""
        return len(self.pictures)

    @property
    def complete(self) -> bool:
        """Whether every picture was looked at; False for what was called off half-way."""
        return len(self.pictures) + len(self.skipped) >= self.total


ErfRow = tuple[Predictor, ErfSettings]
"""A model and how its fields are taken."""

PartialCallback = Callable[[ErfAverage], None]
PartialRowsCallback = Callable[[Sequence[ErfAverage]], None]
SkipCallback = Callable[[SkippedPicture], None]


def average_fields(
    predictor: Predictor,
    pictures: Path | Iterable[Picture],
    settings: ErfSettings | None = None,
    *,
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
    partial: PartialCallback | None = None,
) -> ErfAverage:
    """Average the receptive fields of pictures; what cannot be used is skipped and named.

    Calling it off is no error: the mean of the pictures so far is returned, `complete` is False.

    Args:
        predictor: the model.
        pictures: a folder, with its subfolders, or pictures.
        settings: how the fields are taken; the contract's if left out.
        cancel: looked at before each target of each picture.
        progress: told after each target of each picture, with the time left.
        partial: given the mean so far after each picture.

    Raises:
        ImageError: the folder is empty or cannot be read.
        RequestError: settings that this model cannot follow, a class that it lacks.
    """
    hand_on = None if partial is None else lambda rows: partial(rows[0])
    row = (predictor, settings or ErfSettings())
    return average_rows([row], pictures, cancel=cancel, progress=progress, partial=hand_on)[0]


def average_rows(
    rows: Sequence[ErfRow],
    pictures: Path | Iterable[Picture],
    *,
    cancel: CancelToken | None = None,
    progress: ProgressCallback | None = None,
    partial: PartialRowsCallback | None = None,
    skip: SkipCallback | None = None,
) -> list[ErfAverage]:
    """As `average_fields`, of several models on the same pictures.

    A picture that one of the models cannot use is in no model's mean. `skip` is told of it at once.
    """
    for predictor, settings in rows:
        check_class(predictor, settings)
    chosen = _in_folder(pictures) if isinstance(pictures, Path) else list(pictures)
    means = [_Mean(predictor, settings, len(chosen)) for predictor, settings in rows]
    steps = sum(len(settings.targets) for _, settings in rows)
    ticker = Ticker(len(chosen) * steps, progress)
    for number, picture in enumerate(chosen, start=1):
        name = picture[0] if isinstance(picture, tuple) else readable(picture)
        try:
            _add(picture, name, means, cancel, ticker)
        except Cancelled:
            break
        except SegcoreError as error:
            sentence = str(error)
            sentence = sentence if name in sentence else f"{name}: {sentence}"
            skipped = SkippedPicture(name, sentence)
            for mean in means:
                mean.skipped.append(skipped)
            if skip is not None:
                skip(skipped)
            ticker.tick(name, number * steps - ticker.done)
        if partial is not None:
            partial([mean.result() for mean in means])
    return [mean.result() for mean in means]


def _in_folder(folder: Path) -> list[Picture]:
    if not folder.is_dir():
        return [folder]
    found: list[Picture] = list(find_images(folder))
    if not found:
        raise ImageError(f"{readable(folder)} holds no pictures: name another folder.")
    return found


def _add(
    picture: Picture,
    name: str,
    means: Sequence[_Mean],
    cancel: CancelToken | None,
    ticker: Ticker,
) -> None:
    """Add one picture to every mean, or to none."""

    def step(_: Progress) -> None:
        ticker.tick(name)

    image = picture[1] if isinstance(picture, tuple) else read_image(picture)
    measured = [mean.measure(name, image, cancel, step) for mean in means]
    for mean, maps in zip(means, measured, strict=True):
        mean.add(name, maps)


@dataclass
class _Mean:
    """One model's sums so far."""

    predictor: Predictor
    settings: ErfSettings
    total: int
    pictures: list[str] = field(default_factory=list)
    skipped: list[SkippedPicture] = field(default_factory=list)
    _sums: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    _first: dict[str, HeatMap] = field(default_factory=dict)

    def measure(
        self, name: str, image: Image, cancel: CancelToken | None, progress: ProgressCallback
    ) -> dict[str, HeatMap]:
        maps = receptive_field(
            self.predictor, image, settings=self.settings, cancel=cancel, progress=progress
        )
        for target, heat_map in maps.items():
            wanted = self._first.get(target, heat_map).shape
            if heat_map.shape != wanted:
                raise ImageError(
                    f"{name}: it goes into the model at {_written(heat_map.shape)} and the first "
                    f"picture at {_written(wanted)}, which cannot be averaged: give one size for "
                    "all (--size)."
                )
        return maps

    def add(self, name: str, maps: Mapping[str, HeatMap]) -> None:
        for target, heat_map in maps.items():
            self._first.setdefault(target, heat_map)
            values = np.asarray(heat_map, np.float64)
            self._sums[target] = self._sums[target] + values if target in self._sums else values
        self.pictures.append(name)

    def result(self) -> ErfAverage:
        maps = {
            target: replace(
                self._first[target], values=(total / len(self.pictures)).astype(np.float32)
            )
            for target, total in self._sums.items()
        }
        pictures, skipped = tuple(self.pictures), tuple(self.skipped)
        return ErfAverage(self.settings, maps, pictures, skipped, self.total)


def _written(shape: tuple[int, int]) -> str:
    return f"{shape[0]}x{shape[1]}"
