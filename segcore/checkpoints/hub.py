"""Models from a hub: look one up, have its licence accepted, fetch it, have it checked.

The hub is huggingface.co or what `HF_ENDPOINT` names; proxies (`HTTPS_PROXY`, `NO_PROXY`),
`HF_TOKEN`, `HF_HOME`, `HF_HUB_CACHE` and `HF_HUB_OFFLINE` are obeyed as by Hugging Face's own
tools, whose cache is shared. Nothing here needs torch; nothing but `look_up` and `download` uses
the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcore.atomic import replacing
from segcore.checkpoints.hub_cache import (
    BESIDE,
    CONFIG,
    model_type,
    parts_of,
    repo_folder,
    snapshot,
    weights_among,
)
from segcore.checkpoints.hub_licence import (
    AcceptLicence,
    Terms,
    is_accepted,
    remember_acceptance,
    terms_in_card,
)
from segcore.checkpoints.hub_meter import Meter
from segcore.checkpoints.hub_name import HubName, cache_folder, endpoint, hub_name, is_offline
from segcore.errors import CheckpointError
from segcore.progress import CancelToken, ProgressCallback

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

    from segcore.checkpoints.hub_transfer import RemoteFile

__all__ = ["Offer", "cached_path", "download", "look_up"]

_PATIENCE = 10.0
"""Seconds that the hub may take to say what it has."""


@dataclass(frozen=True)
class Offer:
    """What a hub has under a name: the commit that is meant, the files wanted, the licence."""

    name: HubName
    commit: str
    beside: tuple[str, ...]
    weights: str
    size: int | None
    terms: Terms


def cached_path(name: str) -> Path | None:
    """The folder of a model that was downloaded before, or None; the network is not used.

    Raises:
        CheckpointError: it is no name on a hub.
    """
    return snapshot(hub_name(name))


def look_up(name: str) -> Offer:
    """Ask the hub what it has under a name: one request, no files.

    Raises:
        CheckpointError: no network, no such model, no right to read it, or no weights in it.
    """
    asked = hub_name(name)
    if is_offline():
        from segcore.checkpoints.hub_failure import offline

        raise offline(asked)
    return _offer(asked, _ask(asked))


def download(
    name: str,
    *,
    accept: AcceptLicence | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> Path:
    """Bring a model into Hugging Face's cache, where `read_checkpoint(name)` finds it.

    What is there already is checked and kept; a part of an earlier try is gone on with.

    Args:
        name: `owner/name` or `owner/name@revision`.
        accept: asked once, before the first byte of weights, unless this licence of this
            repository was accepted before; True is remembered.
        progress: told bytes that are here, of all, and the seconds left.
        cancel: looked at for every block that arrives.

    Returns:
        The folder with `config.json` and the weights.

    Raises:
        CheckpointError: one sentence for whatever went wrong; nothing damaged is left behind.
        Cancelled: called off; the part that has arrived is kept.
    """
    asked = hub_name(name)
    cancel = cancel or CancelToken()
    if is_offline():
        kept = snapshot(asked)
        if kept is not None:
            return kept
    offer = look_up(name)
    cancel.raise_if_cancelled()
    from segcore.checkpoints.hub_failure import in_a_sentence

    with in_a_sentence(asked):
        folder = _fetch_beside(offer)
    _refuse_other_models(offer, folder)
    _have_accepted(offer.terms, accept)
    with in_a_sentence(asked):
        _fetch_weights(offer, folder, Meter(progress), cancel)
        _point_revision(offer)
    found = snapshot(asked)
    if found is None:
        raise CheckpointError(f"{asked}: the cache at {cache_folder()} lost it; run it again.")
    return found


def _ask(name: HubName) -> ModelInfo:
    from huggingface_hub import HfApi

    from segcore.checkpoints.hub_failure import in_a_sentence

    api = HfApi(endpoint=endpoint(), library_name="segformer-studio")
    with in_a_sentence(name):
        return api.model_info(
            name.repo, revision=name.revision, files_metadata=True, timeout=_PATIENCE
        )


def _offer(name: HubName, info: ModelInfo) -> Offer:
    siblings = {one.rfilename: one for one in info.siblings or ()}
    weights = weights_among(siblings)
    if weights is None or not info.sha:
        raise CheckpointError(
            f"{name}: there are no weights in it that the program could choose (model.safetensors "
            "or pytorch_model.bin); name a SegFormer."
        )
    card: Mapping[str, Any] = vars(info.card_data) if info.card_data is not None else {}
    return Offer(
        name=name,
        commit=info.sha,
        beside=tuple(file for file in BESIDE if file in siblings),
        weights=weights,
        size=None if weights.endswith(".json") else siblings[weights].size,
        terms=terms_in_card(name, card),
    )


def _fetch_beside(offer: Offer) -> Path:
    """Fetch the small files; the snapshot's folder is returned."""
    for file in offer.beside:
        _by_library(offer, file)
    return repo_folder(offer.name) / "snapshots" / offer.commit


def _refuse_other_models(offer: Offer, folder: Path) -> None:
    kind = model_type(folder) if CONFIG in offer.beside else None
    if kind not in (None, "segformer"):
        raise CheckpointError(
            f"{offer.name}: its {CONFIG} describes a model of type {kind}; name a SegFormer."
        )


def _have_accepted(terms: Terms, accept: AcceptLicence | None) -> None:
    if is_accepted(terms):
        return
    if accept is None or not accept(terms):
        raise CheckpointError(
            f"{terms.name}: its licence ({terms.licence.title}) has not been accepted, so nothing "
            f"was downloaded; read it at {terms.licence.url}, then accept it."
        )
    remember_acceptance(terms)


def _fetch_weights(offer: Offer, folder: Path, meter: Meter, cancel: CancelToken) -> None:
    """Fetch the weights, checked; of weights in parts, the index comes last."""
    from segcore.checkpoints.hub_transfer import fetch

    files = [offer.weights]
    if offer.weights.endswith(".index.json"):
        index = _remote(offer, offer.weights)
        held = fetch(index, repo_folder(offer.name), lambda _bytes: None, cancel)
        files = [*parts_of(held), offer.weights]
    remotes = [_remote(offer, file) for file in files]
    meter.total = sum(remote.size for remote in remotes)
    for remote in remotes:
        meter.text = remote.file
        fetch(remote, repo_folder(offer.name), meter.count, cancel)
        _replace_pointer(folder / remote.file, offer, remote)


def _replace_pointer(pointer: Path, offer: Offer, remote: RemoteFile) -> None:
    """Have huggingface_hub point the snapshot's file at the checked one."""
    from segcore.checkpoints.hub_transfer import matches

    if pointer.is_file() and not matches(pointer, remote.checksum):
        pointer.unlink()  # a copy of a damaged file, where there are no symbolic links
    _by_library(offer, remote.file)


def _point_revision(offer: Offer) -> None:
    """Have the revision's name mean this commit, now that all of it is here."""
    if offer.name.revision == offer.commit:
        return
    reference = repo_folder(offer.name) / "refs" / offer.name.revision
    reference.parent.mkdir(parents=True, exist_ok=True)
    with replacing(reference, "w") as stream:
        stream.write(offer.commit)


def _remote(offer: Offer, file: str) -> RemoteFile:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    from segcore.checkpoints.hub_transfer import RemoteFile

    url = hf_hub_url(offer.name.repo, file, revision=offer.commit, endpoint=endpoint())
    told = get_hf_file_metadata(url, timeout=_PATIENCE, endpoint=endpoint())
    remote = RemoteFile(offer.name, file, url, told.size or 0, told.etag or "")
    if not remote.checkable or not remote.size:
        raise CheckpointError(
            f"{offer.name}: {endpoint()} names no size or checksum for {file}, so it could not be "
            "checked; use another HF_ENDPOINT."
        )
    return remote


def _by_library(offer: Offer, file: str) -> None:
    """Have huggingface_hub fetch a small file, or point at a large one that is in its cache."""
    from huggingface_hub import hf_hub_download

    hf_hub_download(
        offer.name.repo,
        file,
        revision=offer.commit,
        endpoint=endpoint(),
        cache_dir=cache_folder(),
        library_name="segformer-studio",
    )
