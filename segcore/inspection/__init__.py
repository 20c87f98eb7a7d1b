"""Asking why: attention of a query, effective receptive fields, one pixel explained."""

from segcore.inspection.attention import AttentionMap, attention_map
from segcore.inspection.erf import receptive_field
from segcore.inspection.erf_figures import ErfFigures, erf_figures, erf_picture
from segcore.inspection.explain import ClassScore, Explanation, explain

__all__ = [
    "AttentionMap",
    "ClassScore",
    "ErfFigures",
    "Explanation",
    "attention_map",
    "erf_figures",
    "erf_picture",
    "explain",
    "receptive_field",
]
