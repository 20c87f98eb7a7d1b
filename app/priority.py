"""Background threads let the threads that paint go first."""

from __future__ import annotations

import os
import sys
import threading

NICENESS = 5


def step_behind_the_window() -> None:
    """Lower the calling thread's priority; threads that it starts (torch's, too) inherit that.

    Only Linux has a priority for each thread that anybody may lower.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
