"""Where a model is: a bundled name, a file, a folder, or a hub name in the local cache."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from segcore import resources
from segcore.checkpoints.folder import find_weights
from segcore.checkpoints.refusal import refusal
from segcore.errors import CheckpointError

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True)
class Source:
    """`given` is what the person said; `path` what it means; `weights` the file to read."""

    given: str | Path
    name: str
    path: Path
    weights: Path

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
    if isinstance(source, str) and _HUB_NAME.fullmatch(source):
        return _in_hub_cache(source)
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


def _in_hub_cache(name: str) -> Source:
    """The snapshot that Hugging Face's own tools have downloaded before; nothing is fetched."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise CheckpointError(
            f"{name}: there is no such file or folder, and no hub model of that name in the local "
            "cache; download it with the Hugging Face tools, or name a file or folder that is here."
        ) from error
    return Source(name, name, folder, find_weights(folder))
