"""Asking why: attention of a query, effective receptive fields, one pixel explained."""

from segcore.inspection.ablation import REPLACEMENTS, WithoutStage, ablations, labels_without
from segcore.inspection.attention import AttentionMap, attention_map
from segcore.inspection.attention_received import attention_received, attention_towards
from segcore.inspection.attention_rollout import attention_rollout
from segcore.inspection.attention_spread import HeadSpread, attention_spread
from segcore.inspection.components import Components, channel_map, principal_components
from segcore.inspection.counterfactual import Counterfactual, counterfactual
from segcore.inspection.erf import receptive_field
from segcore.inspection.erf_average import ErfAverage, average_fields, average_rows
from segcore.inspection.erf_comparison import ErfRow, comparison_figure, erf_picture
from segcore.inspection.erf_display import ErfDisplay
from segcore.inspection.erf_figures import ErfFigures, erf_figures
from segcore.inspection.erf_settings import ErfSettings
from segcore.inspection.explain import ClassScore, Explanation, Margin, explain
from segcore.inspection.hiding import FILLINGS, hide
from segcore.inspection.native_grid import NativeGrid, native_grid
from segcore.inspection.resolution import AtSize, resolution_study
from segcore.inspection.stages import StageFacts, stage_facts
from segcore.inspection.steps import StageWalker, Step

__all__ = [
    "FILLINGS",
    "REPLACEMENTS",
    "AtSize",
    "AttentionMap",
    "ClassScore",
    "Components",
    "Counterfactual",
    "ErfAverage",
    "ErfDisplay",
    "ErfFigures",
    "ErfRow",
    "ErfSettings",
    "Explanation",
    "HeadSpread",
    "Margin",
    "NativeGrid",
    "StageFacts",
    "StageWalker",
    "Step",
    "WithoutStage",
    "ablations",
    "attention_map",
    "attention_received",
    "attention_rollout",
    "attention_spread",
    "attention_towards",
    "average_fields",
    "average_rows",
    "channel_map",
    "comparison_figure",
    "counterfactual",
    "erf_figures",
    "erf_picture",
    "explain",
    "hide",
    "labels_without",
    "native_grid",
    "principal_components",
    "receptive_field",
    "resolution_study",
    "stage_facts",
]
