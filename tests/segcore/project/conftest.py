"""A folder of three pictures and a project beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcore.classes import ClassTable
from segcore.project import Project

NAMES = ("a.jpg", "b.png", "sub/ü ö 写真.jpg")


def draw(path: Path, size: tuple[int, int] = (60, 80)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((*size, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def classes() -> ClassTable:
    return ClassTable.from_names(["road", "sky", "car"])


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for name in NAMES:
        draw(tmp_path / "pictures" / name)
    return tmp_path / "pictures"


@pytest.fixture
def project(tmp_path: Path, pictures: Path, classes: ClassTable) -> Iterator[Project]:
    """Open for writing, with the three pictures of 60 rows and 80 columns."""
    opened = Project.create(tmp_path / "project", classes)
    opened.add([pictures])
    yield opened
    opened.close(discard=True)
