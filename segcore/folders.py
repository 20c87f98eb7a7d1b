"""Which files are pictures or videos, and in which order a person expects them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from segcore.errors import ImageError, readable

# fmt: off
IMAGE_SUFFIXES = frozenset((
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".tif", ".tiff", ".webp", ".bmp", ".dib",
    ".gif", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".jp2", ".j2k", ".j2c", ".jpx", ".avif",
    ".tga", ".qoi", ".psd",
))
VIDEO_SUFFIXES = frozenset((
    ".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".ts", ".mts", ".wmv", ".flv",
))
# fmt: on

_DIGITS = re.compile(r"(\d+)")


def is_image_path(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a picture by its ending; what is in it is not looked at."""
    return os.path.splitext(os.fspath(path))[1].lower() in IMAGE_SUFFIXES  # noqa: PTH122 - speed


def is_video_path(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a video by its ending; what is in it is not looked at."""
    return os.path.splitext(os.fspath(path))[1].lower() in VIDEO_SUFFIXES  # noqa: PTH122 - speed


def natural_key(name: str) -> list[str | int]:
    """A sort key by which `frame2` comes before `frame10`, and capitals do not matter."""
    parts: list[str | int] = [*_DIGITS.split(name.casefold())]
    parts[1::2] = map(int, parts[1::2])  # every second one is digits, the first never
    return parts


def find_images(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Pictures of a folder and its subfolders by their ending, as `find_image_places` orders them.

    Raises:
        ImageError: `folder` itself is not there, is a file, or may not be entered.
    """
    return map(Path, find_image_places(folder))


def find_videos(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Videos of a folder and its subfolders by their ending, in the order of `find_images`.

    Raises:
        ImageError: as `find_images`.
    """
    return map(Path, _find_places(folder, is_video_path))


def find_image_places(folder: str | os.PathLike[str]) -> Iterator[str]:
    """Paths of the pictures of a folder and its subfolders, one by one while it is read.

    Each folder gives its own pictures first, in natural order, then those of its subfolders.
    Hidden files and folders (`.name`) are passed over, and so is a folder that was visited before
    through a symbolic link, or that may not be entered.

    Raises:
        ImageError: `folder` itself is not there, is a file, or may not be entered.
    """
    return _find_places(folder, is_image_path)


def _find_places(folder: str | os.PathLike[str], wanted: Callable[[str], bool]) -> Iterator[str]:
    visited: set[tuple[int, int]] = set()
    pending = [os.fspath(folder)]
    while pending:
        current = pending.pop()
        try:
            status = os.stat(current)  # noqa: PTH116 - Path objects are too slow for 100,000 files
            identity = (status.st_dev, status.st_ino)
            if identity in visited:
                continue
            visited.add(identity)
            files, folders = _list(current, wanted)
        except OSError as error:
            if len(visited) > 1:
                continue
            raise ImageError(
                f"{readable(current)} cannot be opened as a folder ({error.strerror}): "
                "name one that is there."
            ) from error
        for name in files:
            yield os.path.join(current, name)  # noqa: PTH118 - speed
        pending.extend(os.path.join(current, name) for name in reversed(folders))  # noqa: PTH118


def _list(folder: str, wanted: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """Names of the wanted files and of the subfolders in a folder, in natural order."""
    files: list[str] = []
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                folders.append(entry.name)
            elif wanted(entry.name):
                files.append(entry.name)
    return _in_order(files), _in_order(folders)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """A link that leads nowhere but to itself is none; one called like a picture is named later."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _in_order(names: list[str]) -> list[str]:
    """In natural order, and in a fixed one where that leaves a choice (capitals, zeros)."""
    return sorted(sorted(names), key=natural_key)
