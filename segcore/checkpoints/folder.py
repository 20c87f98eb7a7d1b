"""What stands beside the weights in a Hugging Face folder: config, preprocessing, names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcore.checkpoints.refusal import base_name, refusal
from segcore.classes import ClassTable
from segcore.errors import CheckpointError, ClassTableError
from segcore.models.config import STAGES
from segcore.preprocess import Preprocess

CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
CLASSES = "classes.json"
CARD = "README.md"
WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
_OTHER_WEIGHTS = ("*.safetensors", "*.bin", "*.pth", "*.pt")
_WRITE_ANEW = "write it anew or take it from where the weights come from"


@dataclass(frozen=True)
class FolderConfig:
    """A `config.json` of transformers; None stands for what it leaves to the weights."""

    widths: tuple[int, ...] | None
    depths: tuple[int, ...] | None
    heads: tuple[int, ...] | None
    sr_ratios: tuple[int, ...] | None
    mlp_ratios: tuple[float, ...] | None
    patch_sizes: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    in_channels: int | None
    decoder_width: int | None
    names: tuple[str, ...] | None
    drop_path: float
    dropout: float


# Own names of fields, and what config.json calls them.
FIELDS = {
    "widths": "hidden_sizes",
    "depths": "depths",
    "heads": "num_attention_heads",
    "sr_ratios": "sr_ratios",
    "mlp_ratios": "mlp_ratios",
    "patch_sizes": "patch_sizes",
    "strides": "strides",
    "in_channels": "num_channels",
    "decoder_width": "decoder_hidden_size",
    "num_classes": "id2label",
}


def find_weights(folder: Path) -> Path:
    """The weights in a model folder: the usual names first, else the only checkpoint in it.

    Raises:
        CheckpointError: none is there, or several that nothing chooses between.
    """
    for name in WEIGHTS:
        if (folder / name).is_file():
            return folder / name
    try:
        found = sorted(path for pattern in _OTHER_WEIGHTS for path in folder.glob(pattern))
    except OSError as error:
        raise refusal(folder, f"cannot be read ({error.strerror})", "check its permissions") from (
            error
        )
    if len(found) == 1:
        return found[0]
    if found:
        raise refusal(
            folder,
            f"there are {len(found)} checkpoints in the folder, {found[0].name} first",
            "name the file that you mean",
        )
    raise refusal(
        folder,
        f"there are no weights in the folder ({WEIGHTS[0]} or {WEIGHTS[2]})",
        "name a folder with a model, or a checkpoint file",
    )


def read_config(source: str | Path, folder: Path) -> FolderConfig | None:
    """The folder's `config.json`, None without one; `source` is what the person named.

    Raises:
        CheckpointError: broken JSON, another model's configuration, impossible values.
    """
    data = _read_json(source, folder / CONFIG)
    if data is None:
        return None
    _refuse_other_models(source, data)
    try:
        return FolderConfig(
            widths=_stage_integers(data, "hidden_sizes"),
            depths=_stage_integers(data, "depths"),
            heads=_stage_integers(data, "num_attention_heads"),
            sr_ratios=_stage_integers(data, "sr_ratios"),
            mlp_ratios=_stage_numbers(data, "mlp_ratios"),
            patch_sizes=_stage_integers(data, "patch_sizes"),
            strides=_stage_integers(data, "strides"),
            in_channels=_integer(data, "num_channels"),
            decoder_width=_integer(data, "decoder_hidden_size"),
            names=_names(data.get("id2label")),
            drop_path=_share(data, "drop_path_rate", 0.1),
            dropout=_share(data, "classifier_dropout_prob", 0.1),
        )
    except ValueError as error:
        raise refusal(source, f"its {CONFIG} {error}", _WRITE_ANEW) from error


def read_words(source: str | Path, folder: Path) -> dict[str, Any]:
    """The folder's `config.json` as it is, empty without one; for other networks' families.

    Raises:
        CheckpointError: broken JSON.
    """
    return dict(_read_json(source, folder / CONFIG) or {})


def names_in(words: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The names of an `id2label`, in order of id; None without one that can be used."""
    try:
        return _names(words.get("id2label"))
    except ValueError:
        return None


def read_preprocess(source: str | Path, folder: Path) -> Preprocess:
    """The folder's `preprocessor_config.json`; without one the picture goes in at its own size."""
    data = _read_json(source, folder / PREPROCESSOR)
    if data is None:
        return Preprocess()
    try:
        return Preprocess.from_json(data)
    except CheckpointError as error:
        raise CheckpointError(f"{base_name(source)}: {error}") from error


def read_classes(folder: Path) -> ClassTable | None:
    """The `classes.json` that this program writes beside its models, for the colours."""
    try:
        return ClassTable.read(folder / CLASSES) if (folder / CLASSES).is_file() else None
    except ClassTableError:
        return None  # another program's file of that name; the names come from config.json


def read_licence(folder: Path) -> str | None:
    """The licence in the front matter of the model card, or None."""
    try:
        with (folder / CARD).open(encoding="utf-8") as stream:
            card = stream.read(1 << 16)
    except (OSError, ValueError):
        return None
    front = re.match(r"---\s*\n(.*?)\n---\s*(\n|$)", card, re.DOTALL)
    if front is None:
        return None
    for key in ("license_name", "license"):
        found = re.search(rf"^{key}:\s*(\S.*?)\s*$", front[1], re.MULTILINE)
        if found is not None:
            return found[1].strip("\"'")
    return None


def _read_json(source: str | Path, path: Path) -> Mapping[str, Any] | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise refusal(
            source, f"its {path.name} cannot be read ({error.strerror})", "check its permissions"
        ) from error
    except (ValueError, RecursionError) as error:
        raise refusal(source, f"its {path.name} is not JSON ({error})", _WRITE_ANEW) from error
    if not isinstance(data, Mapping):
        raise refusal(source, f"its {path.name} is no JSON object", _WRITE_ANEW)
    return data


def _refuse_other_models(source: str | Path, data: Mapping[str, Any]) -> None:
    kind = data.get("model_type", "segformer")
    if kind != "segformer":
        raise refusal(source, f"its {CONFIG} describes a model of type {kind}", "name a SegFormer")
    activation = data.get("hidden_act", "gelu")
    if activation != "gelu":
        raise refusal(
            source,
            f"its {CONFIG} asks for the activation {activation}, and a SegFormer has gelu",
            "name a SegFormer as published",
        )


def _stage_numbers(data: Mapping[str, Any], name: str) -> tuple[float, ...] | None:
    """Four positive numbers, or None where the file leaves them out."""
    values = data.get(name)
    if values is None:
        return None
    if not isinstance(values, list) or len(values) != STAGES or not all(map(_positive, values)):
        raise ValueError(f"has {name} {values!r} where {STAGES} positive numbers belong")
    return tuple(values)


def _stage_integers(data: Mapping[str, Any], name: str) -> tuple[int, ...] | None:
    values = _stage_numbers(data, name)
    if values is not None and any(value != int(value) for value in values):
        raise ValueError(f"has {name} {list(values)} where whole numbers belong")
    return None if values is None else tuple(int(value) for value in values)


def _integer(data: Mapping[str, Any], name: str) -> int | None:
    value = data.get(name)
    if value is not None and not (isinstance(value, int) and _positive(value)):
        raise ValueError(f"has {name} {value!r} where a positive number belongs")
    return value


def _share(data: Mapping[str, Any], name: str, default: float) -> float:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1:
        raise ValueError(f"has {name} {value!r} where a share from 0 to 1 belongs")
    return float(value)


def _positive(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def _names(id2label: object) -> tuple[str, ...] | None:
    """Class names in order of id; transformers leaves them out where it has nothing to say."""
    if id2label is None:
        return None
    if not isinstance(id2label, Mapping) or not id2label:
        raise ValueError("has an id2label that is no table of names")
    try:
        numbered = {int(key): str(name) for key, name in id2label.items()}
    except (TypeError, ValueError):
        raise ValueError("has an id2label whose ids are not all numbers") from None
    if sorted(numbered) != list(range(len(numbered))):
        raise ValueError("has an id2label whose ids are not 0, 1, 2, … without gaps")
    return tuple(numbered[class_id] for class_id in range(len(numbered)))
