"""Names on a hub, `owner/name[@revision]`, and what the person's environment says of the hub."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from segcore.checkpoints.refusal import one_line
from segcore.errors import CheckpointError

MAIN = "main"
DEFAULT_ENDPOINT = "https://huggingface.co"

_NAME = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(?:@([\w][\w./-]*))?", re.ASCII)
_TRUE = {"1", "ON", "YES", "TRUE"}


@dataclass(frozen=True)
class HubName:
    """A model on a hub: `repo` is `owner/name`; `revision` a branch, a tag or a commit."""

    repo: str
    revision: str = MAIN

    def __str__(self) -> str:
        return self.repo if self.revision == MAIN else f"{self.repo}@{self.revision}"

    @property
    def page(self) -> str:
        """The model's page for people, on the hub that is asked."""
        return f"{endpoint()}/{quote(self.repo)}"


def parse_hub_name(text: str) -> HubName | None:
    """`owner/name` or `owner/name@revision`; None for what no hub would take as a name."""
    match = _NAME.fullmatch(text)
    if match is None or ".." in text or "--" in match[1]:
        return None
    return HubName(match[1], match[2] or MAIN)


def hub_name(text: str) -> HubName:
    """As `parse_hub_name`.

    Raises:
        CheckpointError: it is no name on a hub.
    """
    name = parse_hub_name(text.strip())
    if name is None:
        raise CheckpointError(
            f"{one_line(text)}: this is no name on a hub; write owner/name, such as "
            "nvidia/segformer-b0-finetuned-ade-512-512, or owner/name@revision."
        )
    return name


def endpoint() -> str:
    """The hub that is asked: `HF_ENDPOINT`, else huggingface.co; without a slash at its end.

    Raises:
        CheckpointError: `HF_ENDPOINT` is no address.
    """
    told = os.environ.get("HF_ENDPOINT", "").strip().rstrip("/")
    if not told:
        return DEFAULT_ENDPOINT
    try:
        parts = urlsplit(told)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise CheckpointError(
            f"HF_ENDPOINT is {one_line(told)}, which is no address; write https:// and the name of "
            "a mirror, or unset it."
        )
    return told


def is_offline() -> bool:
    """Whether the person has forbidden the network with `HF_HUB_OFFLINE`."""
    told = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return told.upper() in _TRUE


def cache_folder() -> Path:
    """Where Hugging Face's tools keep downloads: `HF_HUB_CACHE`, or `hub` in `HF_HOME`."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(variable):
            return _path(os.environ[variable])
    if os.environ.get("HF_HOME"):
        return _path(os.environ["HF_HOME"]) / "hub"
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return _path(caches) / "huggingface" / "hub"


def _path(text: str) -> Path:
    return Path(os.path.expandvars(text)).expanduser()
