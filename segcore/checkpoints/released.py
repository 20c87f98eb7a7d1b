"""The checkpoints that NVIDIA released: facts to choose by, known without a network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from segcore import resources


@dataclass(frozen=True)
class Licence:
    """What a model may be used for: `title` names the text, `summary` says it in a sentence."""

    id: str
    title: str
    non_commercial: bool
    summary: str
    url: str


@dataclass(frozen=True)
class Released:
    """A released checkpoint, by its name on the hub.

    Attributes:
        variant: `B0` to `B5`.
        input_size: (height, width) in pixels that it was trained on.
        protocol: how the paper shows it whole pictures; empty for ImageNet encoders.
        miou: the paper's, in per cent, at a single scale; None where it is not published.
        miou_multi_scale: the paper's, in per cent, with flips and scales.
        parameters: how many numbers were learnt.
    """

    name: str
    variant: str
    data_set: str
    classes: int
    input_size: tuple[int, int]
    protocol: str
    miou: float | None
    miou_multi_scale: float | None
    parameters: int
    licence: Licence

    @property
    def encoder_only(self) -> bool:
        """Whether it classifies pictures and cannot segment."""
        return not self.protocol


@cache
def released_models() -> tuple[Released, ...]:
    """Every released checkpoint: ADE20K, Cityscapes, then the ImageNet encoders."""
    catalogue = resources.released_models()
    licence = Licence(**catalogue["licence"])
    return tuple(
        Released(**{**row, "input_size": tuple(row["input_size"]), "licence": licence})
        for row in catalogue["models"]
    )


def released(name: str) -> Released | None:
    """The released checkpoint of that name on the hub, or None; capitals do not matter."""
    wanted = name.casefold()
    return next((one for one in released_models() if one.name.casefold() == wanted), None)
