"""Write the bundled sample pictures: `python -m resources.samples.draw [FOLDER]`.

The same seeds give the same town on every machine, up to the rounding of OpenCV's resampling.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2

from resources.samples.camera import Camera
from resources.samples.scene import CLASS_NAMES, Street
from segcore.labels import write_label_map
from segcore.resources import class_table

SEEDS = (9, 2, 3, 0, 4, 6)
JPEG_QUALITY = 93


def main(folder: Path = Path(__file__).parent) -> None:
    """Draw every sample into `folder`: images/, labels/ and classes.json."""
    classes = class_table("camvid")
    if tuple(classes.names) != CLASS_NAMES:
        raise SystemExit("the drawn street and the CamVid class table disagree on the classes")
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS, start=1):
        picture, labels = Street(seed).picture(Camera())
        stem = f"street_{number:02d}"
        options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
        written, jpeg = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
        if not written:
            raise SystemExit(f"{stem}.jpg could not be encoded")
        (folder / "images" / f"{stem}.jpg").write_bytes(jpeg.tobytes())
        write_label_map(folder / "labels" / f"{stem}.png", labels, classes)
    classes.write(folder / "classes.json")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
