"""Whether a picture file is shown otherwise than its pixels lie in it."""

from __future__ import annotations

from pathlib import Path

from segcore.decoding.formats import UnknownFormatError, header_orientation, recognise


def is_turned(path: Path) -> bool:
    """Whether EXIF turns or mirrors the picture; False for files that say nothing of the kind.

    A file that cannot be read is not turned either: reading it says what is wrong with it.
    """
    try:
        with path.open("rb") as stream:
            image_format = recognise(stream, path.suffix)
            with image_format.open(stream) as picture:
                return header_orientation(picture, stream) != 1
    except (OSError, SyntaxError, ValueError, UnknownFormatError):
        return False
