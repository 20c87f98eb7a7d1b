"""Asking why: attention of a query, effective receptive fields and their figures."""

from segcore.inspection.attention import AttentionMap, attention_map
from segcore.inspection.erf import receptive_field
from segcore.inspection.erf_figures import ErfFigures, erf_figures, erf_picture

__all__ = [
    "AttentionMap",
    "ErfFigures",
    "attention_map",
    "erf_figures",
    "erf_picture",
    "receptive_field",
]
