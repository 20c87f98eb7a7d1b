"""Background threads and processes let the threads that paint go first."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress

NICENESS = 5


def step_behind_the_window() -> None:
    """Lower the calling thread's priority; threads that it starts (torch's, too) inherit that.

    Only Linux has a priority for each thread that anybody may lower.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def step_behind(process: int) -> None:
    """Lower the priority of a process that was started for work beside the window."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError):  # it ended at once
            os.setpriority(os.PRIO_PROCESS, process, NICENESS)
