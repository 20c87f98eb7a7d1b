"""Saving in the Hugging Face layout, under the names that every transformers version reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from segcore.checkpoints.checkpoint import Checkpoint
from segcore.checkpoints.model_folder import replacing_folder, write_tensors, write_words
from segcore.checkpoints.naming import Layout
from segcore.checkpoints.refusal import refusal
from segcore.checkpoints.transformers import CLASSIFIER_V4, SEGMENTATION_V4
from segcore.classes import ClassTable
from segcore.models import ImageClassifier, SegFormer, SegFormerConfig
from segcore.preprocess import Preprocess

_COUNTER = "num_batches_tracked"
_ACTIVATION = "gelu"


def save_pretrained(
    model: SegFormer | ImageClassifier | Checkpoint,
    folder: str | Path,
    classes: ClassTable | None = None,
    preprocess: Preprocess | None = None,
    *,
    dtype: torch.dtype | None = None,
    card: str | None = None,
) -> Path:
    """Write `model` as a model folder that this program and transformers read.

    `config.json`, `preprocessor_config.json`, `classes.json` (names with colours),
    `model.safetensors` and, with `card`, `README.md`. Everything is written beside `folder` and
    then takes its place; weights of an older model in it go, other files stay.

    Transformers computes with LayerNorm epsilons of 1e-5 everywhere: weights of another family
    give logits there that differ in the sixth decimal.

    Args:
        classes: default to the checkpoint's; a bare model needs them.
        dtype: of the weights in the file; as they are without it.

    Raises:
        CheckpointError: the folder cannot be written, or the layout cannot hold the network.
        ValueError: as many class names as outputs are needed.
    """
    target = Path(folder)
    if isinstance(model, Checkpoint):
        state: Mapping[str, torch.Tensor] = model.state
        classes = model.classes if classes is None else classes
        preprocess = preprocess or model.preprocess
        encoder_only = model.encoder_only
    else:
        state = model.state_dict()
        encoder_only = isinstance(model, ImageClassifier)
    config = model.segformer if isinstance(model, Checkpoint) else model.config
    if not encoder_only and (classes is None or len(classes) != config.num_classes):
        raise ValueError(
            f"{config.num_classes} outputs need as many classes, not {len(classes or ())}"
        )
    if config.head != "all_mlp" and not encoder_only:
        raise refusal(
            target,
            "the Hugging Face layout cannot hold this network, whose decoder is mmsegmentation's "
            "and has a ReLU of its own for each stage",
            "keep the checkpoint in the form that it was read from",
        )
    layout = CLASSIFIER_V4 if encoder_only else SEGMENTATION_V4
    with replacing_folder(target) as fresh:
        write_tensors(fresh, _renamed(state, layout), dtype)
        words = config_words(config, classes)
        words["dtype"] = str(dtype or torch.float32).removeprefix("torch.")
        write_words(fresh, words, classes, preprocess or Preprocess(), card)
    return target


def _renamed(state: Mapping[str, torch.Tensor], layout: Layout) -> dict[str, torch.Tensor]:
    """The weights as transformers calls them."""
    renamed = {
        layout.their_name(name): tensor
        for name, tensor in state.items()
        if not name.endswith(_COUNTER)
    }
    # transformers expects the counter that its BatchNorm has.
    if layout is SEGMENTATION_V4:
        renamed[f"decode_head.batch_norm.{_COUNTER}"] = torch.zeros((), dtype=torch.int64)
    return renamed


def config_words(config: SegFormerConfig, classes: ClassTable | None) -> dict[str, Any]:
    """What stands in `config.json`, as transformers' SegformerConfig reads it."""
    architecture = "ForSemanticSegmentation" if classes else "ForImageClassification"
    names = classes.names if classes else [f"LABEL_{i}" for i in range(config.num_classes)]
    return {
        "architectures": [f"Segformer{architecture}"],
        "model_type": "segformer",
        "num_channels": config.in_channels,
        "num_encoder_blocks": len(config.widths),
        "hidden_sizes": list(config.widths),
        "depths": list(config.depths),
        "num_attention_heads": list(config.heads),
        "sr_ratios": list(config.sr_ratios),
        "mlp_ratios": list(config.mlp_ratios),
        "patch_sizes": list(config.patch_sizes),
        "strides": list(config.strides),
        "decoder_hidden_size": config.decoder_width,
        "hidden_act": _ACTIVATION,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "classifier_dropout_prob": config.dropout,
        "drop_path_rate": config.drop_path,
        "initializer_range": 0.02,
        "layer_norm_eps": config.epsilons.block,
        "reshape_last_stage": True,
        "semantic_loss_ignore_index": 255,
        "id2label": {str(class_id): name for class_id, name in enumerate(names)},
        "label2id": {name: class_id for class_id, name in enumerate(names)},
    }
