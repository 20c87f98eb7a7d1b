"""This program's own layout, for networks that the Hugging Face layout does not know.

A folder like transformers': `config.json` with `model_type`, `architectures`, `id2label` and every
number of the network below `network`; `model.safetensors` with the weights under this program's
names; `preprocessor_config.json` and `classes.json` as beside any model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from segcore.checkpoints.checkpoint import Checkpoint
from segcore.checkpoints.deeplab_mmseg import SEGMENTATION as MMSEG
from segcore.checkpoints.deeplab_smp import SEGMENTATION as SMP
from segcore.checkpoints.family import Family
from segcore.checkpoints.fit import Fit
from segcore.checkpoints.folder import CONFIG, names_in
from segcore.checkpoints.model_folder import replacing_folder, write_tensors, write_words
from segcore.checkpoints.naming import Layout, Rule
from segcore.checkpoints.own_words import ARCHITECTURES, DEEPLAB, NETWORK, RESNET_MLP, read_network
from segcore.checkpoints.refusal import refusal
from segcore.checkpoints.transformers import SEGMENTATION_V4
from segcore.checkpoints.writer import save_pretrained
from segcore.classes import ClassTable
from segcore.models import (
    DeepLab,
    DeepLabConfig,
    ResNetMlp,
    ResNetMlpConfig,
    SegFormer,
    SegFormerConfig,
)
from segcore.preprocess import Preprocess

_COUNTER = "num_batches_tracked"
_ANOTHER_CONFIG = f"put the {CONFIG} beside it that was written with these weights"


def save_model(
    model: SegFormer | DeepLab | ResNetMlp | Checkpoint,
    folder: str | Path,
    classes: ClassTable | None = None,
    preprocess: Preprocess | None = None,
    *,
    dtype: torch.dtype | None = None,
    card: str | None = None,
) -> Path:
    """Write any model that segments as a folder that `read_checkpoint` reads back bit for bit.

    A SegFormer is written in the Hugging Face layout by `save_pretrained`, which says more.

    Args:
        classes: default to the checkpoint's; a bare model needs them.
        dtype: of the weights in the file; as they are without it.
        card: becomes `README.md`.

    Raises:
        CheckpointError: the folder cannot be written, or this is an ImageNet classifier.
        ValueError: as many class names as outputs are needed.
    """
    target = Path(folder)
    config = model.config
    if isinstance(config, SegFormerConfig):
        assert isinstance(model, SegFormer | Checkpoint), "no other network has such numbers"
        return save_pretrained(model, target, classes, preprocess, dtype=dtype, card=card)
    if not isinstance(config, DeepLabConfig | ResNetMlpConfig):
        raise refusal(
            target,
            "an ImageNet classifier has no decoder to save",
            "build a DeepLabv3+ or an All-MLP head on it first",
        )
    if isinstance(model, Checkpoint):
        state: Mapping[str, torch.Tensor] = model.state
        classes = model.classes if classes is None else classes
        preprocess = preprocess or model.preprocess
    else:
        state = model.state_dict()
    if classes is None or len(classes) != config.num_classes:
        raise ValueError(
            f"{config.num_classes} outputs need as many classes, not {len(classes or ())}"
        )
    kept = {name: tensor for name, tensor in state.items() if not name.endswith(_COUNTER)}
    with replacing_folder(target) as fresh:
        write_tensors(fresh, kept, dtype)
        words = config_words(config, classes)
        words["dtype"] = str(dtype or torch.float32).removeprefix("torch.")
        write_words(fresh, words, classes, preprocess or Preprocess(), card)
    return target


def config_words(config: DeepLabConfig | ResNetMlpConfig, classes: ClassTable) -> dict[str, Any]:
    """What stands in `config.json`."""
    kind = DEEPLAB if isinstance(config, DeepLabConfig) else RESNET_MLP
    return {
        "architectures": [ARCHITECTURES[kind]],
        "model_type": kind,
        NETWORK: asdict(config),
        "id2label": {str(class_id): name for class_id, name in enumerate(classes.names)},
        "label2id": {name: class_id for class_id, name in enumerate(classes.names)},
    }


def _configure(fit: Fit, words: Mapping[str, Any]) -> DeepLabConfig | ResNetMlpConfig:
    if not words:
        raise fit.refuse(
            f"there is no {CONFIG} beside it, and weights do not tell output stride and rates",
            _ANOTHER_CONFIG,
        )
    try:
        config = read_network(words)
    except ValueError as error:
        raise fit.refuse(f"its {CONFIG} {error}", _ANOTHER_CONFIG) from error
    names = names_in(words)
    if names is not None and len(names) != config.num_classes:
        raise fit.refuse(
            f"its {CONFIG} names {len(names)} classes and describes a network of "
            f"{config.num_classes}",
            _ANOTHER_CONFIG,
        )
    return config


def _own_rules(*layouts: Layout) -> tuple[Rule, ...]:
    """A rule for every own name that the rules of some layouts lead to: it stays as it is."""
    names = dict.fromkeys(rule.own for layout in layouts for rule in layout.rules)
    return tuple(Rule(name, name) for name in names)


_ON_RESNETS = _own_rules(*MMSEG.layouts, *SMP.layouts)
_DECODER = tuple(rule for rule in _own_rules(SEGMENTATION_V4) if rule.own.startswith("decoder."))

OWN = Family(
    name="own",
    title="SegFormer Studio",
    layouts=(Layout("own", _ON_RESNETS + _DECODER),),
    configure=_configure,
    reads_folder=True,
)
