"""Frames of videos as pictures: a frame's path lies "in" its video, `clip.mp4/000012`.

No file can lie below another one, so such a path means nothing else. Whoever reads pictures by
their paths (a project, training, an export) reads frames without knowing of videos.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from segcore.folders import is_image_path, is_video_path

DIGITS = 6
"""Of a frame's number in its name; more where a video has more frames."""

_NUMBER = re.compile(rf"\d{{{DIGITS},}}")


def frame_path(video: str | os.PathLike[str], number: int) -> Path:
    """The path of a frame, counted from 0."""
    return Path(video) / f"{number:0{DIGITS}}"


def frame_name(video: str, number: int) -> str:
    """The name of a frame in a project, below its video's name."""
    return f"{video}/{number:0{DIGITS}}"


def frame_of(path: str | os.PathLike[str]) -> tuple[Path, int] | None:
    """The video and the number of the frame that a path means; None where it means a file."""
    place = Path(path)
    if not _NUMBER.fullmatch(place.name) or not _may_hold_frames(place.parent.name):
        return None
    return None if place.parent.is_dir() else (place.parent, int(place.name))


def file_of(path: Path) -> Path:
    """The file that holds a picture: its video's for a frame, else the path itself."""
    frame = frame_of(path)
    return path if frame is None else frame[0]


def frame_of_name(name: str) -> tuple[str, int] | None:
    """As `frame_of` of a name in a project: its video's name and its number, or None.

    The disk is not looked at: a folder called `clip.mp4` is taken for a video.
    """
    place = PurePosixPath(name)
    if not _NUMBER.fullmatch(place.name) or not _may_hold_frames(place.parent.name):
        return None
    return str(place.parent), int(place.name)


def _may_hold_frames(name: str) -> bool:
    return is_video_path(name) or is_image_path(name)
