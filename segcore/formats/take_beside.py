"""Labels that lie beside pictures, as a set that can be looked through and taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PIL import Image

from segcore.classes import ClassTable
from segcore.errors import FormatError, SegcoreError, readable
from segcore.formats.beside import LabelsBeside
from segcore.formats.contract import LabelledPicture, LabelledSet, Problems
from segcore.formats.guess import guess_format
from segcore.formats.label_files import in_width_of, read_ids
from segcore.formats.labelme import read_labelme_file
from segcore.labels import LabelMap
from segcore.project import Project

_ID_MODES = ("P", "L", "1", "I;16", "I")


def is_readable(offer: LabelsBeside) -> bool:
    """Whether the first of the files is what its name promises: labelme's JSON, or a map of ids.

    A JSON file may be anything, and masks in colours say nothing without a table of colours.
    """
    first = next(iter(offer.files.values()), None)
    if first is None:
        return False
    if offer.kind == "labelme":
        return guess_format(first) == "labelme"
    try:
        with Image.open(first) as picture:
            return picture.mode in _ID_MODES
    except (OSError, SyntaxError, ValueError):
        return False


def set_beside(
    project: Project, offer: LabelsBeside, names: Mapping[Path, str], problems: Problems
) -> LabelledSet:
    """The labels of an offer for pictures of a project.

    Ids of label maps mean the classes of the `classes.json` near them, else the project's own.

    Args:
        names: the name in the project of each picture that labels are taken for.
        problems: where everything goes that is wrong.

    Raises:
        FormatError: label maps of ids, and no class table that says what they mean.
    """
    wanted = {picture: file for picture, file in offer.files.items() if picture in names}
    if offer.kind == "png":
        classes = _classes_of(project, offer)
        readers: dict[Path, Callable[[], LabelMap]] = {
            picture: partial(read_ids, file, classes) for picture, file in wanted.items()
        }
    else:
        classes, readers = _labelme(project.classes, wanted, problems)
    pictures = [
        LabelledPicture(names[picture], picture, project.size(names[picture]), read)
        for picture, read in readers.items()
    ]
    return LabelledSet(classes, pictures)


def _classes_of(project: Project, offer: LabelsBeside) -> ClassTable:
    if offer.classes is not None:
        return ClassTable.read(offer.classes)
    if len(project.classes):
        return project.classes
    raise FormatError(
        f"Nothing says what the ids of the label maps in {readable(offer.folder)} mean: put a "
        "classes.json there."
    )


def _labelme(
    classes: ClassTable, files: Mapping[Path, Path], problems: Problems
) -> tuple[ClassTable, dict[Path, Callable[[], LabelMap]]]:
    """The classes of all files together, and what reads the labels of each."""
    read: dict[Path, LabelledPicture] = {}
    for picture, file in files.items():
        try:
            one = read_labelme_file(file, classes, problems)
        except FormatError as error:
            for sentence in error.problems:
                problems.add(sentence)
        except SegcoreError as error:
            problems.add(str(error))
        else:
            classes = one.classes
            read[picture] = one.pictures[0]

    def reader(picture: LabelledPicture, file: Path) -> LabelMap:
        return in_width_of(classes, picture.labels(), file)

    return classes, {place: partial(reader, one, files[place]) for place, one in read.items()}
