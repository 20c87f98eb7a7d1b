"""`project`: made, filled, predicted under a person's pixels, and counted, without the window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from app.cli.main import main
from segcore import resources
from segcore.project import Project


def said(capsys: Any) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_project_from_the_command_line(tmp_path: Path, capsys: Any) -> None:
    folder = str(tmp_path / "project")
    pictures = [str(picture) for picture, _ in resources.sample_paths()[:2]]
    assert main(["project", "create", folder, pictures[0], "--json"]) == 0
    name = said(capsys)["added"][0]
    assert main(["project", "create", folder]) == 1
    assert "already" in capsys.readouterr().err
    assert main(["project", "add", folder, *pictures, "--json"]) == 0
    assert len(said(capsys)["added"]) == 1

    model = _bundled()
    assert main(["project", "predict", folder, "-m", model, "--json"]) == 0
    assert len(said(capsys)["done"]) == 2
    with Project.open(folder) as project:
        project.record(name, (0, 0, 50, 50), np.full((50, 50), 3))
    assert main(["project", "predict", folder, "-m", model]) == 0
    with Project.open(folder) as project:
        assert (project.labels(name)[:50, :50] == 3).all()
        assert [project.status(each) for each in project.images] == ["in_work", "predicted"]

    capsys.readouterr()
    assert main(["project", "status", folder, "--json"]) == 0
    found = said(capsys)
    assert found["pictures"] == found["labelled"] == 2
    assert found["statuses"]["predicted"] == found["statuses"]["in_work"] == 1
    assert found["troubles"] == []
    person = next(row for row in found["origins"] if row["kind"] == "person")
    assert person["pixels"] == 2500
    assert abs(sum(row["share"] for row in found["classes"]) + found["unlabelled"] - 1) < 1e-9
    assert main(["project", "status", folder]) == 0
    assert "1 predicted, 1 in_work" in capsys.readouterr().out

    assert main(["project", "predict", folder, "-m", model, "--overwrite"]) == 0
    with Project.open(folder) as project:
        assert not (project.labels(name)[:50, :50] == 3).all()
        assert project.history(name).steps[-1].text == "Predict"


def test_a_folder_of_pictures_does_not_become_an_empty_project(tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    picture = folder / "street.jpg"
    picture.write_bytes(resources.sample_paths()[0][0].read_bytes())
    assert main(["project", "create", str(folder)]) == 1
    assert "name a new folder for the project" in capsys.readouterr().err
    assert list(folder.iterdir()) == [picture]
    words = ["project", "create", str(tmp_path / "new"), str(folder), "--classes", "road,sky"]
    assert main([*words, "--json"]) == 0
    assert said(capsys)["added"] == ["street.jpg"]
    out = str(tmp_path / "out")
    split = ["--split", "train=50,val=50", "--dry-run"]
    assert main(["export", str(tmp_path / "new"), "-f", "png", "-o", out, *split]) == 0
    assert "No picture is in" in capsys.readouterr().err


def _bundled() -> str:
    from segcore.checkpoints import list_models

    return next(entry.name for entry in list_models() if entry.kind == "bundled")
