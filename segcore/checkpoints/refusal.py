"""The one sentence that says why a checkpoint is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segcore.errors import CheckpointError

_KEYS_NAMED = 3
_LONGEST = 160


def refusal(source: str | Path, trouble: str, advice: str) -> CheckpointError:
    """A `CheckpointError` of one line: base name of the file or folder, trouble, what to do."""
    return CheckpointError(f"{base_name(source)}: {one_line(trouble)}; {one_line(advice)}.")


def base_name(source: str | Path) -> str:
    """The last part of a path; a hub name and a path without one stay as they are."""
    return one_line(Path(source).name or str(source))


def one_line(text: str, limit: int = 600) -> str:
    """`text` without line breaks or control characters, cut at `limit` characters."""
    line = "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def named(keys: Sequence[str]) -> str:
    """The first few of `keys`, and how many more there are."""
    shown = ", ".join(one_line(key, _LONGEST) for key in keys[:_KEYS_NAMED])
    more = len(keys) - _KEYS_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
