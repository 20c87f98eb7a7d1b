"""Asking why: attention of a query, effective receptive fields, one pixel explained."""

from segcore.inspection.attention import AttentionMap, attention_map
from segcore.inspection.attention_received import attention_received, attention_towards
from segcore.inspection.attention_rollout import attention_rollout
from segcore.inspection.attention_spread import HeadSpread, attention_spread
from segcore.inspection.erf import receptive_field
from segcore.inspection.erf_figures import ErfFigures, erf_figures, erf_picture
from segcore.inspection.explain import ClassScore, Explanation, explain

__all__ = [
    "AttentionMap",
    "ClassScore",
    "ErfFigures",
    "Explanation",
    "HeadSpread",
    "attention_map",
    "attention_received",
    "attention_rollout",
    "attention_spread",
    "attention_towards",
    "erf_figures",
    "erf_picture",
    "explain",
    "receptive_field",
]
