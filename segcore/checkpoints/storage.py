"""Weights as files hold them: safetensors and torch's zip or pickle, whole or in shards.

Nothing in a file is ever executed: pickles are read by `torch.load(weights_only=True)` alone.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import pickletools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from segcore.checkpoints.refusal import one_line, refusal
from segcore.checkpoints.stand_ins import allowed_globals
from segcore.checkpoints.wrappings import unwrap
from segcore.errors import CheckpointError

_ZIP = b"PK\x03\x04"
_PICKLE = b"\x80"
_FIRST_UNSAFE_PROTOCOL = b"\x04"
_LFS = b"version https://git-lfs"
_PAGE_STARTS = (b"<!doctype", b"<html", b"<?xml", b"<head")
_DOWNLOAD_AGAIN = "download it again"


@dataclass(frozen=True)
class StoredWeights:
    """Tensors under the file's keys, what stood beside them, and what lay around them.

    `meta` is mmcv's; `wrapping` is empty for a state dict that is the whole file. `prefix` was
    taken off every key but those in `outside`.
    """

    path: Path
    tensors: dict[str, torch.Tensor]
    sha256: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    wrapping: str = ""
    prefix: str = ""
    outside: frozenset[str] = frozenset()

    def in_file(self, key: str) -> str:
        """A key as the file has it, with the prefix that was taken off."""
        return key if key in self.outside else f"{self.prefix}{key}"


def read_weights(path: Path) -> StoredWeights:
    """Read one weights file, or all shards that an `.index.json` names.

    Raises:
        CheckpointError: not there, empty, cut short, no checkpoint at all, or a pickle that asks
            for more than weights.
    """
    if path.name.endswith(".index.json"):
        return _read_shards(path)
    return _read_file(path, _sha256([path]))


def _read_file(path: Path, digest: str) -> StoredWeights:
    start = _first_bytes(path)
    _refuse_impostors(path, start)
    if start[8:9] == b"{":
        return StoredWeights(path, _read_safetensors(path), digest)
    if start.startswith((_ZIP, _PICKLE)):
        _refuse_new_pickles(path, start)
        found = unwrap(path, _read_pickle(path))
        return StoredWeights(
            path, found.tensors, digest, found.meta, found.wrapping, found.prefix, found.outside
        )
    raise refusal(
        path,
        "this is neither a safetensors file nor a PyTorch checkpoint",
        "give a .safetensors, .bin or .pth file of a SegFormer",
    )


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(512)
    except FileNotFoundError:
        raise refusal(path, "there is no such file", "check the name") from None
    except OSError as error:
        raise refusal(
            path, f"cannot be read ({error.strerror})", "check its permissions"
        ) from error


def _refuse_impostors(path: Path, start: bytes) -> None:
    """Refuse what is often found under a checkpoint's name and is none."""
    if not start:
        raise refusal(path, "the file is empty", _DOWNLOAD_AGAIN)
    if start.startswith(_LFS):
        raise refusal(
            path,
            "this is a Git LFS pointer and not the weights themselves",
            "fetch them with `git lfs pull`",
        )
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE_STARTS):
        raise refusal(
            path,
            "this is an HTML page and no checkpoint",
            "open the download link in a browser, agree to what it asks and save the file itself",
        )


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        with safe_open(path, framework="pt") as stored:
            return {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise refusal(
            path, f"the file is cut short or damaged ({error})", _DOWNLOAD_AGAIN
        ) from error


def _read_pickle(path: Path) -> object:
    """The content of a torch file, weights and plain values only."""
    try:
        with torch.serialization.safe_globals(allowed_globals()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refused_pickle(path, error) from error
    except Exception as error:
        if "TorchScript" in str(error):
            raise refusal(
                path,
                "this is a TorchScript program and not a state dict",
                "save the model's state_dict() instead",
            ) from error
        # Damaged bytes make the unpickler fail in every way that there is.
        raise refusal(
            path,
            f"the file is cut short or damaged ({type(error).__name__}: {_first_line(error)})",
            _DOWNLOAD_AGAIN,
        ) from error


def _refuse_new_pickles(path: Path, start: bytes) -> None:
    """Refuse a bare pickle of protocol 4 or 5, which torch never writes and cannot read safely."""
    if start.startswith(_ZIP) or start[1:2] < _FIRST_UNSAFE_PROTOCOL:
        return
    wanted = _globals_in_pickle(path)
    if wanted:
        raise _code_refusal(path, wanted[0])
    raise refusal(
        path, "this is a Python pickle and no PyTorch checkpoint", "save it with torch.save()"
    )


def _globals_in_pickle(path: Path) -> list[str]:
    """Names that a pickle would import, read off its instructions without following any."""
    names: list[str] = []
    strings: list[str] = []
    try:
        with path.open("rb") as stream:
            for operation, argument, _ in pickletools.genops(stream):
                if operation.name == "GLOBAL":
                    names.append(str(argument).replace(" ", "."))
                elif operation.name == "STACK_GLOBAL":
                    names.append(".".join(strings[-2:]))
                elif isinstance(argument, str):
                    strings.append(argument)
    except ValueError:
        pass  # cut short: what was found so far is what can be said
    return names


def _code_refusal(path: Path, name: str) -> CheckpointError:
    return refusal(
        path,
        f"the file wants to run code ({name}) and was refused, nothing was executed",
        "use one from a source that you trust, saved as a state_dict() or as safetensors",
    )


def _refused_pickle(path: Path, error: Exception) -> CheckpointError:
    wanted = re.search(r"GLOBAL ([\w.<>]+)|global ([\w.<>]+)|function ([\w.<>]+)", str(error))
    if wanted is None:
        return refusal(
            path,
            f"the file is cut short, damaged or more than weights ({_first_line(error)})",
            f"{_DOWNLOAD_AGAIN}, or save the model's state_dict() alone",
        )
    return _code_refusal(path, next(group for group in wanted.groups() if group))


def _first_line(error: Exception) -> str:
    return one_line(str(error).split("\n")[0].split(". ")[0], 120)


def _read_shards(index: Path) -> StoredWeights:
    shards = _shard_names(index)
    missing = [name for name in shards if not (index.parent / name).is_file()]
    if missing:
        raise refusal(
            index.parent,
            f"{len(missing)} of {len(shards)} parts of the weights are missing: {missing[0]}",
            "download the whole folder",
        )
    paths = [index.parent / name for name in shards]
    tensors: dict[str, torch.Tensor] = {}
    for path in paths:
        tensors.update(_read_file(path, digest="").tensors)
    return StoredWeights(index, tensors, _sha256(paths))


def _shard_names(index: Path) -> list[str]:
    """Base names of the shards; an index that points out of its folder is refused."""
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise refusal(
            index, f"this is no index of weights ({type(error).__name__})", _DOWNLOAD_AGAIN
        ) from error
    for name in names:
        if not isinstance(name, str) or name != Path(name).name or name in {"", ".", ".."}:
            raise refusal(
                index, f"it names a part outside its own folder ({name})", _DOWNLOAD_AGAIN
            )
    return names


def _sha256(paths: list[Path]) -> str:
    """SHA-256 of the files one after another, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
        except FileNotFoundError:
            raise refusal(path, "there is no such file", "check the name") from None
        except OSError as error:
            raise refusal(
                path, f"cannot be read ({error.strerror})", "check its permissions"
            ) from error
    return digest.hexdigest()
