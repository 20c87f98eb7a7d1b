"""Label maps on disk and in numbers."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from segcore.classes import IGNORE_COLOR, ClassTable
from segcore.errors import ImageError, RequestError
from segcore.labels import (
    class_counts,
    class_shares,
    read_label_map,
    unlabelled,
    widen,
    write_label_map,
)
from segcore.opencv import cv2

STREET = ClassTable.from_names(["road", "sky"], [(128, 64, 128), (70, 130, 180)])
MANY = ClassTable.from_names([str(i) for i in range(300)])

maps = st.sampled_from([np.uint8, np.uint16]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))
)


@settings(max_examples=60)
@given(labels=maps, sequence=st.integers(0, 2**40), with_table=st.booleans())
def test_every_id_and_the_sequence_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    labels: np.ndarray,
    sequence: int,
    with_table: bool,
) -> None:
    path = tmp_path_factory.getbasetemp() / "map.png"
    table = (STREET if labels.dtype == np.uint8 else MANY) if with_table else None
    write_label_map(path, labels, table, sequence)
    read = read_label_map(path)
    assert read.labels.dtype == labels.dtype
    np.testing.assert_array_equal(read.labels, labels)
    assert read.sequence == sequence
    assert read.labels.flags.c_contiguous
    assert read.labels.flags.writeable


def test_other_programs_see_ids_and_colours(tmp_path: Path) -> None:
    labels = np.array([[0, 1, 255], [1, 0, 2]], np.uint8)
    write_label_map(tmp_path / "a.png", labels, STREET)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.mode == "P"
        np.testing.assert_array_equal(np.asarray(picture), labels)
    colours = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_COLOR)[..., ::-1]
    assert colours[0].tolist() == [[128, 64, 128], [70, 130, 180], list(IGNORE_COLOR)]

    wide = np.array([[0, 299, 65535]], np.uint16)
    write_label_map(tmp_path / "b.png", wide, MANY)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "b.png"), cv2.IMREAD_UNCHANGED), wide)


def test_part_of_a_larger_map_is_written_as_it_is(tmp_path: Path) -> None:
    whole = np.arange(600, dtype=np.uint16).reshape(20, 30).astype(np.uint8)
    write_label_map(tmp_path / "a.png", whole[3:9, 4:17], STREET)
    np.testing.assert_array_equal(read_label_map(tmp_path / "a.png").labels, whole[3:9, 4:17])


def grey_png(values: np.ndarray, depth: int) -> bytes:
    """A grey PNG of less than 8 bits, written by hand: Pillow writes none."""
    rows = b"".join(
        b"\0" + np.packbits(np.unpackbits(row[:, None], axis=1)[:, -depth:].ravel()).tobytes()
        for row in values
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], depth, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_grey_of_few_bits_is_ids_not_brightness(tmp_path: Path, depth: int) -> None:
    values = np.arange(2**depth, dtype=np.uint8).reshape(2, -1)
    (tmp_path / "a.png").write_bytes(grey_png(values, depth))
    np.testing.assert_array_equal(read_label_map(tmp_path / "a.png").labels, values)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_colours_are_no_ids(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (4, 3)).save(tmp_path / "mask.png")
    with pytest.raises(ImageError, match=r"mask\.png holds colours.*not class ids"):
        read_label_map(tmp_path / "mask.png")


def test_damage_is_told_in_one_sentence(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    whole = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (60, 70), np.uint8)).save(whole, "PNG")
    data = whole.getvalue()
    path = tmp_path / "labels of\nnobody.png"
    for damaged in (b"", b"\xff\xd8\xff\xe0", data[:7], data[:30], data[:300], data[:-40]):
        path.write_bytes(damaged)
        with pytest.raises(ImageError) as caught:
            read_label_map(path)
        assert "labels of\\nnobody.png" in str(caught.value)
        assert "\n" not in str(caught.value)
    for missing in (tmp_path / "no.png", tmp_path, tmp_path / ("x" * 300)):
        with pytest.raises(ImageError):
            read_label_map(missing)


def test_failed_write_keeps_the_old_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    write_label_map(path, np.zeros((3, 4), np.uint8), STREET, 1)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_label_map(path, np.ones((3, 4), np.uint8), STREET, 2)
    assert read_label_map(path).sequence == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(
    "array", [np.zeros((2, 3, 3), np.uint8), np.zeros((2, 3), np.int32), np.zeros((0, 3), np.uint8)]
)
def test_what_is_no_label_map_is_refused(tmp_path: Path, array: np.ndarray) -> None:
    with pytest.raises(RequestError):
        write_label_map(tmp_path / "a.png", array, STREET)
    assert not list(tmp_path.iterdir())


def test_unlabelled_and_widening() -> None:
    empty = unlabelled(2, 3)
    assert empty.dtype == np.uint8
    assert (empty == 255).all()
    assert (unlabelled(2, 3, np.uint16) == 65535).all()
    wide = widen(np.array([[0, 254, 255]], np.uint8))
    assert wide.dtype == np.uint16
    assert wide.tolist() == [[0, 254, 65535]]


@given(maps, st.integers(1, 400))
def test_counts_are_those_of_each_id(labels: np.ndarray, n: int) -> None:
    n = min(n, int(np.iinfo(labels.dtype).max))
    counts = class_counts(labels, n)
    assert counts.tolist() == [int((labels == i).sum()) for i in range(n)]
    np.testing.assert_allclose(class_shares(labels, n) * labels.size, counts)


def test_shared_labels_are_read(shared_data: Path) -> None:
    for kind in ("street", "aerial"):
        table = ClassTable.read(shared_data / kind / "classes.json")
        for path in sorted((shared_data / kind / "labels").rglob("*.png"))[:5]:
            labels = read_label_map(path).labels
            assert class_counts(labels, 256)[len(table) : 255].sum() == 0
