"""A model folder that is written whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from segcore.checkpoints import folder as beside
from segcore.checkpoints.refusal import refusal
from segcore.classes import ClassTable
from segcore.preprocess import Preprocess

_METADATA = {"format": "pt"}


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """A fresh folder beside `target`, which takes its place when the block ends well.

    The weights and words of an older model in `target` go, other files stay.

    Raises:
        CheckpointError: the folder cannot be written; what was there before is untouched.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=target.parent) as temporary:
            fresh = Path(temporary) / "model"
            fresh.mkdir()
            yield fresh
            # The weights' writer lets their owner alone read them; the folder's files go together.
            (fresh / beside.WEIGHTS[0]).chmod((fresh / beside.CONFIG).stat().st_mode)
            _swap(fresh, target, Path(temporary) / "before")
    except OSError as error:
        raise refusal(
            target,
            f"the model cannot be written ({error.strerror or error})",
            "choose a folder that can be written to, with enough space",
        ) from error


def write_tensors(
    folder: Path, tensors: Mapping[str, torch.Tensor], dtype: torch.dtype | None
) -> None:
    """`model.safetensors`; floating-point weights in `dtype` where one is given."""
    stored = {name: _stored(tensor, dtype) for name, tensor in tensors.items()}
    save_file(stored, folder / beside.WEIGHTS[0], metadata=_METADATA)


def write_words(
    folder: Path,
    words: Mapping[str, Any],
    classes: ClassTable | None,
    preprocess: Preprocess,
    card: str | None = None,
) -> None:
    """`config.json`, `preprocessor_config.json`, and `classes.json` and the card where given."""
    _write_json(folder / beside.CONFIG, words)
    _write_json(folder / beside.PREPROCESSOR, preprocess.to_json())
    if classes:
        classes.write(folder / beside.CLASSES)
    if card is not None:
        (folder / beside.CARD).write_text(card, encoding="utf-8")


def _stored(tensor: torch.Tensor, dtype: torch.dtype | None) -> torch.Tensor:
    kept = tensor.dtype if dtype is None or not tensor.dtype.is_floating_point else dtype
    return tensor.detach().to("cpu", kept).contiguous()


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
