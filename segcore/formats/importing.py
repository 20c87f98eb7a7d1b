"""The files of another program as a set of labelled pictures, looked through before it is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from segcore.errors import FormatError, ImageError, SegcoreError, readable
from segcore.folders import find_images
from segcore.formats.contract import (
    Finding,
    Format,
    ImportOptions,
    LabelledPicture,
    LabelledSet,
    Problems,
)
from segcore.formats.layout import leads_out
from segcore.formats.slow_maps import SlowMaps
from segcore.formats.turned import is_turned
from segcore.images import read_image_size
from segcore.labels import LabelMap
from segcore.progress import CancelToken, ProgressCallback, Ticker


@dataclass(frozen=True, eq=False)
class Imported:
    """A set that was looked through, and what there is to say of it."""

    labelled: LabelledSet
    findings: tuple[Finding, ...]


def import_set(
    path: Path,
    form: Format,
    options: ImportOptions | None = None,
    *,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> Imported:
    """Read a folder (or file) of a format and look through all of it: every label map is read.

    Raises:
        FormatError: something is wrong; everything that is stands in its `problems`.
        Cancelled: it was called off.
    """
    options = options or ImportOptions()
    if not path.exists():
        raise FormatError(f"{readable(path)} is not there: name a folder that is.")
    problems = Problems(path)
    try:
        labelled = form.read(path, options, problems)
    except FormatError as error:
        for sentence in error.problems:
            problems.add(sentence)
        problems.raise_if_any()
        raise
    labelled = _with_pictures(labelled, options.pictures, problems)
    if not labelled.pictures:
        problems.add(f"{readable(path)} holds no labelled pictures of the format {form.name}.")
    return looked_through(labelled, problems, progress=progress, cancel=cancel)


def looked_through(
    labelled: LabelledSet,
    problems: Problems,
    *,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> Imported:
    """A set that a reader describes, after its names, pictures and label maps were all checked.

    Raises:
        FormatError: something is wrong, or was known to be; everything stands in its `problems`.
        Cancelled: it was called off.
    """
    _check_names(labelled, problems)
    ticker = Ticker(len(labelled.pictures), progress)
    kept = SlowMaps()
    pictures: list[LabelledPicture] = []
    for picture in labelled.pictures:
        if cancel is not None:
            cancel.raise_if_cancelled()
        pictures.append(kept.watched(picture))
        _check_labels(pictures[-1], labelled, problems)
        ticker.tick(picture.name)
    problems.raise_if_any()
    return Imported(replace(labelled, pictures=pictures), tuple(problems.findings))


def _with_pictures(labelled: LabelledSet, folder: Path | None, problems: Problems) -> LabelledSet:
    """The set with picture files from `folder` where it brings none."""
    if folder is None:
        return labelled
    try:
        find = finder_of({p.relative_to(folder).as_posix(): p for p in find_images(folder)})
    except ImageError as error:
        problems.add(str(error))
        return labelled
    return replace(
        labelled,
        pictures=[
            picture if picture.image is not None else replace(picture, image=find(picture.name))
            for picture in labelled.pictures
        ],
    )


def finder_of(files: dict[str, Path]) -> Callable[[str], Path | None]:
    """Finds a file for a picture's name: the same path, else the same path without the ending,
    else the same stem where only one file has it."""
    by_path = {str(PurePosixPath(name).with_suffix("")): file for name, file in files.items()}
    counts = Counter(PurePosixPath(name).stem for name in files)
    by_stem = {
        PurePosixPath(name).stem: file
        for name, file in files.items()
        if counts[PurePosixPath(name).stem] == 1
    }

    def find(name: str) -> Path | None:
        path = PurePosixPath(name)
        return files.get(name) or by_path.get(str(path.with_suffix(""))) or by_stem.get(path.stem)

    return find


def _check_names(labelled: LabelledSet, problems: Problems) -> None:
    counts = Counter(picture.name for picture in labelled.pictures)
    for name, count in counts.items():
        if count > 1:
            problems.add(f"{count} pictures are called {name!r}: keep one of them.")
        if leads_out(name):
            problems.add(f"The picture {name!r} leads out of the folder: rename it.")
    for picture in labelled.pictures:
        if picture.image is not None and not picture.image.is_file():
            problems.add(f"{readable(picture.image)} is not there: put the picture back.")


def _check_labels(picture: LabelledPicture, labelled: LabelledSet, problems: Problems) -> None:
    try:
        labels = picture.labels()
        size = picture.size
        if labels.shape == size and picture.image is not None and picture.image.is_file():
            size = read_image_size(picture.image)
    except SegcoreError as error:
        problems.add(str(error))
        return
    if labels.shape != size:
        turned = picture.image is not None and is_turned(picture.image)
        height, width = labels.shape[0], labels.shape[1]
        what_to_do = (
            "they are of the picture as EXIF does not turn it: turn them too"
            if turned and size == (width, height)
            else "make them of one size"
        )
        problems.add(
            f"{picture.name} has {size[1]} x {size[0]} pixels and its labels "
            f"{width} x {height}: {what_to_do}."
        )
    unknown = unknown_ids(labels, labelled)
    if unknown:
        shown = ", ".join(map(str, unknown[:5])) + (", …" if len(unknown) > 5 else "")
        problems.add(
            f"The labels of {picture.name} hold the ids {shown} of no class: there are "
            f"{len(labelled.classes)} classes; add those that are missing."
        )


def unknown_ids(labels: LabelMap, labelled: LabelledSet) -> list[int]:
    """Ids that are neither of a class nor ignore, in order."""
    known = np.zeros(int(np.iinfo(labels.dtype).max) + 1, bool)
    known[[info.id for info in labelled.classes.living]] = True
    known[labelled.classes.ignore] = True
    unknown = ~known[labels]
    return [int(value) for value in np.unique(labels[unknown])] if unknown.any() else []
