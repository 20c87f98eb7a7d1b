"""Formats of two folders that mirror each other: pictures here, a label file for each there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from segcore.classes import ClassTable
from segcore.errors import ImageError, SegcoreError
from segcore.folders import find_images, natural_key
from segcore.formats.contract import (
    ExportOptions,
    Finding,
    LabelledPicture,
    LabelledSet,
    Problems,
    Step,
)
from segcore.formats.label_files import read_label_size
from segcore.formats.layout import placed
from segcore.formats.pictures import place_picture
from segcore.images import read_image_size
from segcore.labels import LabelMap, unlabelled

ReadLabels = Callable[[Path], LabelMap]
WriteLabels = Callable[[Path, LabelMap], None]
ReadSize = Callable[[Path], tuple[int, int]]


@dataclass(frozen=True)
class Trees:
    """The two folders of one split, relative to the top, and how its label files end."""

    pictures: str
    labels: str
    split: str = "train"
    ending: str = ".png"


def write_pairs(
    labelled: LabelledSet,
    folder: Path,
    options: ExportOptions,
    step: Step,
    *,
    trees: Callable[[str], Trees],
    write_labels: WriteLabels,
    flat: bool = False,
) -> None:
    """Write every picture and its label file into the trees of its split.

    Raises:
        OSError: the disk refuses.
        SegcoreError: a picture or its labels cannot be read.
    """
    for split in labelled.splits:
        (folder / trees(split).labels).mkdir(parents=True, exist_ok=True)
        if options.pictures:
            (folder / trees(split).pictures).mkdir(parents=True, exist_ok=True)
    places = placed(labelled, flat=flat)
    for picture in labelled.pictures:
        tree, place = trees(picture.split), places[picture.name]
        place_picture(picture, folder / tree.pictures / place.picture, options)
        target = folder / tree.labels / f"{place.stem}{tree.ending}"
        target.parent.mkdir(parents=True, exist_ok=True)
        write_labels(target, picture.labels())
        step(picture.name)


def read_pairs(
    root: Path,
    trees: Sequence[Trees],
    classes: ClassTable,
    problems: Problems,
    *,
    read_labels: ReadLabels,
    read_size: ReadSize = read_label_size,
) -> list[LabelledPicture]:
    """The pictures of all trees, with their label files read late.

    A picture without a label file has nothing labelled, which is noted; a label file without a
    picture is a picture of which only labels are known. With several trees every name begins with
    its split.
    """
    reader = PairReader(classes, problems, read_labels, read_size)
    for tree in trees:
        prefix = f"{tree.split}/" if len(trees) > 1 else ""
        for name, image, label in _pairs(root, tree, problems):
            reader.add(prefix + name, image, label, tree.split)
    return reader.pictures()


@dataclass
class PairReader:
    """Collects pictures with their label files, either of which may be missing."""

    classes: ClassTable
    problems: Problems
    read_labels: ReadLabels
    read_size: ReadSize = read_label_size
    _found: list[LabelledPicture] = field(default_factory=list)
    _bare: int = 0

    def add(self, name: str, image: Path | None, label: Path | None, split: str) -> None:
        """Take a picture; one whose header cannot be read is a problem."""
        try:
            size = read_image_size(image) if image is not None else self._size_of(label)
        except SegcoreError as error:
            self.problems.add(str(error))
            return
        late: Callable[[], LabelMap]
        if label is None:
            self._bare += 1
            late = partial(unlabelled, *size, self.classes.dtype)
        else:
            late = partial(self.read_labels, label)
        self._found.append(LabelledPicture(name, image, size, late, split))

    def pictures(self) -> list[LabelledPicture]:
        """All of them; notes how many have no label file."""
        if self._bare:
            self.problems.note(
                Finding("note", f"Nothing is labelled in {self._bare} pictures without labels.")
            )
        return self._found

    def _size_of(self, label: Path | None) -> tuple[int, int]:
        assert label is not None  # one of the two is there
        return self.read_size(label)


def splits_in(folder: Path) -> list[str]:
    """Names of the folders in a folder, `train` and its kind first, then as a person counts."""
    if not folder.is_dir():
        return []
    order = ("train", "training", "val", "validation", "test", "testing")
    names = [entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name[0] != "."]
    known = [name for name in order if name in names]
    return known + sorted((name for name in names if name not in order), key=natural_key)


def label_names(folder: Path, ending: str) -> Iterator[str]:
    """Relative paths, without the ending, of the label files of a folder and its subfolders."""
    if not folder.is_dir():
        return
    names = (
        path.relative_to(folder).as_posix() for path in folder.rglob(f"*{ending}") if path.is_file()
    )
    for name in sorted(sorted(names), key=natural_key):
        if not name.startswith(".") and "/." not in name:
            yield name.removesuffix(ending)


def _pairs(
    root: Path, tree: Trees, problems: Problems
) -> Iterable[tuple[str, Path | None, Path | None]]:
    """(name, picture, label file) of one tree; one of the two files may be missing."""
    pictures, labels = root / tree.pictures, root / tree.labels
    left = dict.fromkeys(label_names(labels, tree.ending))
    shared: dict[str, str] = {}
    try:
        images = list(find_images(pictures)) if pictures.is_dir() else []
    except ImageError as error:
        problems.add(str(error))
        images = []
    for image in images:
        name = image.relative_to(pictures).as_posix()
        stem = str(PurePosixPath(name).with_suffix(""))
        own = stem if stem in left else name
        if own in shared:
            problems.add(
                f"{name} and {shared[own]} share the label file {own}{tree.ending}: call it after "
                f"one of them, {name}{tree.ending}."
            )
        elif own in left:
            shared[own] = name
            yield name, image, labels / f"{own}{tree.ending}"
        else:
            yield name, image, None
    for stem in left:
        if stem not in shared:
            yield f"{stem}.png", None, labels / f"{stem}{tree.ending}"
