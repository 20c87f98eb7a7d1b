"""From a path to samples: a project, the `png` layout, or whatever a format reads."""

from __future__ import annotations

from pathlib import Path

from segcore.classes import ClassTable
from segcore.errors import FormatError, RequestError, TrainingError, readable
from segcore.formats.contract import ImportOptions, LabelledSet, Problems
from segcore.formats.splits import SplitBy, split_by_folder_names
from segcore.formats.table import FORMATS
from segcore.project import Project
from segcore.training.holding_out import Opened, held_out_apart
from segcore.training.samples import Samples, Subset
from segcore.training.set_samples import ProjectSamples, SetSamples

PNG = "png"


def open_samples(
    path: Path,
    form: str = PNG,
    *,
    hold_out: float | None = None,
    by: SplitBy = "picture",
    seed: int = 0,
    classes: ClassTable | None = None,
) -> Opened:
    """Read what `path` holds.

    Args:
        form: a name of `segcore.formats.FORMATS`, for what is no project.
        classes: what ids mean in files that do not say it; nothing to a project.
        hold_out: share of the pictures that is held out, whole groups of it. Without it the split
            `val` is held out where the set has one, and nothing else; `test` is never touched.
        by: what is a group: a picture, a folder, or a video.

    Raises:
        TrainingError: nothing there to train on.
        FormatError, ProjectError: it cannot be read.
    """
    if not path.exists():
        raise TrainingError(f"{readable(path)}: there is no such folder; check the name.")
    if form == PNG and not path.is_dir():
        raise TrainingError(
            f"{readable(path)} is a file: name the folder that images and labels lie in, or say "
            "its format (--format)."
        )
    if Project.is_project(path):
        samples = ProjectSamples.of(Project.open(path, read_only=True), by)
        return _project_apart(samples, hold_out or 0, seed)
    labelled = _read(path, form, classes)
    if labelled.splits == ("train",) or "train" not in labelled.splits:
        return held_out_apart(_some(SetSamples(labelled, by=by), path), hold_out or 0, seed)
    trained = _some(SetSamples(labelled, ["train"], by), path)
    if "val" in labelled.splits and hold_out is None:
        return Opened(trained, SetSamples(labelled, ["val"], by))
    return held_out_apart(trained, hold_out or 0, seed)


def _project_apart(samples: ProjectSamples, share: float, seed: int) -> Opened:
    """Measured is on what people and imports said alone, where there is enough of it."""
    judged = samples.judged if share > 0 else None
    if judged is None or len({judged.group(index) for index in range(len(judged))}) < 2:
        return held_out_apart(samples, share, seed)
    held_out = held_out_apart(judged, share, seed).held_out
    assert held_out is not None
    groups = {held_out.group(index) for index in range(len(held_out))}
    kept = [index for index in range(len(samples)) if samples.group(index) not in groups]
    return Opened(Subset(samples, kept), held_out)


def _read(path: Path, form: str, classes: ClassTable | None) -> LabelledSet:
    if form not in FORMATS:
        raise RequestError(f"{form}: there is no such format; use one of {', '.join(FORMATS)}.")
    problems = Problems(path)
    try:
        labelled = FORMATS[form].read(path, ImportOptions(classes), problems)
    except FormatError as error:
        for sentence in error.problems:
            problems.add(sentence)
        problems.raise_if_any()
        raise
    problems.raise_if_any()
    return split_by_folder_names(labelled) if labelled.splits == ("train",) else labelled


def _some(samples: Samples, path: Path) -> Samples:
    if not len(samples):
        raise TrainingError(
            f"{readable(path)}: none of its pictures has labels; label some, or name another "
            "folder."
        )
    return samples
