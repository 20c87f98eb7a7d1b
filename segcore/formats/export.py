"""A set of labelled pictures into the files of another program, whole or not at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segcore.errors import FormatError
from segcore.formats.contract import ExportOptions, Finding, Format, LabelledSet
from segcore.formats.findings import findings_of
from segcore.formats.layout import CLASSES_NAME
from segcore.formats.staging import check_free, staged_folder
from segcore.progress import CancelToken, ProgressCallback, Ticker

SPLITS_NAME = "splits.json"


@dataclass(frozen=True)
class ExportReport:
    """What an export did, or would do.

    Attributes:
        folder: where it lies.
        pictures: number of pictures in each split.
        findings: what was said before; no hindrance among it unless it was a dry run.
        written: False after a dry run.
    """

    folder: Path
    pictures: Mapping[str, int]
    findings: tuple[Finding, ...]
    written: bool

    @property
    def hindrances(self) -> tuple[Finding, ...]:
        """What would stop the export."""
        return tuple(finding for finding in self.findings if finding.kind == "hindrance")


def export_set(
    labelled: LabelledSet,
    folder: Path,
    form: Format,
    options: ExportOptions | None = None,
    *,
    dry_run: bool = False,
    split: Mapping[str, Any] | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> ExportReport:
    """Write a set into a new or empty folder, with `classes.json` at its top.

    It is written into a folder beside it and moved into place when it is whole.

    Args:
        dry_run: look for what would be lost or hinder, and write nothing.
        split: how the set was split, kept in `splits.json`.

    Raises:
        FormatError: something hinders it (all of it in `problems`), the folder holds something, or
            the disk refuses; nothing is left behind.
        SegcoreError: a picture or its labels turn out to be unreadable; likewise.
        Cancelled: likewise.
    """
    options = options or ExportOptions()
    check_free(folder)
    findings = tuple(findings_of(labelled, form, options))
    counts = Counter(picture.split for picture in labelled.pictures)
    report = ExportReport(folder, dict(counts), findings, written=not dry_run)
    if dry_run:
        return report
    if report.hindrances:
        raise FormatError.of(folder, [finding.text for finding in report.hindrances])
    ticker = Ticker(len(labelled.pictures), progress)

    def step(name: str) -> None:
        if cancel is not None:
            cancel.raise_if_cancelled()
        ticker.tick(name)

    with staged_folder(folder) as staging:
        form.write(labelled, staging, options, step)
        labelled.classes.write(staging / CLASSES_NAME)
        if split is not None:
            text = json.dumps(split, indent=2, ensure_ascii=False)
            (staging / SPLITS_NAME).write_text(f"{text}\n", encoding="utf-8")
    return report
