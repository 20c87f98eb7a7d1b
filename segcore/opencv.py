"""OpenCV, imported so that it leaves Qt alone: `from segcore.opencv import cv2`.

The wheel with a window system of its own points Qt at its plugins when it is imported, and PySide6
then cannot start. The headless wheel does not; where somebody installed the other, what it set is
put back.
"""

from __future__ import annotations

import os

_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_before = {name: os.environ.get(name) for name in _VARIABLES}

import cv2  # noqa: E402 - the variables are looked at first

for _name, _value in _before.items():
    if _value is None:
        os.environ.pop(_name, None)
    else:
        os.environ[_name] = _value

if "OPENCV_LOG_LEVEL" not in os.environ:
    # what else it has to say is in our own sentences
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_FATAL)

__all__ = ["cv2"]
