"""What went wrong between here and a hub, in one sentence for the person."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.errors import HTTPError as NetworkError  # type: ignore[attr-defined]

from segcore.checkpoints.hub_name import HubName, endpoint
from segcore.checkpoints.refusal import one_line
from segcore.errors import CheckpointError, readable

__all__ = ["NetworkError", "failure", "in_a_sentence", "no_hub", "offline"]

_FULL = {errno.ENOSPC, errno.EDQUOT}
_SAME_NAME = "see that it is written as on the hub"

_FAILURES = (NetworkError, OSError, ValueError, KeyError, TypeError, AttributeError)
"""What huggingface_hub raises when a hub, or what poses as one, does not do as it should."""


@contextmanager
def in_a_sentence(name: HubName) -> Iterator[None]:
    """Turn what huggingface_hub, its HTTP client and the disk raise into `CheckpointError`."""
    try:
        yield
    except _FAILURES as error:
        raise failure(name, error) from error


def failure(name: HubName, error: BaseException) -> CheckpointError:
    """The sentence for an error of huggingface_hub, of its HTTP client or of the disk."""
    error = _root(error)
    if isinstance(error, OfflineModeIsEnabled):
        return offline(name)
    if isinstance(error, HfHubHTTPError):
        return CheckpointError(f"{name}: {_refused(name, error)}.")
    if isinstance(error, NetworkError):
        return CheckpointError(f"{name}: {_unreachable(error)}.")
    if isinstance(error, OSError) and error.errno is not None:
        return CheckpointError(f"{name}: {_disk(error)}.")
    return no_hub(name, error)


def offline(name: HubName) -> CheckpointError:
    """The sentence where the person has forbidden the network."""
    return CheckpointError(
        f"{name}: it has not been downloaded and HF_HUB_OFFLINE forbids the network; unset "
        "HF_HUB_OFFLINE, or bring the model's folder here and name that."
    )


def no_hub(name: HubName, error: BaseException) -> CheckpointError:
    """The sentence where something answers that does not speak as a hub does."""
    trouble = one_line(str(error) or type(error).__name__, 160)
    return CheckpointError(
        f"{name}: {_host()} does not answer as a hub does ({trouble}); check HF_ENDPOINT, and "
        "whether the network wants you to log in first."
    )


def _root(error: BaseException) -> BaseException:
    """What lies under huggingface_hub's `LocalEntryNotFoundError`: why the hub was not asked."""
    while isinstance(error, FileNotFoundError) and error.errno is None and error.__cause__:
        error = error.__cause__
    return error


def _refused(name: HubName, error: HfHubHTTPError) -> str:
    status = error.response.status_code
    if isinstance(error, GatedRepoError):
        return (
            f"its owner lets only those in who have accepted the terms on {name.page} ({status}); "
            "log in there, accept them, set HF_TOKEN to a token of yours, and run it again"
        )
    if isinstance(error, RevisionNotFoundError):
        return f"the model has no revision {name.revision} on {_host()}; {_SAME_NAME}"
    if isinstance(error, RemoteEntryNotFoundError):
        return f"a file of it is not on {_host()} any more; run it again"
    if status == 401 and _has_token():
        return f"{_host()} does not take your token (401); set HF_TOKEN to one that is valid"
    if status == 401:
        return (
            f"{_host()} shows no such model to strangers (401); {_SAME_NAME}, or set HF_TOKEN "
            "where the model is private"
        )
    if isinstance(error, RepositoryNotFoundError) or status == 404:
        return f"there is no such model on {_host()} (404); {_SAME_NAME}"
    if status == 403:
        return (
            f"{_host()} forbids it (403); look at {name.page} and set HF_TOKEN to a token that "
            "may read it"
        )
    if status == 429:
        return f"{_host()} has had too many requests from here (429); wait some minutes"
    if status == 407:
        return "the proxy wants a password (407); write it into HTTPS_PROXY"
    return f"{_host()} is in trouble ({status}); try again later"


def _unreachable(error: BaseException) -> str:
    kind = type(error).__name__
    if "Timeout" in kind:
        return f"{_host()} does not answer in time; check the network, then run it again to go on"
    if "Proxy" in kind:
        return f"the proxy refuses ({one_line(str(error), 160)}); check HTTPS_PROXY and HTTP_PROXY"
    trouble = one_line(str(error) or kind, 160)
    return (
        f"{_host()} cannot be reached ({trouble}); check the network, the proxy (HTTPS_PROXY) and "
        "HF_ENDPOINT"
    )


def _disk(error: OSError) -> str:
    if error.errno in _FULL:
        return (
            "the disk is full; make room, or set HF_HOME to a folder on another disk, and run it "
            "again to go on"
        )
    where = readable(error.filename) if error.filename else "the cache"
    trouble = error.strerror or os.strerror(error.errno or 0)
    return f"{where} cannot be used ({trouble}); set HF_HOME to a folder that can be written to"


def _host() -> str:
    return urlsplit(endpoint()).netloc


def _has_token() -> bool:
    from huggingface_hub import get_token

    return bool(get_token())
