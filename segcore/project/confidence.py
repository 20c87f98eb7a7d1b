"""How surely propagated labels are right, pixel by pixel: a PNG of 8 bits beside the labels.

`confidence/<name>.png`: 255 is certain, 0 says that the pixel was not propagated. Labels do not
depend on it: where it is missing or older than they are, only the view of it is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from segcore.atomic import replacing
from segcore.project.names import check_stays_inside, map_path

CONFIDENCE = "confidence"
CLIPS = "video"
"""The folder of what is known of clips, a file of lines for each (see `motion.flicker_log`)."""


def write_confidence(folder: Path, name: str, confidence: npt.NDArray[np.floating]) -> None:
    """Keep (H, W) confidences, 0 to 1, of the picture of that name of a project folder.

    Raises:
        OSError: the disk refuses.
        ProjectError: the name leads out of the project.
    """
    path = map_path(folder, CONFIDENCE, name)
    check_stays_inside(folder, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = np.rint(np.clip(confidence.astype(np.float32), 0, 1) * 255).astype(np.uint8)
    with replacing(path) as stream:
        Image.fromarray(grey).save(stream, "PNG", compress_level=1)


def read_confidence(folder: Path, name: str) -> npt.NDArray[np.float32] | None:
    """What was kept, (H, W) from 0 to 1; None where there is nothing that can be read."""
    try:
        with Image.open(map_path(folder, CONFIDENCE, name)) as picture:
            return np.asarray(picture.convert("L"), np.float32) / np.float32(255)
    except (OSError, SyntaxError, ValueError):
        return None
