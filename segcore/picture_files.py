"""Colour pictures into files: PNG and JPEG, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from segcore.atomic import replacing
from segcore.errors import ImageError, readable
from segcore.progress import CancelToken

WRITTEN_ENDINGS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}

_OPTIONS: dict[str, dict[str, Any]] = {
    "PNG": {"compress_level": 3},
    "JPEG": {"quality": 95, "subsampling": 0},
}
_LONGEST_JPEG = 65_500


def write_picture(
    path: Path, pixels: npt.NDArray[np.uint8], cancel: CancelToken | None = None
) -> None:
    """Write (H, W, 3) uint8 RGB as the ending of `path` says: .png, .jpg or .jpeg.

    Raises:
        ImageError: another ending, too large for a JPEG, or the disk refuses; the file that was
            there before stays as it was.
        Cancelled: `cancel` was called; likewise.
    """
    kind = checked_kind(path, tuple(WRITTEN_ENDINGS))
    if kind == "JPEG" and max(pixels.shape[:2]) > _LONGEST_JPEG:
        raise ImageError(
            f"{readable(path.name)}: a JPEG has at most {_LONGEST_JPEG} pixels a side; save a PNG."
        )
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    with explained(path), replacing(path) as stream:
        picture.save(_Interruptible(stream, cancel), kind, **_OPTIONS[kind])  # type: ignore[arg-type]


def checked_kind(path: Path, endings: tuple[str, ...]) -> str:
    """The kind of file that the ending of `path` stands for.

    Raises:
        ImageError: it is none of `endings`.
    """
    ending = path.suffix.lower()
    if ending not in endings:
        raise ImageError(
            f'{readable(path.name)}: "{ending}" is no ending to save under; '
            f"choose {' or '.join(endings)}."
        )
    return WRITTEN_ENDINGS[ending]


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into a sentence with the file's name.

    Raises:
        ImageError: in the place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise ImageError(
            f"{readable(path)} cannot be written ({error.strerror or error}): "
            "choose another folder or make room."
        ) from error


class _Interruptible:
    """A stream that stops taking anything once it is called off."""

    def __init__(self, stream: IO[bytes], cancel: CancelToken | None) -> None:
        self._stream = stream
        self._check: Callable[[], None] = (
            (lambda: None) if cancel is None else cancel.raise_if_cancelled
        )

    def write(self, data: bytes) -> int:
        """Pass it on, unless called off."""
        self._check()
        return self._stream.write(data)

    def flush(self) -> None:
        """Pass it on."""
        self._stream.flush()
