"""Pictures that were moved away are said when the project opens, and found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segcore.classes import ClassTable
from segcore.project import Project


def test_moved_pictures_are_said_and_found(person: Any, street: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "project", ClassTable.from_names(["road"])) as project:
        names = project.add([street])
    elsewhere = street.rename(tmp_path / "moved")
    window = person.window
    core = window.core
    core.prediction.automatic = False
    said: list[str] = []
    core.missing_pictures.notice.connect(said.append)
    person.opens(tmp_path / "project")
    person.waits_for(lambda: bool(said))
    assert "3 pictures are not where they were" in said[0]
    core.missing_pictures.find_in(elsewhere)
    person.waits_for(lambda: core.document.name == names[0])
    assert "3 missing pictures found" in said[-1]
