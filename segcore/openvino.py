"""OpenVINO, without what it would report; everything here imports it from this module.

Importing OpenVINO tells an analytics service so, from a process that it forks off. What a person
works with is nobody else's business, and to fork beside a window and its threads is not safe. It
does without the package that sends such reports where that cannot be imported.
"""

from __future__ import annotations

import sys

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # importing it now fails

import openvino  # noqa: E402
from openvino import opset13  # noqa: E402

__all__ = ["openvino", "opset13"]
