"""Freed memory stays with the process, unless the person has said otherwise."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

CHILD = """
import resource
import numpy as np
from segcore.models.allocator import keep_freed_pages

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def one_pass():
    blocks = [np.ones(3 << 20, np.float32) for _ in range(4)]
    return len(blocks)

print(keep_freed_pages())
one_pass()
before = faults()
one_pass()
print(faults() - before)
"""


def second_pass(**environment: str) -> tuple[bool, int]:
    """Whether a new process keeps its pages, and the page faults of its second pass."""
    kept = {name: value for name, value in os.environ.items() if "MALLOC" not in name}
    done = subprocess.run(
        [sys.executable, "-c", CHILD],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    said, faults = done.stdout.split()
    return said == "True", int(faults)


@pytest.mark.skipif(
    sys.platform != "linux" or platform.libc_ver()[0] != "glibc", reason="not Linux with glibc"
)
def test_a_second_pass_finds_the_pages_of_the_first():
    keeps, faults = second_pass()
    assert keeps
    assert faults < 100
    keeps, faults = second_pass(MALLOC_TRIM_THRESHOLD_="131072")
    assert not keeps
    assert faults > 1000
