"""A family of checkpoints: who wrote them, how they are told apart, what their numbers assume."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from segcore.checkpoints.naming import Layout, best_layout
from segcore.checkpoints.storage import StoredWeights
from segcore.models import ModelConfig
from segcore.models.config import Head, NormEpsilons

if TYPE_CHECKING:
    from segcore.checkpoints.fit import Fit

Configure = Callable[["Fit", Mapping[str, Any]], ModelConfig]
"""Renamed weights, and the `config.json` beside them, to what network they are."""

# A file belongs to a family when this share of its keys does: one with a strange head or a few
# missing keys is still recognised, so that the sentence can name them.
_SHARE_OF_KEYS = 0.5


@dataclass(frozen=True)
class Family:
    """One row of the table of families.

    `layouts` are tried together; `says_more` looks beyond the keys (wrapping, meta) where two
    families share their names. `head` is the decoder that they all have; `encoder_only` families
    have none and end in ImageNet's classifier, or in nothing. `reads_folder` families bring
    `config.json` and `preprocessor_config.json` beside the weights.

    Families of other networks than SegFormers `configure` them; for those `epsilons` and `head`
    say nothing.
    """

    name: str
    title: str
    layouts: tuple[Layout, ...]
    epsilons: NormEpsilons = NormEpsilons.TRANSFORMERS
    head: Head = "all_mlp"
    encoder_only: bool = False
    reads_folder: bool = False
    says_more: Callable[[StoredWeights], bool] | None = None
    configure: Configure | None = None

    def recognise(self, stored: StoredWeights) -> Layout | None:
        """The layout that `stored` is written in, or None when it is not of this family."""
        layout, known = best_layout(self.layouts, stored.tensors.keys())
        if known == 0 or known < _SHARE_OF_KEYS * len(stored.tensors):
            return None
        if self.says_more is not None and not self.says_more(stored):
            return None
        return layout
