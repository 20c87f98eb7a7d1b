"""Networks: SegFormer with exact and fast numerics, and its ImageNet classifier."""

from segcore.models.attention import QueriesAndKeys
from segcore.models.classifier import ImageClassifier
from segcore.models.config import NormEpsilons, SegFormerConfig
from segcore.models.fast import FastSegFormer
from segcore.models.segformer import SegFormer
from segcore.models.summary import StageSummary, count_macs, count_parameters, output_grid

__all__ = [
    "FastSegFormer",
    "ImageClassifier",
    "NormEpsilons",
    "QueriesAndKeys",
    "SegFormer",
    "SegFormerConfig",
    "StageSummary",
    "count_macs",
    "count_parameters",
    "output_grid",
]
