"""What a person chooses before an import: where the labels are, what they mean, where they go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from segcore.classes import ClassTable
from segcore.formats.contract import ImportOptions
from segcore.formats.matching import Existing


@dataclass(frozen=True)
class ImportPlan:
    """Everything that an import depends on, besides the files.

    Attributes:
        path: the folder or file with the labels.
        format_name: one of `table.FORMATS`.
        project: the folder of a new project; None for the one that is open.
        pictures: the folder with the pictures, where they lie elsewhere.
        classes: the `classes.json` that the ids mean, where there is none at the top.
        existing: what becomes of pictures that have labels already.
    """

    path: Path
    format_name: str
    project: Path | None = None
    pictures: Path | None = None
    classes: Path | None = None
    existing: Existing = "refuse"

    def options(self) -> ImportOptions:
        """What the reader is told.

        Raises:
            ClassTableError: the class table cannot be read.
        """
        table = None if self.classes is None else ClassTable.read(self.classes)
        return ImportOptions(table, self.pictures)
