"""Keeps None alive under a binding that gives its references away.

PySide6 6.12.0 drops a reference to None with every call that returns nothing. From Python 3.12 on
None is immortal and nothing comes of it; before, the interpreter ends with "none_dealloc" after
some ten thousand calls, which is minutes of painting.
"""

from __future__ import annotations

import ctypes
import sys

_SPARE = 1 << 40 if sys.maxsize > 1 << 32 else 1 << 28


def keep_none_alive() -> None:
    """Give None more references than a program can lose; does nothing where it is immortal."""
    counted = sys.version_info < (3, 12) and sys.implementation.name == "cpython"
    # With Py_TRACE_REFS an object does not begin with its count.
    if counted and not hasattr(sys, "getobjects") and sys.getrefcount(None) < _SPARE // 2:
        ctypes.c_ssize_t.from_address(id(None)).value += _SPARE
