"""Which file each picture's result goes to: one plan for all inputs, without collisions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from segcore.errors import ImageError, RequestError, readable
from segcore.folders import find_images

OnError = Callable[[Path, str], None]


@dataclass(frozen=True)
class Job:
    """A picture and the file, below the output folder, that its label map goes to."""

    picture: Path
    output: PurePath


@dataclass(frozen=True)
class _Found:
    picture: Path
    root: Path

    def name(self, level: int) -> PurePath:
        """The output's name, the more particular the higher the level."""
        relative = self.picture.relative_to(self.root)
        if level == 0:
            return relative.with_name(f"{relative.stem}.png")
        kept = relative.with_name(f"{relative.name}.png")
        if level == 1:
            return kept
        folder = PurePath(self.root.resolve().name or "root")
        if level == 2:
            return folder / kept
        return folder / relative.with_name(f"{relative.name}-{level - 1}.png")


def plan_outputs(inputs: Sequence[Path], out: Path, on_error: OnError) -> list[Job]:
    """Find the pictures of all inputs and name their outputs.

    A folder's pictures keep their path relative to it, a picture named by itself has its name
    alone; either ends in `<stem>.png`. Names that would collide keep their extension (`a.jpg.png`);
    those of several inputs that still do are put into a folder named as their input, and
    numbered in the end. A picture that is reached twice is done once. What lies in `out` itself
    is no input.

    Args:
        on_error: told of an input that is not there or holds no picture.

    Raises:
        RequestError: an output would take the place of an input.
    """
    found = _find(inputs, out, on_error)
    levels = _levels_without_collision(found)
    jobs = [Job(item.picture, item.name(level)) for item, level in zip(found, levels)]
    pictures = {item.picture.resolve() for item in found}
    for job in jobs:
        if (out / job.output).resolve() in pictures:
            raise RequestError(
                f"The label map of {readable(job.picture)} would take the place of the picture "
                f"{readable(out / job.output)}: choose another output folder."
            )
    return jobs


def _find(inputs: Sequence[Path], out: Path, on_error: OnError) -> list[_Found]:
    found: list[_Found] = []
    seen: set[Path] = set()
    own = out.resolve()
    for named in inputs:
        count = 0
        try:
            for picture, root in _pictures_of(named):
                resolved = picture.resolve()
                if root == named and own in resolved.parents and own != root.resolve():
                    continue  # an earlier result
                count += 1
                if resolved not in seen:
                    seen.add(resolved)
                    found.append(_Found(picture, root))
        except ImageError as error:
            on_error(named, str(error))
            continue
        if count == 0:
            on_error(named, f"{readable(named)} holds no pictures: name another folder.")
    return found


def _pictures_of(named: Path) -> list[tuple[Path, Path]]:
    """(picture, folder that its name is relative to) of one input."""
    if named.is_dir():
        return [(picture, named) for picture in find_images(named)]
    return [(named, named.parent)]


def _as_the_disk_sees(name: PurePath) -> str:
    """Names that differ in capitals alone are one file on the disks of Windows and macOS."""
    text = name.as_posix()
    return text.casefold() if sys.platform in ("win32", "darwin") else text


def _levels_without_collision(found: Sequence[_Found]) -> list[int]:
    """For each picture the lowest level of name that no other has.

    Of pictures that collide, those with the plainest names become more particular, until all names
    differ: `a.jpg`, `a.png` and `a.jpg.png` become `a.jpg.png`, `a.png.png` and `a.jpg.png.png`.
    """
    levels = [0] * len(found)
    names = [item.name(0) for item in found]
    while True:
        alike: dict[str, list[int]] = {}
        for index, name in enumerate(names):
            alike.setdefault(_as_the_disk_sees(name), []).append(index)
        colliding = [indices for indices in alike.values() if len(indices) > 1]
        if not colliding:
            return levels
        for indices in colliding:
            lowest = min(levels[index] for index in indices)
            plainest = [index for index in indices if levels[index] == lowest]
            # past the folder's name only numbers tell pictures apart: the first keeps its name
            for index in plainest if lowest < 2 else indices[1:]:
                levels[index] += 1
                names[index] = found[index].name(levels[index])
