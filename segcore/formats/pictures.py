"""Picture files of a set on their way into an export: copied or linked, upright."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image

from segcore.errors import FormatError, ImageError, readable
from segcore.formats.contract import ExportOptions, LabelledPicture
from segcore.formats.turned import is_turned
from segcore.frame_paths import frame_of
from segcore.images import read_image
from segcore.picture_files import WRITTEN_ENDINGS

_JPEG = {"quality": 98, "subsampling": 0}


def place_picture(picture: LabelledPicture, target: Path, options: ExportOptions) -> None:
    """Put a picture at `target`, unless the export goes without pictures or the set has none.

    The file is copied, or linked where that was asked for. One that EXIF turns, and one whose
    `target` has another ending than its own, is decoded and written upright; training code that
    ignores EXIF then sees what the labels were drawn on. `target` may end as the picture itself or
    in .png.

    Raises:
        ImageError: the picture cannot be read, or is gone.
        OSError: the disk refuses.
    """
    if picture.image is None or not options.pictures:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    converts = target.suffix.lower() != picture.image.suffix.lower()
    if converts or is_turned(picture.image):
        _write_upright(picture.image, target)
    else:
        _copy(picture.image, target, link=options.links)


def upright_ending(picture: Path) -> str:
    """The ending that a picture has in an export: its own, or .png where it has to be turned and
    its kind of file is none that is written here; .png for a frame of a video."""
    if frame_of(picture) is not None:
        return ".png"
    own = picture.suffix
    return own if own.lower() in WRITTEN_ENDINGS or not is_turned(picture) else ".png"


def _copy(source: Path, target: Path, *, link: bool) -> None:
    real = Path(os.path.realpath(source))
    try:
        real.open("rb").close()
    except OSError as error:
        raise ImageError(
            f"{readable(source)} cannot be read ({error.strerror or error}): put it back, or "
            "export without pictures."
        ) from error
    if link:
        with suppress(OSError):  # another disk, or one without links: a copy is as good
            target.hardlink_to(real)
            return
    shutil.copyfile(real, target)


def _write_upright(source: Path, target: Path) -> None:
    kind = WRITTEN_ENDINGS.get(target.suffix.lower())
    if kind is None:
        raise FormatError(
            f"{readable(source)} cannot be written as {target.suffix}: save it as PNG first."
        )
    picture = Image.fromarray(np.ascontiguousarray(read_image(source)))
    with target.open("wb") as stream:
        picture.save(stream, kind, **(_JPEG if kind == "JPEG" else {"compress_level": 3}))
