"""What every format of labels is made of: a set of pictures with label maps, and two functions.

A format is a module with a `FORMAT`, which is one row of `table.FORMATS`. Its `write` fills an
empty folder, its `read` describes a folder as a `LabelledSet`; `export.py` and `importing.py` do
what is the same for all of them (checks, staging, `classes.json`, sizes, ids, names, paths).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from segcore.classes import ClassTable
from segcore.errors import FormatError
from segcore.labels import LabelMap

Step = Callable[[str], None]
"""Called with a picture's name when it is done; raises `Cancelled` when the work is called off."""

TRAIN = "train"
NO_SIZE = (0, 0)  # of a picture that has no labels and cannot be read


@dataclass(frozen=True, eq=False)
class LabelledPicture:
    """One picture of a set and what is said of its pixels.

    Attributes:
        name: relative path with `/` and the picture's own ending; unique in the set.
        image: the picture file, or None when the set brings labels alone.
        size: (H, W) of the upright picture.
        labels: reads the (H, W) label map: ids of the set's class table in its dtype, ignore where
            nothing is said. May raise FormatError or ImageError, a sentence that names the file.
        split: the part of the set that it belongs to, a plain word.
        status: what a project says of it; one of the project's, or empty.
        untouched: whether neither a person nor a model has said anything of it yet.
    """

    name: str
    image: Path | None
    size: tuple[int, int]
    labels: Callable[[], LabelMap]
    split: str = TRAIN
    status: str = ""
    untouched: bool = False


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """Pictures with label maps of one class table."""

    classes: ClassTable
    pictures: Sequence[LabelledPicture]

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that there are, in order of first appearance; `train` when there is none."""
        return tuple(dict.fromkeys(picture.split for picture in self.pictures)) or (TRAIN,)


@dataclass(frozen=True)
class Finding:
    """What is said before something happens.

    A "note" tells of a change that loses nothing, a "loss" of what will not be in the files, and a
    "hindrance" stops the export before anything is written.
    """

    kind: Literal["note", "loss", "hindrance"]
    text: str
    picture: str = ""


@dataclass(frozen=True)
class ExportOptions:
    """What a person may choose when a set is written.

    Attributes:
        pictures: whether picture files go with the labels.
        links: whether they are hard links where the disk can do that: no room is taken, and who
            writes over one file writes over both.
    """

    pictures: bool = True
    links: bool = False


@dataclass(frozen=True)
class ImportOptions:
    """What a person may choose when files are read.

    Attributes:
        classes: the class table that the ids in the files mean, in the place of a `classes.json`;
            only for formats whose files hold ids.
        pictures: the folder with the pictures, where a set brings labels alone.
    """

    classes: ClassTable | None = None
    pictures: Path | None = None


@dataclass
class Problems:
    """Everything that is wrong with files being read, each in a sentence, to be said at once."""

    source: Path
    sentences: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, sentence: str) -> None:
        """Note one; the reader goes on with the rest."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)

    def note(self, finding: Finding) -> None:
        """Keep what is no reason to refuse but should be said (overlaps, shapes without area).

        Label maps are read late: some are known only once `labels()` was called.
        """
        if finding not in self.findings:
            self.findings.append(finding)

    def raise_if_any(self) -> None:
        """Raise FormatError with all of them."""
        if self.sentences:
            raise FormatError.of(self.source, self.sentences)


class Finds(Protocol):
    """Says what would be lost or hinder; reads label maps where it has to and writes nothing."""

    def __call__(self, labelled: LabelledSet, options: ExportOptions, /) -> list[Finding]: ...


class Writes(Protocol):
    """Fills an empty folder; `step` is called once for every picture, with its name.

    The framework has checked for hindrances, writes `classes.json` afterwards and moves the folder
    into place when everything is there; an OSError ends the export with nothing left behind.
    Pictures go through `pictures.place_picture`, which copies, links or turns them upright.
    """

    def __call__(
        self, labelled: LabelledSet, folder: Path, options: ExportOptions, step: Step, /
    ) -> None: ...


class Reads(Protocol):
    """Describes a folder (or file) as a set, without reading label maps more than it has to.

    What is wrong goes to `problems`, and the reader goes on; it raises FormatError only when
    nothing can be read at all. The framework then calls `labels()` of every picture before
    anything is taken: sizes, ids, names, doubles and missing picture files are checked there.
    A `classes.json` at the top is read by `layout.classes_beside`, and has the last word.
    """

    def __call__(
        self, path: Path, options: ImportOptions, problems: Problems, /
    ) -> LabelledSet: ...


@dataclass(frozen=True)
class Format:
    """One row of the table of formats.

    Attributes:
        name: as the command line has it.
        title: what a person reads in a list: the format and what its files are.
        most_classes: how many classes it holds, None for any number (65,535).
        own_names: whether its own files name the classes; otherwise it is read with a
            `classes.json` alone.
        losses: one sentence about what it cannot keep, empty when it keeps everything.
    """

    name: str
    title: str
    most_classes: int | None
    own_names: bool
    finds: Finds
    write: Writes
    read: Reads
    losses: str = ""


def finds_nothing(_labelled: LabelledSet, _options: ExportOptions, /) -> list[Finding]:
    """For a format with nothing to say beyond what the framework finds for all of them."""
    return []
