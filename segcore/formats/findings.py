"""What is said before an export, for every format: limits, names, missing and turned pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

import numpy as np

from segcore.errors import SegcoreError
from segcore.formats.colours import named
from segcore.formats.contract import NO_SIZE, ExportOptions, Finding, Format, LabelledSet
from segcore.formats.layout import leads_out, placed
from segcore.formats.turned import is_turned
from segcore.frame_paths import file_of


def findings_of(labelled: LabelledSet, form: Format, options: ExportOptions) -> list[Finding]:
    """Everything that an export of this set in this format would lose, change or stumble over."""
    found = [*_too_many_classes(labelled, form), *_nothing_there(labelled)]
    found += [*_bad_names(labelled), *_unreadable(labelled, options), *_turned(labelled, options)]
    found += [*_untouched(labelled), *_retired(labelled)]
    if any(finding.kind == "hindrance" for finding in found):
        return found  # what a format says of labels needs pictures that can be read
    return found + form.finds(labelled, options)


def repeated_names(labelled: LabelledSet) -> list[Finding]:
    """A hindrance for formats that tell classes apart by name."""
    counts = Counter(info.name for info in labelled.classes.living)
    repeated = [name for name, count in counts.items() if count > 1]
    if not repeated:
        return []
    return [
        Finding(
            "hindrance",
            f"Several classes have the same name ({named(repeated)}) and this format tells classes "
            "apart by it: rename one of each.",
        )
    ]


def refused_names(labelled: LabelledSet, refuses: Callable[[str], bool], why: str) -> list[Finding]:
    """A hindrance that lists the classes whose names a format cannot write."""
    refused = [info.name for info in labelled.classes.living if refuses(info.name)]
    if not refused:
        return []
    return [Finding("hindrance", f"The classes {named(refused)} {why}: rename them.")]


def renamed_files(labelled: LabelledSet, *, flat: bool = False) -> list[Finding]:
    """A note where picture files get other names, so that no two share a label file."""
    places = placed(labelled, flat=flat)
    if flat:
        expected = {name: PurePosixPath(name).stem for name in places}
        found = [name for name, place in places.items() if place.stem != expected[name]]
    else:
        found = [
            name
            for name, place in places.items()
            if place.stem != str(PurePosixPath(name).with_suffix(""))
        ]
    if not found:
        return []
    example = places[found[0]].picture
    return [
        Finding(
            "note",
            f"{_pictures(len(found))} get another name, because label files are called like them "
            f'and no two may be alike: "{found[0]}" becomes "{example}".',
        )
    ]


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count} pictures"


def _too_many_classes(labelled: LabelledSet, form: Format) -> Iterable[Finding]:
    count = len(labelled.classes)
    if form.most_classes is not None and count > form.most_classes:
        yield Finding(
            "hindrance",
            f"The format {form.name} holds {form.most_classes} classes and there are {count}: "
            "merge classes, or use png, npz, coco or labelme.",
        )
    if count == 0:
        yield Finding("hindrance", "There are no classes: add those that are to be labelled.")


def _nothing_there(labelled: LabelledSet) -> Iterable[Finding]:
    if not labelled.pictures:
        yield Finding("hindrance", "No picture was chosen: add pictures, or choose other statuses.")


def _untouched(labelled: LabelledSet) -> Iterable[Finding]:
    count = sum(picture.untouched for picture in labelled.pictures)
    if count:
        have = "has" if count == 1 else "have"
        yield Finding(
            "note",
            f"{_pictures(count)} {have} no labels yet and would go out with nothing but ignore: "
            "choose other statuses to leave out what is new.",
        )


def _bad_names(labelled: LabelledSet) -> Iterable[Finding]:
    names = Counter(picture.name for picture in labelled.pictures)
    for name, count in names.items():
        if count > 1:
            yield Finding("hindrance", f"{count} pictures are called {name!r}: rename all but one.")
        if leads_out(name):
            yield Finding("hindrance", f"{name!r} leads out of the folder: rename it.", name)


def _unreadable(labelled: LabelledSet, options: ExportOptions) -> Iterable[Finding]:
    for picture in labelled.pictures:
        if options.pictures and picture.image is not None and not file_of(picture.image).is_file():
            yield Finding(
                "hindrance",
                f"{picture.image} is not there: put it back, or export without pictures.",
                picture.name,
            )
        elif picture.size == NO_SIZE:
            yield Finding(
                "hindrance",
                f"{picture.name} has no labels and cannot be read: restore or remove it.",
                picture.name,
            )


def _turned(labelled: LabelledSet, options: ExportOptions) -> Iterable[Finding]:
    turned = [p for p in labelled.pictures if p.image is not None and is_turned(p.image)]
    if not turned:
        return
    count = _pictures(len(turned))
    if options.pictures:
        text = f"EXIF turns {count} (the first is {turned[0].name}): written upright, as labelled."
    else:
        text = (
            f"EXIF turns {count} (the first is {turned[0].name}): the labels are of the upright "
            "picture, so your reader has to turn it too."
        )
    yield Finding("note", text, turned[0].name)


def _retired(labelled: LabelledSet) -> list[Finding]:
    """A note that there are retired classes; a hindrance where one has pixels all the same."""
    retired = [info for info in labelled.classes if info.retired]
    if not retired:
        return []
    found = [
        Finding(
            "note",
            f"The retired classes {named([info.name for info in retired])} have no pixels: "
            "classes.json keeps them, and no other class gets their numbers.",
        )
    ]
    ids = [info.id for info in retired]
    for picture in labelled.pictures:
        try:
            labels = picture.labels()
        except SegcoreError:
            continue  # said by the format, with everything else that cannot be read
        held = np.isin(ids, np.unique(labels))
        names = named([info.name for info, here in zip(retired, held) if here])
        if held.any():
            text = f"{picture.name} has pixels of the retired classes {names}: give them another."
            found.append(Finding("hindrance", text, picture.name))
    return found


def mixed_endings(
    labelled: LabelledSet, options: ExportOptions, reader: str, setting: str
) -> list[Finding]:
    """A note where pictures end otherwise than a reader expects that is told one ending."""
    if not options.pictures:
        return []
    endings = Counter(PurePosixPath(place.picture).suffix for place in placed(labelled).values())
    if set(endings) <= {".jpg"}:
        return []
    listed = ", ".join(sorted(endings))
    return [Finding("note", f"The pictures end in {listed}: tell {reader} so ({setting}).")]
