"""The models that are at hand: bundled ones, the person's own, and those from a hub."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import platformdirs

from segcore import resources
from segcore.checkpoints import folder as beside
from segcore.checkpoints.hub_cache import downloaded_models
from segcore.checkpoints.hub_name import HubName
from segcore.checkpoints.own_words import ARCHITECTURES, is_own, read_network
from segcore.checkpoints.refusal import one_line
from segcore.checkpoints.released import released
from segcore.errors import CheckpointError
from segcore.models.config import SegFormerConfig

Kind = Literal["bundled", "local", "hub"]

_WEIGHT_FILES = (".safetensors", ".pth", ".pt", ".bin")


@dataclass(frozen=True)
class ModelEntry:
    """A model that can be named; `source` is what `read_checkpoint` takes.

    Read from the small files beside the weights: `variant` is empty and `classes` 0 for a file
    without any, and `trouble` holds the sentence where they are broken. `segments` is False for an
    encoder that needs to be trained before it can.
    """

    name: str
    kind: Kind
    source: str
    variant: str
    classes: int
    licence: str
    summary: str
    trouble: str = ""
    segments: bool = True


def local_models_folder() -> Path:
    """Where the person's own models are found by name: `models` in the user's data folder."""
    return Path(platformdirs.user_data_dir("segformer-studio", appauthor=False)) / "models"


def bundled_path(name: str) -> Path:
    """The folder of a bundled model.

    Raises:
        CheckpointError: none has that name.
    """
    folder = resources.bundled_models().get(name)
    if folder is None:
        known = ", ".join(resources.bundled_models())
        raise CheckpointError(f"{one_line(name)}: no bundled model has that name; use {known}.")
    return folder


def list_models() -> list[ModelEntry]:
    """Bundled models, the person's own, then downloaded ones, each in order of name.

    Only the small files beside the weights are read.
    """
    bundled = [
        describe(folder, "bundled", name) for name, folder in resources.bundled_models().items()
    ]
    local = [describe(path, "local", path.name) for path in _local_models()]
    return bundled + local + [_downloaded(name, folder) for name, folder in downloaded_models()]


def _downloaded(name: HubName, folder: Path) -> ModelEntry:
    entry = describe(folder, "hub", str(name))
    known = released(name.repo)
    if known is None:
        return entry
    what = "encoder with classifier" if known.encoder_only else "SegFormer"
    return replace(
        entry,
        licence=known.licence.title,
        summary=f"{what}, {known.data_set}",
        segments=not known.encoder_only,
    )


def _local_models() -> list[Path]:
    try:
        entries = sorted(local_models_folder().iterdir())
    except OSError:  # not made yet
        return []
    return [
        entry
        for entry in entries
        if (entry / beside.CONFIG).is_file() or (entry.is_file() and entry.suffix in _WEIGHT_FILES)
    ]


def describe(path: Path, kind: Kind, name: str) -> ModelEntry:
    """What the files beside the weights say of the model at `path`, a folder or a file."""
    source = str(path) if kind == "local" else name
    if path.is_file():
        return ModelEntry(name, kind, source, "", 0, "", "a checkpoint file")
    licence = beside.read_licence(path) or ""
    try:
        words = beside.read_words(path, path)
        if is_own(words):
            other = read_network(words)
            title = _title(path) or ARCHITECTURES[words["model_type"]]
            return ModelEntry(name, kind, source, other.variant, other.num_classes, licence, title)
        config = beside.read_config(path, path)
    except CheckpointError as error:
        return ModelEntry(name, kind, source, "", 0, licence, "", trouble=str(error))
    except ValueError as error:
        trouble = f"{name}: its {beside.CONFIG} {error}."
        return ModelEntry(name, kind, source, "", 0, licence, "", trouble=trouble)
    variant = _variant(config) if config is not None else ""
    classes = len(config.names) if config is not None and config.names else 0
    return ModelEntry(name, kind, source, variant, classes, licence, _title(path))


def _variant(config: beside.FolderConfig) -> str:
    if config.widths is None or config.depths is None:
        return ""
    for name in ("B0", "B1", "B2", "B3", "B4", "B5"):
        published = SegFormerConfig.named(name)
        if (published.widths, published.depths) == (config.widths, config.depths):
            return name
    return "custom"


def _title(folder: Path) -> str:
    """The card's first heading."""
    try:
        card = (folder / beside.CARD).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    headings = (line for line in card.splitlines() if line.startswith("# "))
    return one_line(next(headings, "").removeprefix("# "), 120)


def card_text(folder: Path) -> str:
    """The model card, without its front matter; empty where there is none."""
    try:
        card = (folder / beside.CARD).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    if card.startswith("---"):
        card = card.split("\n---", 1)[-1].lstrip("-\n")
    return card.strip()
