"""What a person chooses before an export: pictures by status, parts, and where it goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from segcore.formats.contract import ExportOptions, LabelledPicture, LabelledSet
from segcore.formats.project_set import set_of_project
from segcore.formats.splits import SplitBy, SplitPlan, split_by_folder_names, split_set
from segcore.labels import LabelMap
from segcore.progress import CancelToken, ProgressCallback, Ticker
from segcore.project import Project

DealtBy = SplitBy | Literal["folder-name"]


@dataclass(frozen=True)
class ExportPlan:
    """Everything that an export depends on, besides the project.

    Attributes:
        format_name: one of `table.FORMATS`.
        folder: the new or empty folder that it goes into.
        statuses: pictures of these alone; empty for all.
        shares: how much goes into each part; empty for one part.
        by: what stays together in a part, or `folder-name`: folders called train, val, test say it.
        stratified, seed: as in `SplitPlan`.
        options: pictures copied, linked or left out.
    """

    format_name: str
    folder: Path
    statuses: Collection[str] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    by: DealtBy = "picture"
    stratified: bool = False
    seed: int = 0
    options: ExportOptions = field(default_factory=ExportOptions)


def planned_set(project: Project, plan: ExportPlan) -> tuple[LabelledSet, dict[str, Any] | None]:
    """The pictures of a plan in their parts, and what is written of how they were dealt out.

    Raises:
        RequestError: a status or a part is none.
        ImageError: for a stratified split labels have to be read, and cannot.
    """
    return dealt(set_of_project(project, plan.statuses), plan)


def dealt(labelled: LabelledSet, plan: ExportPlan) -> tuple[LabelledSet, dict[str, Any] | None]:
    """As `planned_set`, of a set whose pictures were chosen."""
    if plan.by == "folder-name":
        return split_by_folder_names(labelled), {"by": plan.by}
    if not plan.shares:
        return labelled, None
    split = SplitPlan(plan.shares, plan.by, plan.stratified, plan.seed)
    return split_set(labelled, split), split.to_json()


def watched(
    labelled: LabelledSet, cancel: CancelToken, progress: ProgressCallback | None = None
) -> LabelledSet:
    """The set with label maps that can be called off, and that say how many of them were read.

    For work that has no progress of its own: reading a label map raises `Cancelled` once `cancel`
    was called.
    """
    ticker = Ticker(len(labelled.pictures), progress)
    seen: set[str] = set()

    def reader(picture: LabelledPicture) -> Callable[[], LabelMap]:
        def read() -> LabelMap:
            cancel.raise_if_cancelled()
            labels = picture.labels()
            if picture.name not in seen:
                seen.add(picture.name)
                ticker.tick(picture.name)
            return labels

        return read

    pictures = [replace(picture, labels=reader(picture)) for picture in labelled.pictures]
    return replace(labelled, pictures=pictures)
