"""Pictures into a project under names that somebody else gave them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from segcore.project.states import line

if TYPE_CHECKING:
    from segcore.project.listed import ProjectPictures


def add_named(project: ProjectPictures, files: Mapping[str, Path]) -> dict[str, str]:
    """Add picture files under wanted names; those known keep theirs.

    A picture in the project folder is named by its path in it. Where a wanted name is another
    picture's, all of these go below one folder's name.

    Returns the name in the project for each wanted one.

    Raises:
        ProjectError: the project cannot be written, or a name leads out of it.
    """
    recorder = project._writable()
    pictures = project._pictures
    with project._guard:
        names, new = pictures.add_named(files)
        recorder.submit([line(name, source=pictures.state(name).source) for name in new])
    return names
