"""Networks: SegFormer, and DeepLabv3+ and the All-MLP head on ResNets to compare it with."""

from segcore.models.attention import QueriesAndKeys
from segcore.models.classifier import ImageClassifier
from segcore.models.config import NormEpsilons, SegFormerConfig
from segcore.models.deeplab import DeepLab
from segcore.models.deeplab_config import DeepLabConfig
from segcore.models.fast import FastSegFormer
from segcore.models.network import (
    Classifier,
    ModelConfig,
    Runnable,
    SegmentationNetwork,
    architecture_title,
    build_network,
    fast_network,
    is_fast,
)
from segcore.models.resnet import ResNetClassifier
from segcore.models.resnet_config import ResNetClassifierConfig, ResNetConfig, ResNetMlpConfig
from segcore.models.resnet_mlp import ResNetMlp
from segcore.models.segformer import SegFormer
from segcore.models.summary import StageSummary, count_macs, count_parameters, output_grid

__all__ = [
    "Classifier",
    "DeepLab",
    "DeepLabConfig",
    "FastSegFormer",
    "ImageClassifier",
    "ModelConfig",
    "NormEpsilons",
    "QueriesAndKeys",
    "ResNetClassifier",
    "ResNetClassifierConfig",
    "ResNetConfig",
    "ResNetMlp",
    "ResNetMlpConfig",
    "Runnable",
    "SegFormer",
    "SegFormerConfig",
    "SegmentationNetwork",
    "StageSummary",
    "architecture_title",
    "build_network",
    "count_macs",
    "count_parameters",
    "fast_network",
    "is_fast",
    "output_grid",
]
