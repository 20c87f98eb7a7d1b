"""Which file each picture's result goes to: one plan for all inputs, without collisions.

Names are strings here and paths only where a file is touched: 100,000 pictures are planned in a
second or two.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count as count_from
from pathlib import Path, PurePath
from typing import NamedTuple

from segcore.decoding.animation import moves
from segcore.errors import ImageError, RequestError, VideoError, readable
from segcore.folders import find_image_places
from segcore.video import Video

OnError = Callable[[Path, str], None]


class Job(NamedTuple):
    """A picture and the file that its label map goes to.

    Attributes:
        place: the picture's path.
        name: its path relative to the input that it was found in, with `/`.
        target: the label map's path below the output folder, with `/`.
        frame: of a picture in a video, its number; `place` is the video's path then.
    """

    place: str
    name: str
    target: str
    frame: int | None = None

    @property
    def picture(self) -> Path:
        """The picture's path."""
        return Path(self.place)

    @property
    def output(self) -> PurePath:
        """The label map's path below the output folder."""
        return PurePath(self.target)


class _Found(NamedTuple):
    """A picture, its path in the folder that it was found in, and that folder, resolved."""

    place: str
    name: str
    root: str

    def target(self, level: int) -> str:
        """The output's name, the more particular the higher the level."""
        if level == 0:
            folder, _, file = self.name.rpartition("/")
            plain = f"{os.path.splitext(file)[0]}.png"  # noqa: PTH122 - speed
            return f"{folder}/{plain}" if folder else plain
        if level == 1:
            return f"{self.name}.png"
        root = os.path.basename(self.root) or "root"  # noqa: PTH119 - speed
        number = "" if level == 2 else f"-{level - 1}"
        return f"{root}/{self.name}{number}.png"


def plan_outputs(inputs: Sequence[Path], out: Path, on_error: OnError) -> list[Job]:
    """Find the pictures of all inputs and name their outputs.

    A folder's pictures keep their path relative to it, a picture named by itself has its name
    alone; either ends in `<stem>.png`. Names that would collide keep their extension (`a.jpg.png`);
    those of several inputs that still do are put into a folder named as their input, and
    numbered in the end. A picture that is reached twice is done once. What lies in `out` itself
    is no input. Of a video, or of a picture that moves, that is named itself every frame is a
    picture, whose output lies in a folder with the video's name: `<stem>/000000.png`.

    Args:
        on_error: told of an input that is not there or holds no picture.

    Raises:
        RequestError: an output would take the place of an input.
    """
    videos = [path for path in dict.fromkeys(inputs) if moves(path)]
    found, places = _find([path for path in inputs if path not in videos], out, on_error)
    targets = _targets_without_collision(found)
    real = _RealPaths()
    for item, target in zip(found, targets):
        if real.of(os.fspath(out), target) in places:
            raise RequestError(
                f"The label map of {readable(item.place)} would take the place of the picture "
                f"{readable(out / target)}: choose another output folder."
            )
    jobs = [Job(item.place, item.name, target) for item, target in zip(found, targets)]
    return jobs + _plan_videos(videos, {target.partition("/")[0] for target in targets}, on_error)


def _plan_videos(videos: Sequence[Path], taken: set[str], on_error: OnError) -> list[Job]:
    """Every frame of every video; a folder's name that is `taken` keeps the video's extension."""
    jobs: list[Job] = []
    plain = Counter(_as_the_disk_sees(path.stem) for path in videos)
    for path in videos:
        try:
            with Video(path) as video:
                count = len(video)
        except VideoError as error:
            on_error(path, str(error))
            continue
        alone = plain[_as_the_disk_sees(path.stem)] == 1 and path.stem not in taken
        folder = _free_name(path.stem if alone else path.name, taken)
        taken.add(folder)
        jobs += [
            Job(str(path), f"{path.name}#{frame}", f"{folder}/{frame:06}.png", frame)
            for frame in range(count)
        ]
    return jobs


def _free_name(name: str, taken: set[str]) -> str:
    numbered = (f"{name}-{number}" for number in count_from(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


class _RealPaths:
    """`os.path.realpath`, which follows each folder of thousands of files once."""

    def __init__(self) -> None:
        self._folders: dict[str, tuple[str, bool]] = {}

    def of(self, root: str, name: str) -> str:
        """Where `name`, a path with `/` below `root`, really lies."""
        below, _, file = name.rpartition("/")
        folder = os.path.join(root, below) if below else root  # noqa: PTH118 - speed
        known = self._folders.get(folder)
        if known is None:
            known = os.path.join(os.path.realpath(folder), ""), os.path.isdir(folder)  # noqa: PTH112, PTH118
            self._folders[folder] = known
        real, is_there = known
        if is_there and os.path.islink(f"{folder}{os.sep}{file}"):  # noqa: PTH114 - speed
            return os.path.realpath(f"{folder}{os.sep}{file}")
        return real + file


def _find(
    inputs: Sequence[Path], out: Path, on_error: OnError
) -> tuple[list[_Found], frozenset[str]]:
    """The pictures, each once, and where each of them really lies."""
    found: list[_Found] = []
    seen: set[str] = set()
    real = _RealPaths()
    own = os.path.realpath(out)
    for named in inputs:
        count = 0
        walked = named.is_dir()
        holds_results = walked and os.path.realpath(named) != own
        try:
            for item in _pictures_of(named, walked=walked):
                place = real.of(item.root, item.name)
                if holds_results and place.startswith(own + os.sep):
                    continue  # an earlier result
                count += 1
                if place not in seen:
                    seen.add(place)
                    found.append(item)
        except ImageError as error:
            on_error(named, str(error))
            continue
        if count == 0:
            on_error(named, f"{readable(named)} holds no pictures: name another folder.")
    return found, frozenset(seen)


def _pictures_of(named: Path, *, walked: bool) -> Iterator[_Found]:
    if not walked:
        yield _Found(str(named), named.name, os.path.realpath(named.parent))
        return
    root, cut = os.path.realpath(named), len(str(named).rstrip(os.sep)) + 1
    for place in find_image_places(str(named)):
        name = place[cut:] if os.sep == "/" else place[cut:].replace(os.sep, "/")
        yield _Found(place, name, root)


def _as_the_disk_sees(name: str) -> str:
    """Names that differ in capitals alone are one file on the disks of Windows and macOS."""
    return name.casefold() if sys.platform in ("win32", "darwin") else name


def _targets_without_collision(found: Sequence[_Found]) -> list[str]:
    """For each picture its name of the lowest level that no other has.

    Of pictures that collide, those with the plainest names become more particular, until all names
    differ: `a.jpg`, `a.png` and `a.jpg.png` become `a.jpg.png`, `a.png.png` and `a.jpg.png.png`.
    """
    levels = [0] * len(found)
    names = [item.target(0) for item in found]
    while True:
        alike: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            alike.setdefault(_as_the_disk_sees(name), []).append(index)
        colliding = [indices for indices in alike.values() if len(indices) > 1]
        if not colliding:
            return names
        for indices in colliding:
            lowest = min(levels[index] for index in indices)
            plainest = [index for index in indices if levels[index] == lowest]
            # past the folder's name only numbers tell pictures apart: the first keeps its name
            for index in plainest if lowest < 2 else indices[1:]:
                levels[index] += 1
                names[index] = found[index].target(levels[index])
