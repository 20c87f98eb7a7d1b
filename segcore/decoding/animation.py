"""Whether a file moves: asked of every one that is named, so only Pillow is loaded for it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from segcore.folders import is_video_path

_ANIMATED = frozenset((".gif", ".apng", ".webp", ".png"))


def moves(path: Path) -> bool:
    """Whether a file is a video or a picture that moves."""
    return not path.is_dir() and (is_video_path(path) or is_animation(path))


def _picture_count(path: Path) -> int:
    """How many pictures a file holds; 1 for what is no animation or no picture at all."""
    try:
        with Image.open(path) as picture:
            return int(getattr(picture, "n_frames", 1))
    except (OSError, SyntaxError, ValueError, EOFError):
        return 1


def is_animation(path: Path) -> bool:
    """Whether a picture moves; a TIFF of several pages is a stack and only opened as asked for."""
    return path.suffix.lower() in _ANIMATED and _picture_count(path) > 1
