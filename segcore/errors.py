"""What can go wrong, said to the person in one sentence.

The text of every error here names the file (or the argument), the trouble and what to do, on one
line without a traceback: the command line prints it as it is, the window shows it in a banner.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

_LONGEST_NAME = 200


class SegcoreError(Exception):
    """One sentence for the person: which file, what is wrong, what to do."""


class CheckpointError(SegcoreError):
    """A model file or folder that cannot be used."""


class ImageError(SegcoreError):
    """A picture or label map that cannot be read or written."""


class VideoError(SegcoreError):
    """A video, or a frame of it, that cannot be read or written."""


class ClassTableError(SegcoreError):
    """A class table that cannot be used: not JSON, gaps in the ids, a bad colour."""


class ProjectError(SegcoreError):
    """A project folder that cannot be opened, read or written."""


class FormatError(SegcoreError):
    """Labels of another program that cannot be read or written.

    Attributes:
        problems: everything that was found wrong, a sentence each; at least one.
    """

    def __init__(self, sentence: str, problems: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.problems = tuple(problems) or (sentence,)

    @classmethod
    def of(cls, source: Path, problems: Sequence[str]) -> Self:
        """One sentence for all that is wrong with `source`: the first, and how many follow."""
        if len(problems) == 1:
            return cls(problems[0], problems)
        return cls(
            f"{readable(source)}: {len(problems)} problems, the first of them: {problems[0]}",
            problems,
        )


class TrainingError(SegcoreError):
    """Training that cannot begin or go on: no labels, a loss that is no number, a full disk."""


class RequestError(SegcoreError):
    """A request that makes no sense: a point outside the image, an unknown stage, a bad size."""


class Cancelled(Exception):  # noqa: N818 - an outcome that was asked for, not an error
    """The person called the work off; nothing is wrong."""


def readable(path: str | os.PathLike[str]) -> str:
    """A path as it may stand in a sentence: on one line, printable, its end kept when too long."""
    text = str(Path(path))
    printable = "".join(part if part.isprintable() else ascii(part)[1:-1] for part in text)
    return printable if len(printable) <= _LONGEST_NAME else f"…{printable[-_LONGEST_NAME:]}"


def without_advice(error: SegcoreError) -> str:
    """What is wrong, without what to do: for a sentence that has other advice."""
    sentence = str(error)
    return sentence.rpartition(": ")[0] or sentence.removesuffix(".")
