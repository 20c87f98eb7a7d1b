"""What a comparison has found, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from segcore.classes import ClassInfo, ClassTable
from segcore.comparison.counts import Figures, PairCounts
from segcore.comparison.matching import NOTHING_MATCHED, MatchedPictures
from segcore.metrics import Counts, Shares
from segcore.score_files import beside, number_or_none, write_csv, write_json

_CLASS_COLUMNS = ("name", "iou", "boundary_f", "pixels_a", "pixels_b", "agreed", "only_a", "only_b")


class PictureComparison(NamedTuple):
    """How the two sides agree on one picture.

    Attributes:
        picture, other: its name in A and in B.
        agreement: share of the judged pixels on which they agree; NaN where there are none.
        miou: mean IoU over the classes that either says; NaN where there are none.
        kappa: Cohen's kappa; NaN where chance says it all.
        boundary_f: mean over the classes with a boundary; NaN when none has one.
        disagreed, pixels: number of judged pixels on which they differ, and of all that are judged.
        only_a, only_b: pixels that one side alone has labelled.
    """

    picture: str
    other: str
    agreement: float
    miou: float
    kappa: float
    boundary_f: float
    disagreed: int
    pixels: int
    only_a: int
    only_b: int


@dataclass(frozen=True, eq=False)
class ComparisonReport:
    """What a comparison has found.

    Attributes:
        classes: the common table: A's classes with their ids, then those that only B has.
        counts: pixels by what the two say.
        figures: agreement, IoU, kappa over all pictures.
        boundary_f: mean of `boundary_f_per_class` where that is a number.
        boundary_f_per_class: (k,) as `counts.ids`: mean over the pictures where a class has a
            boundary.
        pictures: worst first: by mIoU, then by agreement; those without judged pixels are last.
        only_a, only_b: names of classes that one side alone has.
        title_a, title_b: what the sides are called.
        matched: which pictures belong together, and which to none.
        failed: pictures that could not be compared, and why.
        settings: what the figures depend on besides the labels.
        notes: what a person should know, a sentence each.
    """

    classes: ClassTable
    counts: PairCounts
    figures: Figures
    boundary_f: float
    boundary_f_per_class: Shares
    pictures: Sequence[PictureComparison]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    title_a: str = "A"
    title_b: str = "B"
    matched: MatchedPictures = NOTHING_MATCHED
    failed: tuple[tuple[str, str], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def occurring(self) -> tuple[ClassInfo, ...]:
        """The k classes that a side says somewhere, as `counts.ids`."""
        return tuple(self.classes[class_id] for class_id in self.counts.ids.tolist())

    @property
    def confusion(self) -> Counts:
        """(k, k) int64 pixels that both have labelled: rows A, columns B."""
        return self.counts.confusion

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON; what no pixel tells is null."""
        figures, matched = self.figures, self.matched
        return {
            "a": self.title_a,
            "b": self.title_b,
            "agreement": number_or_none(figures.agreement),
            "miou": number_or_none(figures.miou),
            "kappa": number_or_none(figures.kappa),
            "boundary_f": number_or_none(self.boundary_f),
            "pixels": figures.pixels,
            "disagreed": figures.disagreed,
            "only_a": int(self.counts.only_a.sum()),
            "only_b": int(self.counts.only_b.sum()),
            "classes": [dict(zip(_CLASS_COLUMNS, row)) for row in self.class_rows()],
            "confusion": self.confusion.tolist(),
            "pictures": [dict(zip(PictureComparison._fields, row)) for row in self._pictures()],
            "unmatched_classes": {"a": list(self.only_a), "b": list(self.only_b)},
            "unmatched_pictures": {
                "a": list(matched.only_a),
                "b": list(matched.only_b),
                "ambiguous": [
                    {"stem": each.stem, "a": list(each.a), "b": list(each.b)}
                    for each in matched.ambiguous
                ],
            },
            "failed": [{"picture": name, "error": why} for name, why in self.failed],
            "settings": dict(self.settings),
            "notes": list(self.notes),
        }

    def write_json(self, path: Path) -> None:
        """Write `to_json`; ImageError when the file cannot be written."""
        write_json(path, self.to_json())

    def write_csv(self, path: Path) -> None:
        """Write a row for each picture, worst first, and beside it `<stem>-classes.csv` and
        `<stem>-confusion.csv`, whose rows are A.

        Raises:
            ImageError: a file cannot be written.
        """
        names = [info.name for info in self.occurring]
        confusion = [(name, *row) for name, row in zip(names, self.confusion.tolist())]
        write_csv(path, PictureComparison._fields, self._pictures())
        write_csv(beside(path, "classes"), _CLASS_COLUMNS, self.class_rows())
        write_csv(beside(path, "confusion"), ("a \\ b", *names), confusion)

    def class_rows(self) -> list[tuple[Any, ...]]:
        """A row of numbers for each class that occurs; None for what no pixel tells."""
        counts, confusion = self.counts, self.confusion
        return [
            (
                info.name,
                number_or_none(float(self.figures.iou[place])),
                number_or_none(float(self.boundary_f_per_class[place])),
                int(confusion[place].sum()),
                int(confusion[:, place].sum()),
                int(confusion[place, place]),
                int(counts.only_a[place]),
                int(counts.only_b[place]),
            )
            for place, info in enumerate(self.occurring)
        ]

    def _pictures(self) -> list[tuple[Any, ...]]:
        return [
            tuple(number_or_none(each) if isinstance(each, float) else each for each in picture)
            for picture in self.pictures
        ]
