"""Which pictures a project has, under which names, and where they lie."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

from segcore.errors import ProjectError
from segcore.folders import find_images
from segcore.images import read_image_size
from segcore.project.confidence import CLIPS, CONFIDENCE
from segcore.project.maps import JOURNAL, LABELS, ORIGINS, MapFiles, map_header
from segcore.project.names import HISTORY, check_name, is_shortened, map_path, relative_source
from segcore.project.removal import REMOVED
from segcore.project.states import PictureState

_OWN_FOLDERS = (LABELS, ORIGINS, JOURNAL, HISTORY, REMOVED, CONFIDENCE, CLIPS)


class PictureList:
    """The pictures of a project in the order they were added.

    A picture in the project folder is named by its path in it. One of a folder outside is named by
    its path in that folder, one added by itself by its file name; where that name is taken by
    another picture, the name of its folder goes before it, numbered if need be.
    """

    def __init__(self, folder: Path, states: dict[str, PictureState]) -> None:
        """`folder` is the project's, resolved; `states` what `states.jsonl` says."""
        self._folder = folder
        self._states = {name: state for name, state in states.items() if not state.removed}
        self._removed = {name: state for name, state in states.items() if state.removed}
        self._names = list(self._states)
        self._by_source: dict[str, str] | None = None
        self._sizes: dict[str, tuple[int, int]] = {}

    @property
    def names(self) -> Sequence[str]:
        """All names; the sequence grows when pictures are added."""
        return self._names

    @property
    def states(self) -> dict[str, PictureState]:
        """The state of each picture, by name; those that were removed come last."""
        return self._states | self._removed

    @property
    def removed(self) -> Sequence[str]:
        """Names of the pictures that were removed and can come back."""
        return list(self._removed)

    def remove(self, name: str) -> None:
        """Take a picture off the list; ProjectError where there is none of that name."""
        state = self.state(name)
        state.removed = True
        self._removed[name] = state
        del self._states[name]
        self._names.remove(name)

    def restore(self, name: str) -> None:
        """Put a picture that was removed at the end of the list.

        Raises:
            ProjectError: none of that name was removed.
        """
        if name not in self._removed:
            raise ProjectError(f"{name!r} was not removed from the project: add it.")
        state = self._removed.pop(name)
        state.removed = False
        self._states[name] = state
        self._names.append(name)

    def set_source(self, name: str, path: Path) -> str:
        """Say that a picture lies elsewhere now; returns its path from the project folder."""
        state = self.state(name)
        place = Path(os.path.realpath(path.parent)) / path.name
        state.source = relative_source(place, self._folder)
        self._by_source = None
        return state.source

    def lists(self, name: str) -> bool:
        """Whether the project has a picture of that name that is not removed."""
        return name in self._states

    def state(self, name: str) -> PictureState:
        """The state of one picture.

        Raises:
            ProjectError: there is no such picture.
        """
        state = self._states.get(name)
        if state is None:
            raise ProjectError(
                f"{name!r} is no picture of the project {self._folder.name}: add it first."
            )
        return state

    def path(self, name: str) -> Path:
        """Where a picture lies now.

        Raises:
            ProjectError: there is no such picture.
        """
        state = self._removed.get(name) or self.state(name)
        return Path(os.path.normpath(self._folder / state.source))

    def size(self, name: str) -> tuple[int, int]:
        """(H, W) of a picture's label map, or of the upright picture when it has none.

        Raises:
            ProjectError: there is no such picture.
            ImageError: its label map is damaged, or it has none and cannot be read.
        """
        self.state(name)
        size = self._sizes.get(name)
        if size is None:
            picture = self.path(name)
            header = map_header(MapFiles.of(self._folder, name).labels)
            size = header[0] if header is not None else read_image_size(picture)
            self._sizes[name] = size
        return size

    def with_file(self, kind: str, ending: str) -> Iterator[tuple[str, Path]]:
        """Name and path of every picture that has a file of a kind; '' for files of no picture.

        The folder is walked, so that the pictures without any cost nothing.
        """
        root = self._folder / kind
        shortened: dict[str, str] | None = None
        for place, folders, files in os.walk(root):
            folders.sort()
            for file in sorted(files):
                if file.startswith(".") or not file.endswith(ending):
                    continue
                path = Path(place, file)
                name = path.relative_to(root).as_posix().removesuffix(ending)
                if name not in self._states:
                    if shortened is None:
                        shortened = {
                            str(map_path(self._folder, kind, each, ending)): each
                            for each in self._names
                            if is_shortened(each)
                        }
                    name = shortened.get(str(path), "")
                yield name, path

    def add(self, paths: Iterable[str | Path]) -> tuple[list[str], list[str]]:
        """List files, and the images in folders; returns the names of all, and of the new ones.

        Raises:
            ProjectError: a path does not exist.
        """
        everything: list[str] = []
        new: list[str] = []
        for path in paths:
            place = Path(os.path.realpath(path))
            if place.is_dir():
                names = self._add_folder(place, new)
            elif place.exists():
                names = [self._add_file(Path(path), new)]
            else:
                raise ProjectError(f"{path} does not exist: give pictures or folders of them.")
            everything += names
        return everything, new

    def add_named(self, files: Mapping[str, Path]) -> tuple[dict[str, str], list[str]]:
        """List files under wanted names; returns the name for each wanted one, and the new names.

        Files of pictures that were removed stay so, and have no name.

        Raises:
            ProjectError: a wanted name leads out of the project.
        """
        new: list[str] = []
        wanted = self.named(files)
        names, sources = [name for name, _ in wanted.values()], [s for _, s in wanted.values()]
        self._all_listed(names, sources, new)
        known = self._sources()
        found = {each: known[source] for each, (_, source) in wanted.items()}
        return {each: name for each, name in found.items() if name in self._states}, new

    def named(self, files: Mapping[str, Path]) -> dict[str, tuple[str, str]]:
        """The name and the source under which files of wanted names would be listed.

        A picture in the project folder is named by its path in it, one that is known or removed as
        it is; others go below one prefix where a wanted name is another picture's.
        """
        places = [Path(os.path.realpath(path.parent)) / path.name for path in files.values()]
        sources = [relative_source(place, self._folder) for place in places]
        outside = [not place.is_relative_to(self._folder) for place in places]
        wanted = [name if out else source for name, source, out in zip(files, sources, outside)]
        base = places[0].parent.name if places else ""
        known = self._sources()
        for candidate in _candidates(base, wanted):
            names = [
                known.get(source, name if out else source)
                for name, source, out in zip(candidate, sources, outside)
            ]
            taken = (self._is_taken(n) and s not in known for n, s in zip(names, sources))
            if not any(taken):
                return dict(zip(files, zip(names, sources)))
        raise AssertionError("there is always a number that is free")

    def _add_file(self, path: Path, new: list[str]) -> str:
        # the folder is resolved and the name kept: a link keeps its own name
        place = Path(os.path.realpath(path.parent)) / path.name
        source = relative_source(place, self._folder)
        if place.is_relative_to(self._folder):
            return self._listed(source, source, new)
        known = self._sources().get(source)
        if known is not None:
            return known
        wanted = _candidates(place.parent.name, [place.name])
        name = next(names[0] for names in wanted if not self._is_taken(names[0]))
        return self._listed(name, source, new)

    def _add_folder(self, folder: Path, new: list[str]) -> list[str]:
        own = tuple(str(self._folder / kind) + os.sep for kind in _OWN_FOLDERS)
        cut = len(str(folder).rstrip(os.sep)) + 1
        found = [
            text[cut:].replace(os.sep, "/")
            for text in map(str, find_images(folder))
            if not text.startswith(own)
        ]
        before = relative_source(folder, self._folder)
        prefix = "" if before == "." else f"{before}/"
        sources = [prefix + name for name in found]
        if folder.is_relative_to(self._folder):
            return self._all_listed(sources, sources, new)
        names = self._names_outside(folder, found, sources)
        return self._all_listed(names, sources, new)

    def _names_outside(self, folder: Path, found: list[str], sources: list[str]) -> list[str]:
        """Names for a folder's pictures: as they are if free, else all below one prefix."""
        known = self._sources()
        for names in _candidates(folder.name, found):
            taken = (
                self._is_taken(name) and source not in known for name, source in zip(names, sources)
            )
            if not any(taken):
                return [known.get(source, name) for name, source in zip(names, sources)]
        raise AssertionError("there is always a number that is free")

    def _listed(self, name: str, source: str, new: list[str]) -> str:
        self._all_listed([name], [source], new)
        return self._sources()[source]

    def _all_listed(self, names: list[str], sources: list[str], new: list[str]) -> list[str]:
        """List pictures whose sources are not listed yet; the names of all of them."""
        known = self._sources()
        for name, source in zip(names, sources):
            if source not in known:
                self._states[check_name(name)] = PictureState(name if name == source else source)
                known[source] = name
                new.append(name)
                self._names.append(name)
        return [known[source] for source in sources if known[source] in self._states]

    def _is_taken(self, name: str) -> bool:
        return name in self._states or name in self._removed

    def _sources(self) -> dict[str, str]:
        """Name by source; made when the first picture is added."""
        if self._by_source is None:
            self._by_source = {state.source: name for name, state in self.states.items()}
        return self._by_source


def _candidates(folder_name: str, names: list[str]) -> Iterable[list[str]]:
    """The names as they are, then below the folder's name, then below that with a number."""
    yield names
    base = folder_name or "pictures"
    yield [f"{base}/{name}" for name in names]
    for number in count(2):
        yield [f"{base}-{number}/{name}" for name in names]
