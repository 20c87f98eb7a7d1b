"""Large blocks of memory in huge pages: a pass over all weights then looks up fewer addresses.

Every 4 KiB that a pass touches need an entry of the processor's table of addresses, which holds a
few thousand; the weights and features of a large network are ten times that. Linux has pages of
2 MiB, and since 6.1 puts memory that is in use already into them when it is asked to.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_HUGE = 2 << 20
_LEAST = 4 << 20
_MADV_COLLAPSE = 25
_IN_USE = 0.75
"""Share of a block that is in memory; of others (stacks, room kept for later) most is not, and
would be from then on."""


class _Block(NamedTuple):
    start: int
    end: int


def into_huge_pages() -> int:
    """Ask for huge pages for all large blocks of this process that are in use; bytes that got them.

    0 where the system has none to give. Takes a second for a gigabyte.
    """
    if sys.platform != "linux":
        return 0
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    moved = 0
    with suppress(OSError):  # no /proc: nothing is known of the blocks
        for block in list(_blocks_in_use()):
            first = -(-block.start // _HUGE) * _HUGE
            # One at a time: other threads wait while the kernel is at it.
            for start in range(first, block.end - _HUGE + 1, _HUGE):
                if advise(start, _HUGE, _MADV_COLLAPSE) == 0:
                    moved += _HUGE
    return moved


def _blocks_in_use() -> Iterator[_Block]:
    """Large blocks that are nobody's file and no other process's, and mostly in memory."""
    block: _Block | None = None
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8", errors="replace").splitlines():
        word, *others = line.split()
        if not word.endswith(":"):
            start, end = (int(edge, 16) for edge in word.split("-"))
            private = others[0].startswith("rw") and others[0].endswith("p")
            nameless = len(others) < 5 or others[4] == "[heap]"
            block = _Block(start, end) if private and nameless and end - start >= _LEAST else None
        elif word == "Rss:" and block is not None and _is_used(block, int(others[0]) * 1024):
            yield block


def _is_used(block: _Block, resident: int) -> bool:
    return resident >= _IN_USE * (block.end - block.start)
