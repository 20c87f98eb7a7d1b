"""Photographs that other programs' people labelled, in the classes of Pascal VOC."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.assist_simulation import Pair
from segcore.classes import IGNORE_COLOR
from segcore.formats.colours import ColorMap
from segcore.formats.labelme import IGNORED
from segcore.formats.labelme_files import content_of
from segcore.formats.labelme_shapes import region_of
from segcore.formats.painting import Painting
from segcore.images import read_image
from segcore.resources import class_table

CLASSES = class_table("voc")


def masked(folder: Path) -> Iterator[Pair]:
    """Photographs with masks in the colours of Pascal VOC."""
    colors = ColorMap({info.color: info.id for info in CLASSES} | {IGNORE_COLOR: CLASSES.ignore})
    for target in sorted(folder.glob("*_target.png")):
        stem = target.stem.removesuffix("_target")
        image = read_image(folder / f"{stem}_image.png")
        yield Pair(stem, image, colors.read(target, np.uint8))


def outlined(folder: Path) -> Iterator[Pair]:
    """Photographs with outlines by labelme; background is what none of them covers.

    The importer says ignore there, because it cannot know; these files' people outlined every
    thing of the twenty kinds.
    """
    for file in sorted(folder.glob("*.json")):
        content = content_of(file)
        image = read_image(folder / content["imagePath"])
        painting = Painting((image.shape[0], image.shape[1]), CLASSES)
        painting.labels[:] = 0
        for shape in content["shapes"]:
            name = shape["label"]
            class_id = CLASSES.ignore if name == IGNORED else CLASSES.id_of(name)
            if class_id is None:
                raise SystemExit(f'{file}: "{name}" is no class of Pascal VOC.')
            painting.paint(region_of(shape, *painting.labels.shape), class_id)
        yield Pair(file.stem, image, painting.labels)
