"""An import that has everything: new pictures, known ones, replaced labels, a new class.

Run as a program with an empty folder, it kills the import at every event on the disk, and prints
what became of the project each time.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from segcore.classes import ClassTable
from segcore.formats.contract import LabelledPicture, LabelledSet
from segcore.formats.importing import Imported
from segcore.formats.into_project import ImportReport, import_into
from segcore.project import Project

SIZE = (6, 8)
BEFORE, AFTER = 1, 2
STAGING = ".writing-import"


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((*SIZE, 3), np.uint8)).save(path)
    return path


def make(folder: Path) -> tuple[Path, Imported]:
    """A project with a labelled picture, of which a step can be undone, and one without labels."""
    own = [picture(folder / "own" / name) for name in ("labelled.png", "bare.png")]
    with Project.create(folder / "project", ClassTable.from_names(["road", "sky"])) as project:
        project.add(own)
        project.record("labelled.png", (0, 0, 8, 6), np.full(SIZE, BEFORE))
        project.flush(folded=True)
        project.set_comment("bare.png", "kept")
    new = [picture(folder / "new" / name) for name in ("first.png", "below/second.png")]

    def labels() -> Any:
        return np.full(SIZE, AFTER, np.uint8)

    names = {path.relative_to(path.parents[0]).as_posix(): path for path in (*own, *new)}
    pictures = [LabelledPicture(name, path, SIZE, labels) for name, path in names.items()]
    classes = ClassTable.from_names(["road", "sky", "car"])
    return folder / "project", Imported(LabelledSet(classes, pictures), ())


def take(project: Path, imported: Imported) -> ImportReport:
    return import_into(project, imported, "png", existing="replace")


def look(folder: Path) -> dict[str, Any]:
    """All that a person sees of a project."""
    with Project.open(folder, read_only=True) as project:
        return {
            "classes": list(project.classes.names),
            "labels": {name: np.unique(project.labels(name)).tolist() for name in project.images},
            "said": {name: int(project.origins(name).max()) for name in project.images},
            "states": {name: project.status(name) for name in project.images},
            "labelled": project.labelled(),
        }


def _count_down(project: Path, left: int) -> None:
    """End the process, as a kill does, before the so-manieth change in the project's folder."""
    inside = str(project)
    kinds = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")

    def count(event: str, values: tuple[Any, ...]) -> None:
        nonlocal left
        if event not in kinds or not str(values[0]).startswith(inside):
            return
        if event == "open" and values[1] in {None, "r", "rb"}:
            return
        left -= 1
        if left < 0:
            os._exit(9)

    sys.addaudithook(count)


def _killed(project: Path, imported: Imported, left: int) -> bool:
    """Whether an import was killed before that change; False where it has ended."""
    child = os.fork()
    if child == 0:
        _count_down(project, left)
        take(project, imported)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in {0, 9}:
        raise SystemExit(f"the import failed with {status} after {left} changes")
    return status == 9


def main(folder: Path) -> None:
    project, imported = make(folder / "scene")
    shutil.copytree(project, folder / "whole")
    before, outcomes = look(project), []
    for left in range(10_000):
        shutil.rmtree(project)
        shutil.copytree(folder / "whole", project)
        killed = _killed(project, imported, left)
        if (project / STAGING / "commit.json").exists():  # a line may be torn, too
            with (project / "states.jsonl").open("ab") as states:
                states.write(b'{"image": "fir')
        Project.open(project).close()
        outcomes.append(look(project))
        if (project / STAGING).exists():
            raise SystemExit(f"something is left after {left} changes")
        if not killed:
            break
    json.dump({"before": before, "after": outcomes[-1], "outcomes": outcomes}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
