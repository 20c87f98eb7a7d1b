"""Whether a disk has room for label maps, before they are written."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from segcore.errors import FormatError, SegcoreError, readable
from segcore.formats.contract import LabelledPicture
from segcore.labels import encode_label_map

_LOOKED_AT = 8
_BLOCK = 4096
"""What a disk takes for the smallest file: a picture has one of labels and one of origins."""

_LIKELY_HALF = 2
"""Maps that were not looked at may be simpler: only half of what they would need is asked for."""


def check_room(folder: Path, pictures: Sequence[LabelledPicture]) -> None:
    """Refuse label maps that are sure not to fit on the disk of a folder that may not be there yet.

    Raises:
        FormatError: there is not even half the room that they need.
    """
    place = next(each for each in (folder, *folder.absolute().parents) if each.is_dir())
    free = shutil.disk_usage(place).free
    needed = room_needed(pictures)
    if needed > free:
        raise FormatError(
            f"The labels of {len(pictures):,} pictures need {_in_words(needed)} or more, and "
            f"{_in_words(free)} are free in {readable(place)}: make room, or choose another disk."
        )


def room_needed(pictures: Sequence[LabelledPicture]) -> int:
    """Bytes that the labels of pictures need on disk at the least, from some of them."""
    if not pictures:
        return 0
    step = max(len(pictures) // _LOOKED_AT, 1)
    some = pictures[::step][:_LOOKED_AT]
    each = sum(max(_encoded(picture), _BLOCK) + _BLOCK for picture in some) // len(some)
    return each * len(pictures) // _LIKELY_HALF


def _encoded(picture: LabelledPicture) -> int:
    stream = BytesIO()
    with suppress(SegcoreError):  # what cannot be read any more is said when it is taken
        encode_label_map(stream, picture.labels(), None)
    return stream.tell()


def _in_words(count: int) -> str:
    return f"{count / 1e9:,.1f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"
