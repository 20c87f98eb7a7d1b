"""What two models look at from one pixel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from app.inference.inquiry import Desk, Inquiry
from segcore.geometry import Box
from segcore.progress import CancelToken, ProgressCallback

if TYPE_CHECKING:
    from app.inference.requests import Image, ModelSpec, Point
    from segcore.inspection import AttentionMap


@dataclass(frozen=True, eq=False)
class ComparedAttention:
    """Of each model the attention of the last block of every stage.

    Attributes:
        maps: of the first model, then of the second.
        box: the image pixels of the window that the pixel is in.
    """

    maps: tuple[tuple[AttentionMap, ...], tuple[AttentionMap, ...]]
    box: Box


@dataclass(frozen=True, eq=False)
class CompareAttention(Inquiry):
    """The answer is a `ComparedAttention`."""

    kind: ClassVar[str] = "study"
    models: tuple[ModelSpec, ModelSpec]
    image_name: str
    image: Image
    point: Point

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.image_name

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        _progress: ProgressCallback,
        _partial: Callable[[Any], None],
    ) -> ComparedAttention:
        """From queries and keys, which are kept with the picture's features.

        Raises:
            RequestError: a model has no attention, as a convolutional one.
        """
        from segcore.inspection import attention_map

        found = []
        box = Box.of_size((self.image.shape[0], self.image.shape[1]))
        for spec in self.models:
            predictor, encoded = desk.predictor(spec), desk.encoded(spec, self.image)
            depths = predictor.config.depths
            cancel.raise_if_cancelled()
            found.append(
                tuple(
                    attention_map(predictor, encoded, stage, depth - 1, self.point)
                    for stage, depth in enumerate(depths, start=1)
                )
            )
            box = encoded.windows[encoded.window_at(self.point)].box
        return ComparedAttention((found[0], found[1]), box)
