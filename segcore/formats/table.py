"""The formats that labels are read from and written to: one row each."""

from __future__ import annotations

from collections.abc import Mapping

from segcore.errors import RequestError
from segcore.formats import (
    ade,
    cityscapes,
    coco,
    coco_panoptic,
    cvat,
    datumaro,
    hf,
    label_studio,
    labelme,
    mmseg,
    npz,
    png,
    voc,
    yolo,
    yolo_polygons,
)
from segcore.formats.contract import Format

_ROWS: tuple[Format, ...] = (
    png.FORMAT,
    coco.FORMAT,
    coco_panoptic.FORMAT,
    labelme.FORMAT,
    cvat.FORMAT,
    label_studio.FORMAT,
    cityscapes.FORMAT,
    voc.FORMAT,
    yolo.FORMAT,
    yolo_polygons.FORMAT,
    datumaro.FORMAT,
    ade.FORMAT,
    hf.FORMAT,
    mmseg.FORMAT,
    npz.FORMAT,
)

FORMATS: Mapping[str, Format] = {row.name: row for row in _ROWS}


def format_named(name: str) -> Format:
    """The format of that name.

    Raises:
        RequestError: there is none.
    """
    try:
        return FORMATS[name]
    except KeyError:
        raise RequestError(
            f'"{name}" is no format of labels: use one of {", ".join(FORMATS)}.'
        ) from None
