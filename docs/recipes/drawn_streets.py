"""Draw street scenes with exact labels, to train on: `python docs/recipes/drawn_streets.py DIR`.

Every scene has its own seed, and the camera stands at another place along the street in each
picture, so that near and far things take turns. The samples' seeds (0 to 9) are left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from resources.samples.camera import Camera
from resources.samples.scene import Street
from segcore.labels import write_label_map
from segcore.resources import class_table

FIRST_SEED = 100
SIZE = (360, 480)


def draw_streets(folder: Path, count: int, per_street: int = 4) -> None:
    """Write `count` pictures in the `png` layout, `per_street` of each street."""
    classes = class_table("camvid")
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    street = Street(FIRST_SEED)
    for number in range(count):
        seed, place = FIRST_SEED + number // per_street, number % per_street
        rng = np.random.default_rng([seed, place, 5])
        if place == 0:
            street = Street(seed, crowding=float(rng.uniform(0.6, 1.6)))
        camera = Camera(
            width=SIZE[1],
            height=SIZE[0],
            x=float(rng.uniform(-2.2, 0.4)),
            y=float(rng.uniform(1.2, 2.0)),
            z=place * float(rng.uniform(18, 24)),
            focal=float(rng.uniform(0.7, 1.1)),
            horizon=float(rng.uniform(0.4, 0.52)),
        )
        picture, labels = street.picture(camera)
        stem = f"street_{seed:04d}_{place}"
        options = [cv2.IMWRITE_JPEG_QUALITY, 93]
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        _, jpeg = cv2.imencode(".jpg", bgr, options)
        (folder / "images" / f"{stem}.jpg").write_bytes(jpeg.tobytes())
        write_label_map(folder / "labels" / f"{stem}.png", labels, classes)
    classes.write(folder / "classes.json")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=160)
    chosen = parser.parse_args()
    draw_streets(chosen.folder, chosen.count)
