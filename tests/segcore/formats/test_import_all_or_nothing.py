"""An import into a project that is there: all of it, or nothing, whatever happens in the middle."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcore.classes import ClassTable
from segcore.errors import Cancelled, FormatError, ProjectError
from segcore.formats import room
from segcore.formats.importing import Imported
from segcore.formats.into_project import import_into, import_into_open
from segcore.progress import CancelToken, Progress
from segcore.project import Project

Scene = tuple[Path, Imported]


@pytest.fixture
def scene(import_scene: Any, tmp_path: Path) -> Scene:
    return import_scene.make(tmp_path)


def files_of(folder: Path) -> dict[str, bytes]:
    """Everything but the index and the lock, and the origins' rows, which say nothing alone."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(("project.", "origins.json"))
    }


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are tried in forked processes")
def test_a_kill_at_any_moment_leaves_all_of_an_import_or_nothing(
    import_scene: Any, tmp_path: Path
) -> None:
    command = [sys.executable, "-P", import_scene.__file__, str(tmp_path)]
    quiet = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=250, env=quiet
    )
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    before, after, outcomes = said["before"], said["after"], said["outcomes"]
    assert after["labelled"] == list(after["labels"])
    assert len(after["labels"]) == 4
    decided = outcomes.index(after)
    assert decided > 10
    assert all(outcome == before for outcome in outcomes[:decided])
    assert all(outcome == after for outcome in outcomes[decided:])
    assert len(outcomes) > decided + 10


def test_a_full_disk_at_any_moment_takes_nothing_and_the_same_import_goes_on_after(
    import_scene: Any, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, imported = scene
    before, files = import_scene.look(folder), files_of(folder)
    whole = os.fsync
    left = 0

    def full(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(descriptor)

    said: list[str] = []
    for moment in range(100):
        with Project.open(folder) as project:
            left = moment
            with monkeypatch.context() as patch:
                patch.setattr(os, "fsync", full)
                try:
                    import_into_open(project, imported, "png", existing="replace")
                    break
                except ProjectError as error:
                    said.append(str(error))
            if "all on disk" in said[-1]:
                project.set_comment("bare.png", "there is room again, and it is finished")
                break
        assert "No space left on device" in said[-1]
        assert "nothing was taken" in said[-1]
        assert import_scene.look(folder) == before
        assert files_of(folder) == files
    assert len(said) > 8
    assert "all on disk" in said[-1]
    found = import_scene.look(folder)
    assert set(found["labels"]) == {"labelled.png", "bare.png", "first.png", "second.png"}
    assert all(ids == [import_scene.AFTER] for ids in found["labels"].values())
    assert not (folder / import_scene.STAGING).exists()


def test_replaced_labels_come_back_by_undo_also_after_the_next_start(
    import_scene: Any, scene: Scene
) -> None:
    folder, imported = scene
    import_scene.take(folder, imported)
    with Project.open(folder) as project:
        history = project.history("labelled.png")
        assert [step.text for step in history.steps] == ["Import png"]
        maps = project.maps("labelled.png")
        project.edit_of("labelled.png", history.steps[0].sequence).inverse().apply(
            maps.labels, maps.origins
        )
        assert (maps.labels == import_scene.BEFORE).all()
        assert project.origin_rows[int(maps.origins[0, 0]) - 1].kind == "person"
        assert not project.history("bare.png").steps, "first labels are where undo begins"


def unreadable_after(imported: Imported, name: str, spoil: Callable[[], Any]) -> Imported:
    """The same, but of one picture whose labels are read again."""
    pictures = [
        replace(picture, labels=spoil) if picture.name == name else picture
        for picture in imported.labelled.pictures
    ]
    return Imported(replace(imported.labelled, pictures=pictures), ())


def test_a_label_file_that_was_readable_before_takes_nothing(
    import_scene: Any, scene: Scene
) -> None:
    folder, imported = scene
    files = files_of(folder)

    def spoilt() -> Any:
        raise FormatError("second.json is damaged: restore it.")

    with pytest.raises(FormatError, match=r"second\.json is damaged: nothing was taken"):
        import_scene.take(folder, unreadable_after(imported, "second.png", spoilt))
    assert files_of(folder) == files


def test_calling_it_off_takes_nothing(import_scene: Any, scene: Scene) -> None:
    folder, imported = scene
    files, token = files_of(folder), CancelToken()

    def stop(progress: Progress) -> None:
        if progress.done == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        import_into(folder, imported, "png", existing="replace", progress=stop, cancel=token)
    assert files_of(folder) == files


@pytest.mark.parametrize("existing", ["refuse", "keep", "replace"])
def test_labels_that_come_meanwhile_are_as_safe_as_those_of_before(
    import_scene: Any, scene: Scene, existing: Any
) -> None:
    folder, imported = scene
    pictures = [each for each in imported.labelled.pictures if each.name != "labelled.png"]
    imported = Imported(replace(imported.labelled, pictures=pictures), ())
    with Project.open(folder) as project:

        def someone_labels(progress: Progress) -> None:
            if progress.done == 2:
                project.record("bare.png", (0, 0, 8, 6), np.full(import_scene.SIZE, 0))

        def take() -> Any:
            return import_into_open(
                project, imported, "png", existing=existing, progress=someone_labels
            )

        if existing == "refuse":
            with pytest.raises(FormatError, match=r"bare\.png was labelled meanwhile"):
                take()
            assert len(project.images) == 2
        else:
            report = take()
            assert report.kept == (("bare.png",) if existing == "keep" else ())
        value = import_scene.AFTER if existing == "replace" else 0
        assert (project.labels("bare.png") == value).all()
    assert import_scene.look(folder)["labels"]["bare.png"] == [value]


def test_a_removed_picture_gets_nobody_elses_labels(import_scene: Any, scene: Scene) -> None:
    folder, imported = scene
    with Project.open(folder) as project:
        project.remove(["bare.png"])
    with pytest.raises(FormatError, match=r"bare\.png was removed from the project: add"):
        import_scene.take(folder, imported)
    with Project.open(folder) as project:
        project.add([imported.labelled.pictures[1].image])  # type: ignore[list-item]
    import_scene.take(folder, imported)
    assert import_scene.look(folder)["labels"]["bare.png"] == [import_scene.AFTER]


def test_classes_that_outgrow_8_bits_widen_what_is_there(import_scene: Any, scene: Scene) -> None:
    folder, imported = scene
    table = ClassTable.from_names([f"class {number}" for number in range(300)])
    pictures = [
        replace(each, labels=lambda: np.full(import_scene.SIZE, 299, np.uint16))
        for each in imported.labelled.pictures[1:]
    ]
    import_scene.take(
        folder, Imported(replace(imported.labelled, classes=table, pictures=pictures), ())
    )
    found = import_scene.look(folder)
    assert found["labels"]["labelled.png"] == [import_scene.BEFORE]
    assert found["labels"]["first.png"] == [301]
    assert len(found["classes"]) == 302


def test_a_disk_without_room_is_said_before_anything_is_written(
    import_scene: Any, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, imported = scene
    files = files_of(folder)
    needed = room.room_needed(imported.labelled.pictures)
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: usage._replace(free=needed - 1))
    for place in (folder, folder.parent / "another"):
        with pytest.raises(FormatError, match=r"4 pictures need .* MB or more, and .* make room"):
            import_into(place, imported, "png", existing="replace", dry_run=True)
    assert files_of(folder) == files
    monkeypatch.undo()
    import_scene.take(folder, imported)
