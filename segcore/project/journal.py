"""The journal of one picture: edits that are on disk and not yet in its PNG files.

A file of records, each whole or not there:

    magic "SFJ1" | CRC-32 of the payload, u32 | length of the payload, u64 | payload

    payload: sequence number, u64 | number of rectangles, u32 | rectangles
    rectangle: x0, y0, x1, y1, 4 x i32 | ids | origins
    ids, origins: kind, u8 | bytes per pixel, u8 | length, u64 | data (`PackedPlane`)

All numbers are little-endian.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from segcore.atomic import replacing
from segcore.edits.planes import IdArray, PackedPlane, PlaneKind, pack
from segcore.errors import ProjectError
from segcore.geometry import Box

MAGIC = b"SFJ1"
_HEAD = struct.Struct("<4sIQ")
_RECORD = struct.Struct("<QI")
_BOX = struct.Struct("<4i")
_PLANE = struct.Struct("<BBQ")
_DTYPES = {1: "uint8", 2: "uint16"}


class Rectangle(NamedTuple):
    """What a record writes into a box: (h, w) ids and (h, w) uint8 origins."""

    box: Box
    labels: IdArray
    origins: IdArray


class Record(NamedTuple):
    """One edit: rectangles that are all written or none is."""

    sequence: int
    rectangles: tuple[Rectangle, ...]


class JournalContent(NamedTuple):
    """What a journal file holds.

    Attributes:
        records: the whole ones, in the order of the file.
        length: bytes up to the end of the last whole record; what follows is torn.
        damaged: stretches before that end that are no records.
        torn: bytes after that end.
    """

    records: tuple[Record, ...]
    length: int
    damaged: int
    torn: int


def encode(record: Record) -> bytes:
    """The bytes of a record as they stand in the file."""
    parts = [_RECORD.pack(record.sequence, len(record.rectangles))]
    for box, labels, origins in record.rectangles:
        parts.append(_BOX.pack(*box))
        parts += encode_planes((labels, origins))
    payload = b"".join(parts)
    return _HEAD.pack(MAGIC, zlib.crc32(payload), len(payload)) + payload


def encode_planes(planes: Iterable[IdArray]) -> Iterator[bytes]:
    """Rectangles of ids as they stand in records."""
    for plane in map(pack, planes):
        itemsize = np.dtype(plane.dtype).itemsize
        yield _PLANE.pack(plane.kind, itemsize, len(plane.data))
        yield plane.data


def read_journal(path: Path) -> JournalContent:
    """Every whole record of a journal; a missing file is an empty one.

    A record that was being written when the program was killed is torn: it does not count. Records
    after a damaged stretch are found again by their magic.

    Raises:
        ProjectError: the file is there and cannot be read, or holds records of another program.
    """
    data = _content(path)
    found = list(_whole_records(data))
    payloads = (memoryview(data)[begin + _HEAD.size : end] for begin, end in found)
    try:
        records = tuple(map(_decode, payloads))
    except (struct.error, ValueError, KeyError, zlib.error) as error:
        raise ProjectError(
            f"{path} holds edits in a form that is not known here ({error}): open the project "
            "with the program that wrote it."
        ) from error
    begins, ends = [begin for begin, _ in found], [0, *(end for _, end in found)]
    damaged = sum(begin != end for begin, end in zip(begins, ends))
    return JournalContent(records, ends[-1], damaged, len(data) - ends[-1])


def last_sequence(path: Path) -> tuple[int, int]:
    """The largest sequence number in a journal and the length up to its last whole record.

    Raises:
        ProjectError: the file is there and cannot be read.
    """
    data = _content(path)
    found = list(_whole_records(data))
    largest = max((_sequence_at(data, begin) for begin, _ in found), default=0)
    return largest, found[-1][1] if found else 0


def append(path: Path, records: Iterable[bytes], whole: int | None) -> int:
    """Add encoded records and bring them to disk; returns the length of the file.

    `whole` is the length known to be good; what stands behind it is cut first. When something
    fails, the file is cut back to where it was.

    Raises:
        OSError: the disk is full, the folder is read-only or gone.
    """
    is_new = not path.exists()
    if is_new:
        path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        begin = file.tell() if whole is None else whole
        try:
            if file.tell() > begin:
                file.truncate(begin)
            for record in records:
                file.write(record)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                os.ftruncate(file.fileno(), begin)
                if is_new:
                    path.unlink()  # an empty journal would pass for labels
            raise
        length = file.tell()
    if is_new:
        sync_folder(path.parent)
    return length


def cut(path: Path, up_to: int) -> int:
    """Drop every record up to a sequence number; returns the length of what remains.

    Raises:
        OSError, ProjectError: the folder is read-only or full; the journal is then as it was.
    """
    data = _content(path)
    kept = [
        (begin, end) for begin, end in _whole_records(data) if _sequence_at(data, begin) > up_to
    ]
    if not kept:
        path.unlink(missing_ok=True)
        return 0
    with replacing(path) as file:
        for begin, end in kept:
            file.write(data[begin:end])
        length: int = file.tell()
    return length


def sync_folder(folder: Path) -> None:
    """Bring a new name in a folder to disk, on systems where a folder can be synchronised."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ProjectError(
            f"{path} cannot be read ({error.strerror or error}): make it readable, the latest "
            "edits are in it."
        ) from error


def _whole_records(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each record begins and ends whose checksum is right."""
    position = 0
    while position < len(data):
        end = _end_of_record(data, position)
        if end is not None:
            yield position, end
            position = end
            continue
        position = data.find(MAGIC, position + 1)
        if position < 0:
            return


def _end_of_record(data: bytes, begin: int) -> int | None:
    """Where the record that begins here ends; None when none does."""
    if len(data) - begin < _HEAD.size + _RECORD.size:
        return None
    magic, crc, length = _HEAD.unpack_from(data, begin)
    payload = memoryview(data)[begin + _HEAD.size :][:length]
    if magic != MAGIC or len(payload) < length or zlib.crc32(payload) != crc:
        return None
    return begin + _HEAD.size + int(length)


def _sequence_at(data: bytes, begin: int) -> int:
    """The sequence number of the whole record that begins here."""
    return int(_RECORD.unpack_from(data, begin + _HEAD.size)[0])


def _decode(payload: memoryview) -> Record:
    sequence, count = _RECORD.unpack_from(payload)
    rectangles: list[Rectangle] = []
    position = _RECORD.size
    for _ in range(count):
        box = Box(*_BOX.unpack_from(payload, position))
        position += _BOX.size
        planes = []
        for plane, end in decode_planes(payload, position, box, 2):
            planes.append(plane)
            position = end
        rectangles.append(Rectangle(box, planes[0], planes[1]))
    return Record(sequence, tuple(rectangles))


def decode_planes(
    payload: memoryview, position: int, box: Box, count: int
) -> Iterator[tuple[IdArray, int]]:
    """So many rectangles of ids of a box's size, each with the position behind it.

    Raises:
        struct.error, ValueError, KeyError, zlib.error: the bytes are none.
    """
    for _ in range(count):
        kind, itemsize, length = _PLANE.unpack_from(payload, position)
        begin = position + _PLANE.size
        position = begin + length
        data = bytes(payload[begin:position])
        packed = PackedPlane(PlaneKind(kind), (box.height, box.width), _DTYPES[itemsize], data)
        yield packed.unpacked(), position
