"""Labels in the files of other programs, both ways. No torch, no Qt here."""

from segcore.formats.contract import (
    ExportOptions,
    Finding,
    Format,
    ImportOptions,
    LabelledPicture,
    LabelledSet,
    Problems,
)

__all__ = [
    "ExportOptions",
    "Finding",
    "Format",
    "ImportOptions",
    "LabelledPicture",
    "LabelledSet",
    "Problems",
]
