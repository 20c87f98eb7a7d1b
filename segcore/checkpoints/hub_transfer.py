"""One file from a hub into the cache: goes on where it broke off, and is checked byte by byte.

huggingface_hub throws a part away when a download ends early, and compares sizes only. Here the
part is kept beside its place, the next try asks for the rest, and what has arrived must have the
checksum by which the hub calls it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from filelock import Timeout
from huggingface_hub import constants, get_session
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    WeakFileLock,
    build_hf_headers,
    hf_raise_for_status,
)

from segcore.checkpoints.hub_failure import NetworkError
from segcore.checkpoints.hub_name import HubName
from segcore.errors import CheckpointError
from segcore.progress import CancelToken

PAUSES = (0.5, 1.0, 2.0)
"""Seconds before each new try after a cut; then the part is left for the next run."""

_SHA256, _SHA1 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{40}")
_BLOCK = 1 << 20
_SPARE = 16 << 20
"""Bytes that stay free on the disk."""


@dataclass(frozen=True)
class RemoteFile:
    """A file of a model: where it is, how large, and the checksum that names it in the cache."""

    name: HubName
    file: str
    url: str
    size: int
    checksum: str

    @property
    def checkable(self) -> bool:
        """Whether the checksum is one: SHA-256 of large files, git's SHA-1 of small ones."""
        return bool(_SHA256.fullmatch(self.checksum) or _SHA1.fullmatch(self.checksum))


class Cut(Exception):  # noqa: N818 - handled here, never shown
    """The connection broke, and a part is kept."""


Counted = Callable[[int], None]


def fetch(remote: RemoteFile, folder: Path, counted: Counted, cancel: CancelToken) -> Path:
    """Bring a file into `folder/blobs`; what is there already is checked rather than fetched.

    `counted` is told how many bytes more are there, fewer when some had to be thrown away.

    Raises:
        CheckpointError: another program fetches it, wrong checksum, no room, or the connection
            broke too often; the part is kept where going on can help.
        Cancelled: the part is kept.
        NetworkError, OSError: as they come.
    """
    blob = folder / "blobs" / remote.checksum
    blob.parent.mkdir(parents=True, exist_ok=True)
    with _alone(remote, folder):
        if blob.is_file():
            if matches(blob, remote.checksum):
                counted(remote.size)
                return blob
            blob.unlink()
        part = blob.with_name(f"{blob.name}.incomplete")
        _fill(remote, part, counted, cancel)
        if not matches(part, remote.checksum):
            part.unlink()
            raise wrong_checksum(remote)
        part.replace(blob)
    return blob


def matches(path: Path, checksum: str) -> bool:
    """Whether a file has that checksum: SHA-256, or SHA-1 as git counts it."""
    if _SHA256.fullmatch(checksum):
        digest = hashlib.sha256()
    else:
        digest = hashlib.sha1(usedforsecurity=False)
        digest.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest() == checksum


def wrong_checksum(remote: RemoteFile) -> CheckpointError:
    """The sentence for a file that is not what the hub says it is; it has been removed."""
    return CheckpointError(
        f"{remote.name}: {remote.file} arrived with a wrong checksum and was removed; run it "
        "again, and try another HF_ENDPOINT when that does not help."
    )


def _fill(remote: RemoteFile, part: Path, counted: Counted, cancel: CancelToken) -> None:
    """Write the file into `part`, going on behind what is there, through some cuts."""
    part.touch()
    if part.stat().st_size > remote.size:
        part.unlink()
        part.touch()
    _check_room(remote, part)
    counted(part.stat().st_size)
    for pause in (*PAUSES, 0.0):
        if part.stat().st_size >= remote.size:
            return
        cancel.raise_if_cancelled()
        try:
            _go_on(remote, part, counted, cancel)
        except Cut:
            time.sleep(pause)
    if part.stat().st_size < remote.size:
        raise _cut_short(remote, part)


def _go_on(remote: RemoteFile, part: Path, counted: Counted, cancel: CancelToken) -> None:
    """Ask for what is missing behind `part` and append it."""
    have = part.stat().st_size
    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = get_session().stream(
        "GET", remote.url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT
    )
    with part.open("r+b") as stream:
        stream.seek(have)
        try:
            with request as response:
                hf_raise_for_status(response)
                if have and response.status_code != 206:  # everything comes once more
                    counted(-have)
                    stream.seek(0)
                    stream.truncate()
                _append(response.iter_bytes(), stream, remote.size, counted, cancel)
        except NetworkError as error:
            if isinstance(error, OSError) or not stream.tell():
                raise  # an answer that says no, or nothing came at all
            raise Cut from error


def _append(
    blocks: Iterator[bytes], stream: IO[bytes], size: int, counted: Counted, cancel: CancelToken
) -> None:
    for block in blocks:
        cancel.raise_if_cancelled()
        stream.write(block)
        counted(len(block))
        if stream.tell() > size:
            return  # more than there is: the checksum will say so


def _cut_short(remote: RemoteFile, part: Path) -> CheckpointError:
    have, whole = (size / 1e6 for size in (part.stat().st_size, remote.size))
    return CheckpointError(
        f"{remote.name}: the connection broke at {have:.1f} of {whole:.1f} MB of {remote.file}; "
        "what has arrived is kept, run it again to go on."
    )


def _check_room(remote: RemoteFile, part: Path) -> None:
    missing = remote.size - part.stat().st_size
    free = shutil.disk_usage(part.parent).free
    if missing + _SPARE > free:
        raise CheckpointError(
            f"{remote.name}: {remote.file} needs {missing / 1e6:.0f} MB more and the disk has "
            f"{free / 1e6:.0f} MB left; make room, or set HF_HOME to a folder on another disk."
        )


@contextmanager
def _alone(remote: RemoteFile, folder: Path) -> Iterator[None]:
    """Hold huggingface_hub's own lock of the file."""
    lock = folder.parent / ".locks" / folder.name / f"{remote.checksum}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with WeakFileLock(lock, timeout=0.5):
            yield
    except Timeout as error:
        raise CheckpointError(
            f"{remote.name}: another program is downloading {remote.file}; wait until it is done."
        ) from error
