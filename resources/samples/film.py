"""Write the bundled clip and its labels: `python -m resources.samples.film [FOLDER]`.

A drive down a drawn street: the camera moves ahead and sways a little, what is on its lane drives
on before it at the same speed, and the rest of the town stands still. There is a label map for
every frame.
"""

from __future__ import annotations

import math
import sys
from copy import copy
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from resources.samples.camera import Camera, Panel, Shade
from resources.samples.scene import Street
from segcore.labels import write_label_map
from segcore.resources import class_table

SEED = 5
FRAMES = 72
RATE = 12
SPEED = 6.0
"""Metres per second."""
STEM = "drive"
LANE = (-2.3, -0.1)
"""Between which X the camera's own lane lies, metres."""


def frame(street: Street, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Frame of that number: (H, W, 3) uint8 RGB and its label map."""
    seconds = number / RATE
    ahead = SPEED * seconds
    camera = Camera(
        width=480, height=360, x=-1.3 + 0.2 * math.sin(2 * math.pi * seconds / 5.0), z=ahead
    )
    return driven(street, ahead).picture(camera)


def driven(street: Street, ahead: float) -> Street:
    """The street with everything on the camera's lane so many metres further."""
    moved = copy(street)
    moved.things = [_driven(panel, ahead) for panel in street.things]
    moved.shades = [_driven_shade(shade, ahead) for shade in street.shades]
    return moved


def _driven(panel: Panel, ahead: float) -> Panel:
    x, y, z = panel.corner
    middle = x + (panel.across[0] + panel.down[0]) / 2
    on_lane = LANE[0] < middle < LANE[1]
    return replace(panel, corner=(x, y, z + ahead)) if on_lane else panel


def _driven_shade(shade: Shade, ahead: float) -> Shade:
    middle = sum(x for x, _ in shade.outline) / len(shade.outline)
    if not LANE[0] < middle < LANE[1]:
        return shade
    return replace(shade, outline=tuple((x, z + ahead) for x, z in shade.outline))


def main(folder: Path = Path(__file__).parent) -> None:
    """Film into `folder`: `video/drive.mp4` (H.264) and `video/drive/000000.png` and so on."""
    classes = class_table("camvid")
    street = Street(SEED, length=200.0)
    labels = folder / "video" / STEM
    labels.mkdir(parents=True, exist_ok=True)
    with av.open(str(folder / "video" / f"{STEM}.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE))
        stream.width, stream.height, stream.pix_fmt = 480, 360, "yuv420p"
        stream.options = {"crf": "19", "preset": "slow", "g": "24"}
        for number in range(FRAMES):
            picture, ids = frame(street, number)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            write_label_map(labels / f"{number:06d}.png", ids, classes)
        container.mux(stream.encode())


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
