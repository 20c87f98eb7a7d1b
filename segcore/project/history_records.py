"""The records of an undo history's log: how they stand in the file.

    magic "SFH1" | CRC-32 of the fields and the text, u32 | fields | text, UTF-8 | payload

    fields: kind, u8 | sequence number, u64 | length of the text, u16
            | length of the payload, u64 | CRC-32 of the payload, u32
    payload of DO and KEPT: number of patches, u32 | patches
    patch: x0, y0, x1, y1, 4 x i32 | ids before | ids after | origins before | origins after,
           each as in a journal
    payload of STATE: how many of the edits before it are done, u64

All numbers are little-endian.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from typing import BinaryIO, NamedTuple

import numpy as np

from segcore.edits import Edit, PackedEdit, Patch
from segcore.geometry import Box
from segcore.labels import widen
from segcore.project.journal import decode_planes, encode_planes

MAGIC = b"SFH1"
_HEAD = struct.Struct("<4sI")
_FIELDS = struct.Struct("<BQHQI")
_COUNT = struct.Struct("<I")
_STATE = struct.Struct("<Q")
_BOX = struct.Struct("<4i")
_LONGEST_TEXT = 1000


class Kind(IntEnum):
    """What a record says; the numbers stand in files."""

    STATE = 0
    DO = 1
    UNDO = 2
    REDO = 3
    KEPT = 4


class Move(NamedTuple):
    """What an edit means to the stack: `edit` is set for DO alone."""

    kind: Kind
    text: str = ""
    edit: Edit | PackedEdit | None = None


class Step(NamedTuple):
    """An edit that can be undone or done again.

    Attributes:
        sequence: names it for good.
        text: what was done, for the undo menu.
        begin, length, crc: where its payload lies in the file.
    """

    sequence: int
    text: str
    begin: int
    length: int
    crc: int


class Record(NamedTuple):
    """A whole record; `position` is what a STATE says, else 0."""

    kind: Kind
    step: Step
    position: int


def encode_position(position: int) -> bytes:
    """The payload of a STATE."""
    return _STATE.pack(position)


def read_records(file: BinaryIO) -> Iterator[Record]:
    """Every record up to the first that is not whole; payloads are passed over."""
    end = file.seek(0, os.SEEK_END)
    place = 0
    while place + _HEAD.size + _FIELDS.size <= end:
        file.seek(place)
        magic, crc = _HEAD.unpack(file.read(_HEAD.size))
        fields = file.read(_FIELDS.size)
        kind, sequence, text_length, length, payload_crc = _FIELDS.unpack(fields)
        text = file.read(text_length)
        begin = place + _HEAD.size + _FIELDS.size + text_length
        if magic != MAGIC or zlib.crc32(fields + text) != crc or begin + length > end:
            return
        position = _STATE.unpack(file.read(_STATE.size))[0] if kind == Kind.STATE else 0
        step = Step(sequence, text.decode("utf-8", "replace"), begin, length, payload_crc)
        yield Record(Kind(kind), step, position)
        place = begin + length


def encode(sequence: int, move: Move) -> tuple[bytes, bytes]:
    """Head and payload of the record of a move."""
    payload = b"" if move.edit is None else _payload(move.edit)
    return encode_head(move.kind, sequence, move.text, len(payload), zlib.crc32(payload)), payload


def encode_head(kind: Kind, sequence: int, text: str, length: int, crc: int) -> bytes:
    """Everything of a record before its payload, whose length and CRC-32 are given."""
    words = text.encode("utf-8", "replace")[:_LONGEST_TEXT]
    fields = _FIELDS.pack(kind, sequence, len(words), length, crc) + words
    return _HEAD.pack(MAGIC, zlib.crc32(fields)) + fields


def _payload(edit: Edit | PackedEdit) -> bytes:
    patches = edit.patches
    parts = [_COUNT.pack(len(patches))]
    for patch in patches:
        parts.append(_BOX.pack(*patch.box))
        planes = (patch.before, patch.after, patch.origins_before, patch.origins_after)
        parts += encode_planes(planes)
    return b"".join(parts)


def decode(payload: bytes, text: str) -> Edit:
    """The edit of a payload, its labels as wide as they were."""
    view = memoryview(payload)
    (count,) = _COUNT.unpack_from(view)
    position = _COUNT.size
    patches = []
    for _ in range(count):
        box = Box(*_BOX.unpack_from(view, position))
        position += _BOX.size
        planes = []
        for plane, end in decode_planes(view, position, box, 4):
            planes.append(plane)
            position = end
        before, after, origins_before, origins_after = planes
        patches.append(Patch(box, before, after, origins_before, origins_after))
    return Edit(tuple(patches), text)


def widened(edit: Edit | PackedEdit) -> Edit:
    """An edit of before the classes outgrew 8 bits, at 16; unpacked in any case."""
    whole = edit if isinstance(edit, Edit) else edit.unpacked()
    if all(patch.after.dtype == np.uint16 for patch in whole.patches):
        return whole
    return Edit(tuple(map(_widened, whole.patches)), whole.name)


def _widened(patch: Patch) -> Patch:
    return Patch(
        patch.box,
        widen(patch.before),
        widen(patch.after),
        patch.origins_before,
        patch.origins_after,
    )
