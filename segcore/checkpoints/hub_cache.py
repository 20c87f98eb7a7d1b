"""What has been downloaded from a hub before, by this program or by Hugging Face's own tools.

The layout is theirs: `models--OWNER--NAME/refs/REVISION` holds a commit, whose files lie in
`snapshots/COMMIT`. Nothing is fetched here and no weights are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from segcore.checkpoints.hub_name import MAIN, HubName, cache_folder, parse_hub_name

CONFIG = "config.json"
BESIDE = (CONFIG, "preprocessor_config.json", "README.md")
"""Files that are wanted beside the weights, where the repository has them."""

_WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
WEIGHT_SUFFIXES = (".safetensors", ".bin", ".pth", ".pt")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def repo_folder(name: HubName) -> Path:
    """The folder of a repository in the cache, whether or not it is there."""
    return cache_folder() / f"models--{name.repo.replace('/', '--')}"


def snapshot(name: HubName) -> Path | None:
    """The folder with the files of that model, or None unless its weights are all there."""
    folder = repo_folder(name)
    commit = name.revision if _COMMIT.fullmatch(name.revision) else _commit(folder, name.revision)
    if not commit:
        return None
    files = folder / "snapshots" / commit
    return files if _has_weights(files) else None


def downloaded_models() -> Iterator[tuple[HubName, Path]]:
    """Every downloaded SegFormer with the folder of its files, in order of name."""
    for folder in _entries(cache_folder()):
        if not folder.name.startswith("models--"):
            continue
        repo = folder.name.removeprefix("models--").replace("--", "/", 1)
        for revision in _revisions(folder):
            name = parse_hub_name(repo if revision == MAIN else f"{repo}@{revision}")
            files = snapshot(name) if name is not None else None
            if name is not None and files is not None and model_type(files) == "segformer":
                yield name, files


def weights_among(names: Iterable[str]) -> str | None:
    """Which of these files holds the weights, or names their parts: safetensors before pickles."""
    there = set(names)
    for usual in _WEIGHTS:
        if usual in there:
            return usual
    others = [one for one in there if one.endswith(WEIGHT_SUFFIXES) and "/" not in one]
    return others[0] if len(others) == 1 else None


def parts_of(index: Path) -> list[str]:
    """The files that an index of weights names, in order.

    Raises:
        ValueError: it is no index.
    """
    try:
        parts = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        names = sorted({str(part) for part in parts})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{index.name} is no index of weights") from error
    if not names or any(Path(name).name != name for name in names):
        raise ValueError(f"{index.name} names no files beside itself")
    return names


def model_type(folder: Path) -> str | None:
    """What `config.json` says that the model is; None where it says nothing."""
    try:
        data = json.loads((folder / CONFIG).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None
    told = data.get("model_type") if isinstance(data, dict) else None
    return told if isinstance(told, str) else None


def _has_weights(folder: Path) -> bool:
    weights = weights_among(entry.name for entry in _entries(folder) if entry.is_file())
    if weights is None:
        return False
    if not weights.endswith(".index.json"):
        return True
    try:
        return all((folder / part).is_file() for part in parts_of(folder / weights))
    except ValueError:
        return False


def _revisions(folder: Path) -> list[str]:
    """The revisions that were asked for by name, `main` first, else the commits that are there."""
    refs = folder / "refs"
    try:
        named = sorted(path for path in refs.rglob("*") if path.is_file())
    except OSError:
        named = []
    revisions = [path.relative_to(refs).as_posix() for path in named]
    if not revisions:
        return [path.name for path in _entries(folder / "snapshots")]
    return sorted(revisions, key=lambda revision: (revision != MAIN, revision))


def _commit(folder: Path, revision: str) -> str:
    try:
        return (folder / "refs" / revision).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
