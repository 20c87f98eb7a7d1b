"""Pictures that are not where they were, or not what they were, and how they are found again."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from segcore.folders import find_images, is_image_path, is_video_path
from segcore.frame_paths import frame_of, frame_of_name, frame_path
from segcore.project.folding import file_digest
from segcore.project.states import PictureState


class SourceTrouble(NamedTuple):
    """A picture whose file is "missing", or "changed" since it was first labelled."""

    name: str
    kind: Literal["missing", "changed"]
    path: Path

    @property
    def sentence(self) -> str:
        """What is wrong and what to do."""
        if self.kind == "missing":
            return (
                f"{self.name} is not at {self.path}: name the folder that it was moved to, or put "
                "it back; its labels are kept."
            )
        return (
            f"{self.path} is another picture than the one that was labelled: put the old one back, "
            "or remove it from the project and add the new one under another name."
        )


def trouble_of(name: str, path: Path, state: PictureState) -> SourceTrouble | None:
    """What is wrong with a picture's file; its content is read only where its size differs."""
    frame = frame_of(path)
    try:
        size = (path if frame is None else frame[0]).stat().st_size
    except OSError:
        return SourceTrouble(name, "missing", path)
    if not state.bytes or size == state.bytes:
        return None
    return SourceTrouble(name, "changed", path)


def find_moved(missing: Sequence[tuple[str, PictureState]], folder: Path) -> dict[str, Path]:
    """Where the pictures of a project lie in a folder now, as far as they are found.

    One that was labelled is known by its size and content, whatever it is called; any other by its
    name, with the parts of its path that fit best.

    Raises:
        OSError, ImageError: the folder cannot be read.
    """
    places = list(find_images(folder))
    by_name: dict[str, list[Path]] = defaultdict(list)
    by_size: dict[int, list[Path]] = defaultdict(list)
    videos = _videos_below(folder)
    for place in places:
        by_name[place.name].append(place)
        by_size[place.stat().st_size].append(place)
    found: dict[str, Path] = {}
    for name, state in missing:
        wanted = Path(state.source)
        frame = frame_of_name(state.source)
        if frame is not None:
            moved = videos.get(wanted.parent.name)
            if moved is not None:
                found[name] = frame_path(moved, frame[1])
            continue
        if state.sha256 and state.bytes:
            alike = sorted(by_size[state.bytes], key=lambda place: place.name != wanted.name)
            match = next((each for each in alike if file_digest(each) == state.sha256), None)
        else:
            named = by_name[wanted.name]
            match = max(named, key=lambda place: _common_end(place, wanted), default=None)
        if match is not None:
            found[name] = match
    return found


def _videos_below(folder: Path) -> dict[str, Path]:
    """The videos of a folder and its subfolders, by their names."""
    found: dict[str, Path] = {}
    for place, _, files in os.walk(folder):
        for file in files:
            if is_video_path(file) or is_image_path(file):
                found.setdefault(file, Path(place, file))
    return found


def _common_end(one: Path, other: Path) -> int:
    """How many parts two paths have in common, from the end."""
    count = 0
    for left, right in zip(reversed(one.parts), reversed(other.parts)):
        if left != right:
            break
        count += 1
    return count
