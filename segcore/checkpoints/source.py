"""Where a model is: a bundled name, a file, a folder, or a hub name in the local cache."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from segcore import resources
from segcore.checkpoints.folder import find_weights
from segcore.checkpoints.hub_cache import WEIGHT_SUFFIXES, snapshot
from segcore.checkpoints.hub_name import HubName, parse_hub_name
from segcore.checkpoints.refusal import refusal
from segcore.checkpoints.released import released, released_models
from segcore.errors import CheckpointError

_ALIKE = 0.75
"""From 0 to 1: how alike a name and what was given in its place have to be."""


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
    known = resources.bundled_models()
    near = _near(str(source), known)
    meant = f"perhaps {near} was meant; else " if near else ""
    raise refusal(
        source,
        "there is no such file or folder, and no bundled model of that name",
        f"{meant}name a checkpoint file, a model folder or {', '.join(known)}",
    )


def _near(given: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    found = get_close_matches(given.casefold(), names, 1, _ALIKE)
    return found[0] if found else None


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
    known = released(name.repo)
    if folder is None:
        near = None if known else _near(name.repo, [each.name for each in released_models()])
        meant = f"perhaps {near} was meant: " if near else ""
        raise CheckpointError(
            f"{name}: there is no such file or folder, and no hub model of that name in the local "
            f"cache; {meant}run `segformer-studio models download {near or name}` to get it."
        )
    licence = known.licence.title if known is not None else None
    return Source(given, str(name), folder, find_weights(folder), licence)
