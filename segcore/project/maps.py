"""The two maps of a picture, labels and origins, put together from PNG files and edits."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import PngImagePlugin

from segcore.atomic import replacing
from segcore.classes import IGNORE_8BIT, ClassTable
from segcore.edits.planes import IdArray, is_uniform, uniform
from segcore.errors import ImageError, ProjectError
from segcore.geometry import Box
from segcore.labels import (
    SEQUENCE_KEY,
    encode_label_map,
    read_label_map,
    unlabelled,
    widen,
    write_label_map,
)
from segcore.project.journal import Record, read_journal
from segcore.project.names import check_stays_inside, map_path
from segcore.project.origins import NOBODY

LABELS, ORIGINS, JOURNAL = "labels", "origins", "journal"

_LARGEST_KEPT = 1 << 24  # pixels of a uniform origin map that is encoded once


@dataclass(frozen=True)
class MapFiles:
    """Where the files of one picture lie."""

    labels: Path
    origins: Path
    journal: Path

    @classmethod
    @lru_cache(64)  # asked for several times whenever a picture is saved
    def of(cls, folder: Path, name: str) -> MapFiles:
        """The files of a picture in a project folder.

        Raises:
            ProjectError: the name leads out of the project.
        """
        return cls(
            map_path(folder, LABELS, name),
            map_path(folder, ORIGINS, name),
            map_path(folder, JOURNAL, name, ".journal"),
        )

    def check_stay_inside(self, folder: Path) -> None:
        """Refuse to write where symbolic links lead out of the project.

        Raises:
            ProjectError: one of the files lies elsewhere.
        """
        for path in (self.labels, self.origins, self.journal):
            check_stays_inside(folder, path)


@dataclass(frozen=True, eq=False)
class Maps:
    """(H, W) ids, (H, W) uint8 origins, and the number of the last edit that is in them."""

    labels: IdArray
    origins: IdArray
    sequence: int


def read_maps(
    files: MapFiles,
    size: tuple[int, int],
    classes: ClassTable,
    foreign_origin: Callable[[], int],
    pending: Iterable[Record] = (),
) -> Maps:
    """PNG files and every edit that is not yet in them.

    `size` is the (H, W) of a picture without a label PNG; `foreign_origin` gives the origin of
    labels that somebody put there without an origins file. `pending` are edits on their way to
    disk, fetched before this is called; the journal is read before the PNG files, so that edits
    folded in between are not missed.

    Raises:
        ImageError: a PNG file is damaged.
        ProjectError: the journal cannot be read, or an edit of it does not fit the map.
    """
    records = _newer(files, pending)
    labels, labels_at = _labels_on_disk(files.labels, size, classes, records)
    # Origins without labels are what a kill left of the first labels: nobody said anything yet.
    if files.origins.exists() and files.labels.exists():
        origins, origins_at = _origins_on_disk(files.origins, labels.shape)
    else:
        origins, origins_at = np.full(labels.shape, NOBODY, np.uint8), 0
        if files.labels.exists():
            origins[labels != np.iinfo(labels.dtype).max] = foreign_origin()
    for record in records:
        for box, ids, said_by in record.rectangles:
            where = _checked(box, labels).slices
            if record.sequence > labels_at:
                labels[where] = _as_wide_as(labels, ids)
            if record.sequence > origins_at:
                origins[where] = said_by
    return Maps(labels, origins, max([labels_at, origins_at, *(r.sequence for r in records)]))


def read_labels(
    files: MapFiles, size: tuple[int, int], classes: ClassTable, pending: Iterable[Record] = ()
) -> IdArray:
    """The labels of `read_maps` alone."""
    records = _newer(files, pending)
    labels, labels_at = _labels_on_disk(files.labels, size, classes, records)
    for record in records:
        if record.sequence > labels_at:
            for box, ids, _ in record.rectangles:
                labels[_checked(box, labels).slices] = _as_wide_as(labels, ids)
    return labels


def write_maps(files: MapFiles, maps: Maps, classes: ClassTable) -> None:
    """Replace both PNG files, the labels last; each carries the sequence number of the maps.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    files.origins.parent.mkdir(parents=True, exist_ok=True)
    _write_origins(files.origins, maps.origins, maps.sequence)
    files.labels.parent.mkdir(parents=True, exist_ok=True)
    write_label_map(files.labels, maps.labels, classes, maps.sequence)


def _write_origins(path: Path, origins: IdArray, sequence: int) -> None:
    """Of a batch all origin maps are the same: one model says it all, of pictures of one size."""
    if origins.size > _LARGEST_KEPT or not is_uniform(origins):
        write_label_map(path, origins, _origin_colours(), sequence)
        return
    shape = (origins.shape[0], origins.shape[1])
    content = _uniform_origins(int(origins[0, 0]), shape, sequence)
    with replacing(path) as stream:
        stream.write(content)


@lru_cache(32)
def _uniform_origins(origin: int, shape: tuple[int, int], sequence: int) -> bytes:
    """The origins file of a picture of which one says everything; a thousandth of its pixels."""
    content = BytesIO()
    encode_label_map(content, uniform(origin, shape, np.uint8), _origin_colours(), sequence)
    return content.getvalue()


@cache
def _origin_colours() -> ClassTable:
    """A colour for each origin: `distinct_color`, which takes milliseconds for all of them."""
    return ClassTable.from_names([str(number) for number in range(IGNORE_8BIT)])


def map_header(path: Path) -> tuple[tuple[int, int], int] | None:
    """((H, W), sequence number) of a label PNG without decoding it; None when there is none.

    Raises:
        ImageError: it is there and cannot be read, or is no PNG.
    """
    try:
        with path.open("rb") as stream, PngImagePlugin.PngImageFile(stream) as picture:
            text = picture.info.get(SEQUENCE_KEY, "0")
            return (picture.height, picture.width), int(text) if str(text).isdecimal() else 0
    except FileNotFoundError:
        return None
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise ImageError(
            f"{path} is no whole PNG file that can be read ({error}): restore it, or remove it and "
            "label anew."
        ) from error


def _newer(files: MapFiles, pending: Iterable[Record]) -> list[Record]:
    """Pending and journalled edits in order, each once."""
    records = {record.sequence: record for record in pending}
    records.update((record.sequence, record) for record in read_journal(files.journal).records)
    return [records[number] for number in sorted(records)]


def _labels_on_disk(
    path: Path, size: tuple[int, int], classes: ClassTable, records: list[Record]
) -> tuple[IdArray, int]:
    """Ids of the PNG file, or ignore, as wide as the classes and every edit need."""
    is_wide = classes.dtype is np.uint16 or any(
        ids.dtype == np.uint16 for record in records for _, ids, _ in record.rectangles
    )
    if not path.exists():
        return unlabelled(*size, np.uint16 if is_wide else np.uint8), 0
    labels, sequence = read_label_map(path)
    return (_widened(labels) if is_wide else labels), sequence


def _origins_on_disk(path: Path, size: tuple[int, ...]) -> tuple[IdArray, int]:
    origins, sequence = read_label_map(path)
    if origins.shape != size or origins.dtype != np.uint8:
        raise ProjectError(
            f"{path} does not fit the label map beside it: restore both from a copy, or remove "
            "the origins file."
        )
    return origins, sequence


def _checked(box: Box, array: IdArray) -> Box:
    height, width = array.shape
    if box.clip(height, width) != box:
        raise ProjectError(
            f"An edit of the journal covers {tuple(box)} of a map of {width} x {height} pixels: "
            "the picture was replaced by one of another size; put the old one back."
        )
    return box


def _as_wide_as(labels: IdArray, ids: IdArray) -> IdArray:
    return _widened(ids) if labels.dtype == np.uint16 else ids


def _widened(ids: IdArray) -> IdArray:
    """Ids of 8 bits, from before the classes outgrew them, at 16 bits; others as they are."""
    return widen(ids) if ids.dtype == np.uint8 else ids
