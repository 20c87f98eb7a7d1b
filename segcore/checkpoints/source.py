"""Where a model is: a bundled name, a file, a folder, or a hub name in the local cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from segcore import resources
from segcore.checkpoints.folder import find_weights
from segcore.checkpoints.hub_cache import WEIGHT_SUFFIXES, snapshot
from segcore.checkpoints.hub_name import HubName, parse_hub_name
from segcore.checkpoints.refusal import refusal
from segcore.checkpoints.released import released
from segcore.errors import CheckpointError


@dataclass(frozen=True)
class Source:
    """`given` is what the person said; `path` what it means; `weights` the file to read.

    `licence` is known of released checkpoints, whose own cards only say `other`.
    """

    given: str | Path
    name: str
    path: Path
    weights: Path
    licence: str | None = None

    @property
    def folder(self) -> Path:
        """Where the files beside the weights are."""
        return self.weights.parent


def locate(source: str | Path) -> Source:
    """Find the weights that `source` means; what is on disk goes before a bundled name.

    Raises:
        CheckpointError: nothing of that name is here.
    """
    path = Path(source).expanduser()
    if _is_folder(path):
        return Source(source, path.resolve().name, path, find_weights(path))
    if _exists(path):
        return Source(source, path.name, path, path)
    bundled = resources.bundled_models().get(str(source))
    if bundled is not None:
        return Source(source, str(source), bundled, find_weights(bundled))
    name = parse_hub_name(str(source))
    if name is not None and path.suffix not in WEIGHT_SUFFIXES:
        return _in_hub_cache(str(source), name)
    known = ", ".join(resources.bundled_models())
    raise refusal(
        source,
        "there is no such file or folder, and no bundled model of that name",
        f"name a checkpoint file, a model folder or {known}",
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name that no file system takes
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _in_hub_cache(given: str, name: HubName) -> Source:
    """The snapshot that was downloaded before; nothing is fetched."""
    folder = snapshot(name)
    if folder is None:
        raise CheckpointError(
            f"{name}: there is no such file or folder, and no hub model of that name in the local "
            f"cache; run `segformer-studio models download {name}` to get it."
        )
    known = released(name.repo)
    licence = known.licence.title if known is not None else None
    return Source(given, str(name), folder, find_weights(folder), licence)
