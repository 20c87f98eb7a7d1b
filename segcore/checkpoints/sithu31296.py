"""sithu31296's code base: NVlabs' names in a bare state dict, PyTorch's epsilon in every norm."""

from __future__ import annotations

from segcore.checkpoints.family import Family
from segcore.checkpoints.naming import Layout
from segcore.checkpoints.nvlabs import (
    HEAD_RULES,
    bears_nvlabs_marks,
    encoder_rules,
    has_decoder,
)
from segcore.checkpoints.storage import StoredWeights
from segcore.models.config import NormEpsilons


def _is_whole_and_not_of_nvlabs(stored: StoredWeights) -> bool:
    return has_decoder(stored) and not bears_nvlabs_marks(stored)


SEGMENTATION = Family(
    name="sithu31296",
    title="sithu31296",
    layouts=(Layout("sithu31296", encoder_rules("backbone.") + HEAD_RULES),),
    epsilons=NormEpsilons.SITHU31296,
    says_more=_is_whole_and_not_of_nvlabs,
)
