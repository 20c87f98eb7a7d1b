"""Saving in the Hugging Face layout, under the names that every transformers version reads."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from segcore.checkpoints import folder as beside
from segcore.checkpoints.checkpoint import Checkpoint
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
    config = model.config
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
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target.parent) as temporary:
            fresh = Path(temporary) / "model"
            fresh.mkdir()
            _write_weights(fresh, state, layout, dtype)
            _write_words(fresh, config, classes, preprocess or Preprocess(), dtype)
            # The weights' writer lets their owner alone read them; the folder's files go together.
            (fresh / beside.WEIGHTS[0]).chmod((fresh / beside.CONFIG).stat().st_mode)
            if card is not None:
                (fresh / beside.CARD).write_text(card, encoding="utf-8")
            _swap(fresh, target, Path(temporary) / "before")
    except OSError as error:
        raise refusal(
            target,
            f"the model cannot be written ({error.strerror or error})",
            "choose a folder that can be written to, with enough space",
        ) from error
    return target


def _write_weights(
    folder: Path, state: Mapping[str, torch.Tensor], layout: Layout, dtype: torch.dtype | None
) -> None:
    renamed = {
        layout.their_name(name): _stored(tensor, dtype)
        for name, tensor in state.items()
        if not name.endswith(_COUNTER)
    }
    # transformers expects the counter that its BatchNorm has.
    if layout is SEGMENTATION_V4:
        renamed[f"decode_head.batch_norm.{_COUNTER}"] = torch.zeros((), dtype=torch.int64)
    save_file(renamed, folder / beside.WEIGHTS[0], metadata={"format": "pt"})


def _stored(tensor: torch.Tensor, dtype: torch.dtype | None) -> torch.Tensor:
    return tensor.detach().to("cpu", dtype or tensor.dtype).contiguous()


def _write_words(
    folder: Path,
    config: SegFormerConfig,
    classes: ClassTable | None,
    preprocess: Preprocess,
    dtype: torch.dtype | None,
) -> None:
    words = config_words(config, classes)
    words["dtype"] = str(dtype or torch.float32).removeprefix("torch.")
    _write_json(folder / beside.CONFIG, words)
    _write_json(folder / beside.PREPROCESSOR, preprocess.to_json())
    if classes:
        classes.write(folder / beside.CLASSES)


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


def _write_json(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _swap(fresh: Path, target: Path, before: Path) -> None:
    """Put `fresh` in the place of `target`; what is not a model's in the old folder moves along."""
    if not target.exists():
        fresh.rename(target)
        return
    target.rename(before)
    try:
        fresh.rename(target)
    except OSError:
        before.rename(target)
        raise
    for entry in before.iterdir():
        if not _belongs_to_a_model(entry):
            shutil.move(entry, target / entry.name)


def _belongs_to_a_model(entry: Path) -> bool:
    words = {beside.CONFIG, beside.PREPROCESSOR, beside.CLASSES, beside.CARD}
    return entry.name in words or entry.name.endswith((".safetensors", ".bin", ".index.json"))
