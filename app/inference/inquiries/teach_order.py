"""The question from which pictures a model would learn most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from app.inference.inquiry import Desk, Inquiry
from app.inference.requests import Image, ModelSpec
from segcore.errors import SegcoreError
from segcore.progress import CancelToken, Progress, ProgressCallback

if TYPE_CHECKING:
    from segcore.assist.next_pictures import PictureFacts

FIRST = 500
"""Pictures that are put in order; those behind them come as they were added."""
_TOLD_EVERY = 16
"""Pictures between two looks at how the order is by now."""


class Unlabelled(Protocol):
    """Where pictures are read, on the inference thread."""

    def read(self, name: str) -> Image:
        """The picture, (H, W, 3) uint8 RGB."""

    def is_labelled(self, name: str) -> bool:
        """Whether a person has labelled it already: it is not to be labelled next."""


@dataclass(frozen=True, eq=False)
class TeachOrder:
    """Names of pictures, the most instructive first, and what the model says of each.

    Labelled pictures are not among the names.
    """

    names: tuple[str, ...]
    facts: Mapping[str, PictureFacts]


@dataclass(frozen=True, eq=False)
class TeachOrderInquiry(Inquiry):
    """A `TeachOrder`; what is known by then comes as partial answers.

    Attributes:
        known: facts of pictures that this model has been asked about.
    """

    kind: ClassVar[str] = "study"
    model: ModelSpec
    names: tuple[str, ...]
    store: Unlabelled
    known: Mapping[str, PictureFacts] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the list of jobs calls it."""
        return self.model.source.rsplit("/", 1)[-1]

    def answer(
        self,
        desk: Desk,
        cancel: CancelToken,
        progress: ProgressCallback,
        partial: Callable[[Any], None],
    ) -> TeachOrder:
        """Pictures that cannot be read are left out."""
        from segcore.assist.next_pictures import picture_facts

        facts = dict(self.known)
        labelled: set[str] = set()
        asked = 0
        for done, name in enumerate(self.names):
            progress(Progress(done, len(self.names)))
            try:
                if self.store.is_labelled(name):
                    labelled.add(name)
                if name in facts:
                    continue
                predictor = desk.predictor(self.model)
                encoded = predictor.encode(self.store.read(name))
                facts[name] = picture_facts(predictor, encoded, cancel=cancel)
            except SegcoreError:
                continue
            asked += 1
            if asked % _TOLD_EVERY == 0:
                partial(_ordered(self.names, facts, labelled))
        progress(Progress(len(self.names), len(self.names)))
        return _ordered(self.names, facts, labelled)


def _ordered(
    names: Sequence[str], facts: Mapping[str, PictureFacts], labelled: set[str]
) -> TeachOrder:
    from segcore.assist.next_pictures import next_pictures

    asked = [name for name in names if name in facts]
    if not asked:
        return TeachOrder((), dict(facts))
    order = next_pictures(
        np.stack([facts[name].features for name in asked]),
        np.array([facts[name].doubt for name in asked], np.float32),
        [place for place, name in enumerate(asked) if name in labelled],
        FIRST,
    )
    return TeachOrder(tuple(asked[place] for place in order), dict(facts))
