"""The two maps of a picture, labels and origins, put together from PNG files and edits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import PngImagePlugin

from segcore.classes import ClassTable
from segcore.edits.planes import IdArray
from segcore.errors import ProjectError
from segcore.geometry import Box
from segcore.labels import SEQUENCE_KEY, read_label_map, unlabelled, widen, write_label_map
from segcore.project.journal import Record, read_journal
from segcore.project.names import map_path

LABELS, ORIGINS, JOURNAL = "labels", "origins", "journal"


@dataclass(frozen=True)
class MapFiles:
    """Where the files of one picture lie."""

    labels: Path
    origins: Path
    journal: Path

    @classmethod
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


@dataclass(frozen=True, eq=False)
class Maps:
    """(H, W) ids, (H, W) uint8 origins, and the number of the last edit that is in them."""

    labels: IdArray
    origins: IdArray
    sequence: int


def read_maps(
    files: MapFiles, size: tuple[int, int], classes: ClassTable, pending: Iterable[Record] = ()
) -> Maps:
    """PNG files and every edit that is not yet in them.

    `size` is the (H, W) of a picture without a label PNG. `pending` are edits on their way to disk,
    fetched before this is called; the journal is read before the PNG files, so that edits folded in
    between are not missed.

    Raises:
        ImageError: a PNG file is damaged.
        ProjectError: an edit does not fit the map.
        OSError: a file cannot be read.
    """
    records = _newer(files, pending)
    labels, labels_at = _labels(files.labels, size, classes, records)
    origins, origins_at = _origins(files.origins, labels.shape, records)
    return Maps(labels, origins, max([labels_at, origins_at, *(r.sequence for r in records)]))


def read_labels(
    files: MapFiles, size: tuple[int, int], classes: ClassTable, pending: Iterable[Record] = ()
) -> IdArray:
    """The labels of `read_maps` alone."""
    return _labels(files.labels, size, classes, _newer(files, pending))[0]


def write_maps(files: MapFiles, maps: Maps, classes: ClassTable) -> None:
    """Replace both PNG files; each carries the sequence number of the maps.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    for path, array, table in (
        (files.labels, maps.labels, classes),
        (files.origins, maps.origins, None),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_label_map(path, array, table, maps.sequence)


def map_header(path: Path) -> tuple[tuple[int, int], int] | None:
    """((H, W), sequence number) of a label PNG without decoding it; None when there is none.

    Raises:
        OSError, SyntaxError, ValueError: it is there and not a whole PNG header.
    """
    try:
        with path.open("rb") as stream, PngImagePlugin.PngImageFile(stream) as picture:
            text = picture.info.get(SEQUENCE_KEY, "0")
            return (picture.height, picture.width), int(text) if str(text).isdecimal() else 0
    except FileNotFoundError:
        return None


def _newer(files: MapFiles, pending: Iterable[Record]) -> list[Record]:
    """Pending and journalled edits in order, each once."""
    records = {record.sequence: record for record in pending}
    records.update((record.sequence, record) for record in read_journal(files.journal).records)
    return [records[number] for number in sorted(records)]


def _labels(
    path: Path, size: tuple[int, int], classes: ClassTable, records: list[Record]
) -> tuple[IdArray, int]:
    labels: IdArray
    if path.exists():
        found, sequence = read_label_map(path)
        labels = fitted(found, classes)
    else:
        labels, sequence = unlabelled(*size, classes.dtype), 0
    for record in records:
        if record.sequence > sequence:
            for box, ids, _ in record.rectangles:
                labels[_checked(box, labels).slices] = fitted(ids, classes)
    return labels, sequence


def _origins(path: Path, size: tuple[int, ...], records: list[Record]) -> tuple[IdArray, int]:
    origins: IdArray
    if path.exists():
        origins, sequence = read_label_map(path)
        if origins.shape != size or origins.dtype != np.uint8:
            raise ProjectError(
                f"{path} does not fit the label map beside it: restore both from a copy, or "
                "remove the origins file."
            )
    else:
        origins, sequence = np.zeros(size, np.uint8), 0
    for record in records:
        if record.sequence > sequence:
            for box, _, said_by in record.rectangles:
                origins[_checked(box, origins).slices] = said_by
    return origins, sequence


def _checked(box: Box, array: IdArray) -> Box:
    height, width = array.shape
    if box.clip(height, width) != box:
        raise ProjectError(
            f"An edit of the journal covers {tuple(box)} of a map of {width} x {height} pixels: "
            "the picture was replaced by one of another size; put the old one back."
        )
    return box


def fitted(labels: IdArray, classes: ClassTable) -> IdArray:
    """Labels in the dtype of the class table: 8-bit maps of before a widening are widened."""
    return widen(labels) if labels.dtype == np.uint8 and classes.dtype is np.uint16 else labels
