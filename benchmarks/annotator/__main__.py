"""Read the arguments, label, print tables."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.annotator import photographs
from benchmarks.annotator.studio import Model, Studio
from benchmarks.annotator.ways import REACHED, WAYS, Labelled, label
from benchmarks.assist_simulation import Labels, Pair, drawn_pairs, pairs
from segcore.atomic import replacing
from segcore.classes import ClassTable

Found = dict[str, dict[str, Labelled]]
"""Way -> picture -> what it took."""
MORE = 3
"""The status of a run whose time was up before everything was done."""


class Kept:
    """What is known of each kind of picture, in a file, so that a run can be cut into pieces."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.kinds: dict[str, Found] = {}
        if path is not None and path.exists():
            for kind, ways in json.loads(path.read_text(encoding="utf-8")).items():
                self.kinds[kind] = {
                    way: {name: Labelled.from_json(row) for name, row in pictures.items()}
                    for way, pictures in ways.items()
                }

    def found(self, kind: str, way: str) -> dict[str, Labelled]:
        """Picture -> what it took; to be added to."""
        return self.kinds.setdefault(kind, {}).setdefault(way, {})

    def write(self) -> None:
        """Keep what is known by now."""
        if self._path is None:
            return
        told = {
            kind: {
                way: {name: row.as_json() for name, row in pictures.items()}
                for way, pictures in ways.items()
            }
            for kind, ways in self.kinds.items()
        }
        with replacing(self._path) as file:
            file.write(json.dumps(told, indent=1).encode())


class Set(NamedTuple):
    """Pictures of one kind, and the classes that they are labelled with.

    Attributes:
        kind: what they show, and the model that was asked.
    """

    kind: str
    pictures: Iterable[Pair]
    classes: ClassTable


def work(some: Set, model: Model, ways: Sequence[str], kept: Kept, until: float) -> bool:
    """Label every picture in every way in which it has not been labelled yet.

    Args:
        until: the moment of `time.monotonic` after which nothing more is begun.

    Returns:
        Whether everything is done.
    """
    kind, pictures, classes = some
    for pair in pictures:
        missing = [way for way in ways if pair.name not in kept.found(kind, way)]
        if not missing:
            continue
        studio = Studio(pair.image, classes, model)
        prediction = named(model.labels(pair.image), model.classes, classes)
        for way in missing:
            if time.monotonic() > until:
                return False
            began = time.perf_counter()
            found = label(studio, pair.labels, prediction, WAYS[way])
            kept.found(kind, way)[pair.name] = found
            told = f"{way} {found.actions} ({100 * found.ended_at:.1f} %)"
            print(f"{pair.name}: {told}, {time.perf_counter() - began:.0f} s", file=sys.stderr)
            kept.write()
    return True


def named(labels: Labels, model: ClassTable, classes: ClassTable) -> Labels:
    """A prediction in another table's ids, by name; ignore for what it lacks."""
    ids = [classes.id_of(info.name) for info in model]
    table = np.full(1 << 16, classes.ignore, classes.dtype)
    table[: len(ids)] = [classes.ignore if each is None else each for each in ids]
    return np.asarray(table[labels])


def rows_of(found: Found, ways: Sequence[str]) -> list[dict[str, Any]]:
    """One row of the table for each way; shares are of the same pictures by the plain brush."""
    plain = found.get("brush, empty picture", {})
    rows = []
    for way in ways:
        pictures = found.get(way, {})
        if not pictures:
            continue
        actions = [each.actions for each in pictures.values()]
        against = [plain[name].actions for name in pictures if name in plain]
        used = sum((each.used for each in pictures.values()), Counter[str]())
        rows.append(
            {
                "way": way,
                "pictures": len(pictures),
                "actions": round(float(np.mean(actions)), 1),
                "median": float(np.median(actions)),
                "most": max(actions),
                "share": round(sum(actions) / sum(against), 3) if against else None,
                "begun_at": round(float(np.mean([e.begun_at for e in pictures.values()])), 3),
                "reached": sum(each.ended_at >= REACHED for each in pictures.values()),
                "used": dict(used.most_common()),
            }
        )
    return rows


def show(kind: str, rows: list[dict[str, Any]]) -> None:
    """Print a table, and which tools were used."""
    print(f"\n{kind}\n| way | pictures | begins at | actions | median | of the plain brush's |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        share = "-" if row["share"] is None else f"{row['share']:.2f}"
        pictures = str(row["pictures"])
        if row["reached"] < row["pictures"]:
            pictures += f", {row['reached']} reached"
        print(
            f"| {row['way']} | {pictures} | {100 * row['begun_at']:.1f} % | {row['actions']} "
            f"| {row['median']:.0f} | {share} |"
        )
    for row in rows:
        print(f"{row['way']}: {row['used']}", file=sys.stderr)


def sets(given: argparse.Namespace, model: Model) -> Iterator[Set]:
    """Those that were asked for."""
    for kind, data in (("street", given.street), ("aerial", given.aerial)):
        if data is not None:
            classes = ClassTable.read(data / "classes.json")
            yield Set(kind, pairs(data, "test", given.every), classes)
    if given.voc is not None:
        yield Set("photographs", photographs.masked(given.voc), photographs.CLASSES)
    if given.labelme is not None:
        yield Set("crowded photographs", photographs.outlined(given.labelme), photographs.CLASSES)
    if given.drawn:
        yield Set("drawn", drawn_pairs(), model.classes)


def middle_of(pair: Pair, side: int | None) -> Pair:
    """The middle of a picture, at most so many pixels wide and high."""
    if side is None:
        return pair
    height, width = pair.labels.shape
    top, left = max((height - side) // 2, 0), max((width - side) // 2, 0)
    where = slice(top, top + side), slice(left, left + side)
    image, labels = (np.ascontiguousarray(part[where]) for part in (pair.image, pair.labels))
    return Pair(pair.name, image, labels)


def main() -> int:
    """Read the arguments, label, print tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.annotator", description=__doc__)
    parser.add_argument("--street", type=Path)
    parser.add_argument("--aerial", type=Path)
    parser.add_argument("--voc", type=Path, help="a folder of `N_image.png` and `N_target.png`")
    parser.add_argument("--labelme", type=Path, help="a folder of JSON files beside photographs")
    parser.add_argument("--drawn", action="store_true", help="the drawn streets")
    parser.add_argument("--model", default="street-b0", help="whose prediction and features")
    parser.add_argument("--every", type=int, default=12, help="of the test pictures")
    parser.add_argument("--side", type=int, help="the middle of each picture, so many pixels")
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=WAYS, metavar="WAY")
    parser.add_argument("--seconds", type=float, default=math.inf, help=f"then stop; status {MORE}")
    parser.add_argument("--kept", type=Path, help="what is known goes there, and is not done again")
    given = parser.parse_args()
    model, kept = Model(given.model), Kept(given.kept)
    until = time.monotonic() + given.seconds
    left = False
    for kind, pictures, classes in sets(given, model):
        cut = (middle_of(pair, given.side) for pair in pictures)
        some = Set(f"{kind}, {Path(given.model).name}", cut, classes)
        left |= not work(some, model, given.ways, kept, until)
    for kind, found in kept.kinds.items():
        show(kind, rows_of(found, list(WAYS)))
    return MORE if left else 0


if __name__ == "__main__":
    sys.exit(main())
