"""Large blocks come into huge pages with their content; small and unused ones are let alone."""

from __future__ import annotations

import mmap
import sys
from pathlib import Path

import numpy as np
import pytest

from segcore.models.huge_pages import _blocks_in_use, into_huge_pages

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="huge pages are Linux's")

MEBIBYTE = 1 << 20


def holds(address: int) -> bool:
    return any(block.start <= address < block.end for block in _blocks_in_use())


def test_what_lies_there_stays_as_it_is():
    values = np.arange(16 * MEBIBYTE // 4, dtype=np.float32)
    before = values.copy()
    into_huge_pages()
    np.testing.assert_array_equal(values, before)


def in_huge_pages() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("AnonHugePages"))


def test_what_it_says_is_so():
    with mmap.mmap(-1, 64 * MEBIBYTE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as block:
        block.write(bytes(64 * MEBIBYTE))
        before = in_huge_pages()
        moved = into_huge_pages()
        # What lay in huge pages before is counted too; what the kernel refuses is not.
        assert in_huge_pages() - before <= moved <= in_huge_pages() + 8 * MEBIBYTE


def test_only_blocks_that_are_in_use_are_taken():
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    with mmap.mmap(-1, 256 * MEBIBYTE, flags=flags) as unused:
        # bordered by nothing that would be taken for the same block
        address = np.frombuffer(unused, np.uint8).ctypes.data
        assert not holds(address + 128 * MEBIBYTE)
        np.frombuffer(unused, np.uint8)[:] = 1
        assert holds(address + 128 * MEBIBYTE)
