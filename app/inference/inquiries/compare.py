"""What a model says of pictures, compared with labels: one picture after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from app.inference.inquiry import Desk, Inquiry
from segcore.errors import RequestError
from segcore.images import read_image
from segcore.labels import LabelMap, read_label_map, write_label_map
from segcore.picture_files import explained
from segcore.progress import CancelToken, Progress, ProgressCallback

if TYPE_CHECKING:
    from app.inference.requests import ModelSpec
    from segcore.comparison import ComparisonReport, Side
    from segcore.formats.contract import LabelledPicture


@dataclass(frozen=True, eq=False)
class ComparisonInquiry(Inquiry):
    """Predicts every picture of a side and compares; the answer is the report and the model's side.

    What the model said is kept as label maps in `folder`, so that the differences that are looked
    at afterwards are those that were counted.

    Attributes:
        side: the labels that the model is compared with.
        model_first: the model is A.
        options: of `segcore.comparison.compare_sides`.
        folder: an empty one.
    """

    kind: ClassVar[str] = "study"
    model: ModelSpec
    side: Side
    model_first: bool
    folder: Path
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return f"Comparing {len(self.side.labelled.pictures):,} pictures"

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        _partial: Callable[[Any], None],
    ) -> tuple[ComparisonReport, Side]:
        """Report and side.

        Raises:
            SegcoreError: the model cannot be used, or not one picture could be compared.
            Cancelled: it was called off.
        """
        from segcore.comparison import compare_sides, side_of_predictions

        predictor = desk.predictor(self.model)
        pictures = self.side.labelled.pictures
        places = {
            picture.name: self.folder / f"{number}.png" for number, picture in enumerate(pictures)
        }

        def between(_tiles: Progress) -> None:
            progress(Progress(0, 0))

        def predict(picture: LabelledPicture) -> LabelMap:
            if picture.image is None:
                raise RequestError(
                    f"There is no picture for the labels of {picture.name}: open the pictures, or "
                    "lay them beside the labels."
                )
            found = predictor.predict(
                read_image(picture.image), confidence=False, cancel=cancel, progress=between
            )
            with explained(self.folder):
                write_label_map(places[picture.name], found.labels, predictor.classes)
            return found.labels

        model = side_of_predictions(predictor.name, predictor.classes, pictures, predict)
        a, b = (model, self.side) if self.model_first else (self.side, model)
        settings = {
            "model": predictor.name,
            "sha256": predictor.sha256,
            "device": predictor.device,
            "precision": predictor.precision,
            "protocol": self.model.protocol.in_words(),
        }
        report = compare_sides(
            a, b, settings=settings, progress=progress, cancel=cancel, **self.options
        )
        kept = [
            replace(picture, labels=partial(_kept, places[picture.name]))
            for picture in model.labelled.pictures
        ]
        return report, replace(model, labelled=replace(model.labelled, pictures=kept))


def _kept(path: Path) -> LabelMap:
    return read_label_map(path).labels
