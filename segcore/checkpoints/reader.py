"""From the name of a model to a checked checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segcore import resources
from segcore.checkpoints import folder as beside
from segcore.checkpoints.checkpoint import Checkpoint
from segcore.checkpoints.families import FAMILIES
from segcore.checkpoints.family import Family
from segcore.checkpoints.fit import Fit, build_config, check_weights
from segcore.checkpoints.naming import Layout, rename
from segcore.checkpoints.refusal import named, refusal
from segcore.checkpoints.source import Source, locate
from segcore.checkpoints.storage import StoredWeights, read_weights
from segcore.classes import ClassTable
from segcore.errors import ClassTableError
from segcore.models import ModelConfig, architecture_title
from segcore.preprocess import Preprocess


def read_checkpoint(source: str | Path) -> Checkpoint:
    """Read the model of that bundled name, file, folder or hub name (from the local cache).

    Raises:
        CheckpointError: whatever is wrong with it, in one sentence.
    """
    found = locate(source)
    stored = read_weights(found.weights)
    family, layout = _recognise(found, stored)
    with_folder = _Beside.read(found, family)
    renamed = rename(layout, stored.tensors)
    fit = Fit(found.given, layout, family, renamed, stored.in_file)
    if family.configure is None:
        config: ModelConfig = build_config(fit, with_folder.config)
    else:
        config = family.configure(fit, with_folder.words)
    check_weights(fit, config)
    classes = ClassTable(()) if family.encoder_only else _classes(stored, with_folder, config)
    in_card = beside.read_licence(found.folder) if with_folder.reads else None
    licence = found.licence or in_card
    return Checkpoint(
        name=found.name,
        path=found.path,
        family=family.name,
        config=config,
        state=renamed.state,
        classes=classes,
        preprocess=with_folder.preprocess,
        sha256=stored.sha256,
        licence=licence,
        encoder_only=family.encoder_only,
        summary=_summary(fit, config, licence),
        notes=with_folder.preprocess.notes,
    )


@dataclass(frozen=True)
class _Beside:
    """What the files beside the weights say, for families that come in folders."""

    reads: bool
    config: beside.FolderConfig | None
    preprocess: Preprocess
    classes: ClassTable | None
    words: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...] | None:
        """The classes' names, in order of id."""
        return beside.names_in(self.words) if self.config is None else self.config.names

    @classmethod
    def read(cls, found: Source, family: Family) -> _Beside:
        if not family.reads_folder:
            return cls(reads=False, config=None, preprocess=Preprocess(), classes=None)
        config, words = None, {}
        if family.configure is None:
            config = beside.read_config(found.given, found.folder)
        else:
            words = beside.read_words(found.given, found.folder)
        return cls(
            reads=True,
            config=config,
            preprocess=beside.read_preprocess(found.given, found.folder),
            classes=beside.read_classes(found.folder),
            words=words,
        )


def _recognise(found: Source, stored: StoredWeights) -> tuple[Family, Layout]:
    for family in FAMILIES:
        layout = family.recognise(stored)
        if layout is not None:
            return family, layout
    raise refusal(
        found.given,
        f"this is no SegFormer or other network that the program knows (its weights are called "
        f"{named(list(stored.tensors))})",
        "give one in the layout of Hugging Face transformers, NVlabs, sithu31296, "
        "segmentation_models.pytorch or mmsegmentation, or a DeepLabv3+ on a ResNet",
    )


def _classes(stored: StoredWeights, folder: _Beside, config: ModelConfig) -> ClassTable:
    """Names from `id2label` or `meta`, else from the table with as many classes, else numbers."""
    names = folder.names
    if names is not None:
        written = folder.classes
        if written is not None and written.names == names:
            return written
        return resources.colored(names)
    told = _classes_in_meta(stored.meta, config.num_classes)
    if told is not None:
        return told
    known = resources.class_table_of_size(config.num_classes)
    return known or ClassTable.from_names([f"class_{i}" for i in range(config.num_classes)])


def _classes_in_meta(meta: Mapping[str, Any], count: int) -> ClassTable | None:
    """mmcv's CLASSES and PALETTE, or mmengine's `dataset_meta`; None unless for every class."""
    told = meta.get("dataset_meta")
    # mmengine writes them small, its predecessors wrote them large.
    words = {str(key).lower(): value for key, value in {**meta, **_mapping(told)}.items()}
    names = words.get("classes")
    if not isinstance(names, (list, tuple)) or len(names) != count:
        return None
    palette = words.get("palette")
    try:
        return ClassTable.from_names([str(name) for name in names], palette)
    except (ClassTableError, TypeError, ValueError):
        return resources.colored([str(name) for name in names])


def _mapping(told: object) -> Mapping[str, Any]:
    return told if isinstance(told, Mapping) else {}


def _summary(fit: Fit, config: ModelConfig, licence: str | None) -> str:
    size = "a size of its own" if config.variant == "custom" else config.variant
    if fit.headless:
        kind, classes = "encoder without a classifier", ""
    else:
        title = architecture_title(config)
        kind = "encoder with ImageNet classifier" if fit.family.encoder_only else title
        classes = f", {config.num_classes} classes"
    terms = f", licence {licence}" if licence else ""
    return f"{kind}, {size}{classes}, {fit.family.title}{terms}"
