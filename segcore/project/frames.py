"""Videos in a project: each frame is a picture, and those of one video lie in one folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from segcore.errors import VideoError
from segcore.folders import is_video_path
from segcore.frame_paths import frame_name, frame_of_name, frame_path
from segcore.project.adding import add_named

if TYPE_CHECKING:
    from segcore.project.listed import ProjectPictures


def add_video(
    project: ProjectPictures, video: str | Path, *, every: int = 1
) -> Iterator[list[str]]:
    """Add the frames of a video, `clip.mp4/000000` and so on, as they become known.

    The first comes at once, the others while the file's index is built. Each step gives the names
    of the next frames in order, known and new; every `every`-th is added.

    Raises:
        ProjectError: the project cannot be written.
        VideoError: the file cannot be read or has not one frame.
    """
    from segcore.video_pool import POOL  # brings FFmpeg

    place = Path(os.path.realpath(Path(video).parent)) / Path(video).name
    POOL.size(place)
    clip, names = _add(project, place, _free_clip(project, place), [0])
    yield names
    added = 1
    for known in POOL.counts(place):
        fresh = range(added, known)
        added = max(added, known)
        wanted = [number for number in fresh if number % every == 0]
        if wanted:
            yield _add(project, place, clip, wanted)[1]


def add_frames(project: ProjectPictures, video: str | Path, numbers: Sequence[int]) -> list[str]:
    """Add some frames of a video; their names, known and new.

    Raises:
        ProjectError: the project cannot be written.
    """
    place = Path(os.path.realpath(Path(video).parent)) / Path(video).name
    return _add(project, place, _free_clip(project, place), numbers)[1]


def sorted_out(paths: Iterable[str | Path]) -> tuple[list[Path], list[str | Path]]:
    """The video files among these, and the rest."""
    videos: list[Path] = []
    others: list[str | Path] = []
    for path in paths:
        if is_video_path(path) and Path(path).is_file():
            videos.append(Path(path))
        else:
            others.append(path)
    return videos, others


def video_trouble(video: Path) -> str:
    """Why not one frame of a file can be read, or nothing."""
    from segcore.video_pool import POOL

    try:
        POOL.size(video)
    except VideoError as error:
        return str(error)
    return ""


def close_videos() -> None:
    """Let go of every video file that nobody reads at the moment."""
    pool = sys.modules.get("segcore.video_pool")  # not imported for this alone
    if pool is not None:
        pool.POOL.close()


def clip_of(name: str) -> str:
    """What holds a picture's neighbours in time: its video, or the folder of an image sequence."""
    found = frame_of_name(name)
    return found[0] if found is not None else name.rpartition("/")[0]


def _free_clip(project: ProjectPictures, place: Path) -> str:
    """What the project calls a video: its name, with its folder's where another one has that."""
    clips: dict[str, Path] = {}
    for name in project.images:
        found = frame_of_name(name)
        if found is not None and found[0] not in clips:
            clips[found[0]] = project.image_path(name).parent
    folder = place.parent.name or "videos"
    numbered = (f"{folder}-{number}/{place.name}" for number in count(2))
    candidates = chain((place.name, f"{folder}/{place.name}"), numbered)
    return next(clip for clip in candidates if clips.get(clip, place) == place)


def _add(
    project: ProjectPictures, place: Path, clip: str, numbers: Sequence[int]
) -> tuple[str, list[str]]:
    """The video's name in the project, which differs where that is another one's, and the names."""
    files = {frame_name(clip, number): frame_path(place, number) for number in numbers}
    names = [*add_named(project, files).values()]
    return (names[0].rpartition("/")[0] if names else clip), names
