"""Nothing older than a second is lost, however and whenever the program ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from segcore.errors import ProjectError
from segcore.geometry import Box
from segcore.project import Project, journal, maps, recorder
from segcore.project.journal import MAGIC, Record, Rectangle
from segcore.project.maps import MapFiles

REPOSITORY = Path(__file__).resolve().parents[3]


def test_ten_kills_lose_nothing_older_than_a_second():
    script = REPOSITORY / "benchmarks" / "kills.py"
    command = [sys.executable, str(script), "--kills", "10", "--longest", "0.7", "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110)
    assert ended.returncode == 0, ended.stderr
    figures = json.loads(ended.stdout)
    assert figures["kills"] == 10
    assert figures["edits"] > 10
    assert figures["oldest_lost_seconds"] <= 1


HOLDER = """
import sys, time
from segcore.project import Project
project = Project.open(sys.argv[1])
print("open", flush=True)
time.sleep(60)
"""


def test_two_processes_cannot_write_and_a_kill_leaves_no_stale_lock(project):
    folder = project.folder
    with pytest.raises(ProjectError, match="open for writing"):
        Project.open(folder)
    project.close()
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "open\n"
            with pytest.raises(ProjectError, match=f"process {holder.pid}"):
                Project.open(folder)
            with Project.open(folder, read_only=True) as reading:
                assert len(reading.images) == 3
        finally:
            holder.kill()
    Project.open(folder).close()


def edited(project, count):
    """Record `count` edits of one row each and bring them to disk; the journal's path."""
    for row in range(count):
        project.record("a.jpg", (0, row, 80, row + 1), np.full((1, 80), row % 3))
    project.flush()
    return project.folder / "journal" / "a.jpg.journal"


def left_behind(project):
    """End a project as a kill does: nothing is folded, and the lock is free."""
    project._recorder.abandon()
    project._closed = True


def test_a_torn_record_is_cut_and_noted(project):
    path = edited(project, 4)
    left_behind(project)
    whole = path.read_bytes()
    for cut in (1, 7, 30):
        path.write_bytes(whole[:-cut])
        with Project.open(project.folder) as again:
            assert any("cut short" in note for note in again.notes)
            assert list(again.labels("a.jpg")[:4, 0]) == [0, 1, 2, 255]
            again.record("a.jpg", (0, 9, 80, 10), np.full((1, 80), 1))
            assert list(again.labels("a.jpg")[:10:3, 0]) == [0, 255, 255, 1]
            again.flush()
            left_behind(again)
        with Project.open(project.folder) as third:
            assert not third.notes
            assert list(third.labels("a.jpg")[:10:3, 0]) == [0, 255, 255, 1]
            left_behind(third)


def test_records_behind_a_damaged_stretch_are_found(project):
    path = edited(project, 4)
    left_behind(project)
    content = bytearray(path.read_bytes())
    second = content.index(MAGIC, 1)
    content[second + 25] ^= 0xFF
    path.write_bytes(bytes(content))
    with Project.open(project.folder) as again:
        assert any("damaged" in note for note in again.notes)
        assert list(again.labels("a.jpg")[:4, 0]) == [0, 255, 2, 0]


def test_a_record_is_all_or_nothing_at_every_length(tmp_path):
    rng = np.random.default_rng(0)
    rectangles = tuple(
        Rectangle(
            Box(0, y, 9, y + 3), rng.integers(0, 3, (3, 9), np.uint8), np.full((3, 9), 1, np.uint8)
        )
        for y in (0, 3)
    )
    path = tmp_path / "x.journal"
    first = journal.encode(Record(1, rectangles))
    data = first + journal.encode(Record(2, rectangles[:1]))
    for length in range(len(data) + 1):
        path.write_bytes(data[:length])
        content = journal.read_journal(path)
        assert len(content.records) == (length >= len(first)) + (length == len(data))
        assert content.length + content.torn == length
        assert not content.damaged
    assert np.array_equal(content.records[0].rectangles[1].labels, rectangles[1].labels)


@pytest.mark.parametrize("stop_after", ["labels", "origins"])
def test_a_kill_while_folding_loses_nothing(project, monkeypatch, stop_after):
    edited(project, 6)
    expected = project.maps("a.jpg")
    real = recorder.write_maps

    def killed(files, maps, classes):
        real(files, maps, classes)
        if stop_after == "labels":
            files.origins.unlink()
        raise OSError(5, "killed here")

    monkeypatch.setattr(recorder, "write_maps", killed)
    project.fold("a.jpg")
    with pytest.raises(ProjectError, match="killed here"):
        project.flush(folded=True)
    left_behind(project)
    monkeypatch.undo()
    with Project.open(project.folder) as again:
        found = again.maps("a.jpg")
        assert np.array_equal(found.labels, expected.labels)
        assert np.array_equal(found.origins, expected.origins)
        again.record("a.jpg", (0, 0, 1, 1), np.full((1, 1), 2))
        again.fold("a.jpg")
        again.flush(folded=True)
        assert again.labels("a.jpg")[0, 0] == 2


def test_edits_during_a_fold_are_not_lost(project):
    rng = np.random.default_rng(1)
    expected = np.full((60, 80), 255, np.uint8)
    for number in range(300):
        x, y = int(rng.integers(0, 70)), int(rng.integers(0, 50))
        expected[y : y + 10, x : x + 10] = number % 3
        project.record("a.jpg", (x, y, x + 10, y + 10), np.full((10, 10), number % 3))
        if number % 20 == 0:
            project.fold("a.jpg")
        if number % 33 == 0:
            assert np.array_equal(project.labels("a.jpg"), expected)
    assert np.array_equal(project.labels("a.jpg"), expected)
    project.close()
    with Project.open(project.folder) as again:
        assert np.array_equal(again.labels("a.jpg"), expected)


def test_a_long_journal_is_folded_by_itself(project, monkeypatch):
    monkeypatch.setattr(recorder, "FOLD_RECORDS", 10)
    edited(project, 12)
    project.flush(folded=True)
    assert (project.folder / "labels" / "a.jpg.png").exists()
    assert list(project.labels("a.jpg")[:13, 0]) == [*([0, 1, 2] * 4), 255]


# Trouble with the disk


def until(condition):
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_full_disk_is_said_and_nothing_is_lost_when_there_is_room_again(project, monkeypatch):
    project.record("a.jpg", (0, 0, 1, 1), np.full((1, 1), 1))
    project.flush()
    troubles = []
    project.on_trouble = troubles.append

    def full(path, records, whole):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal, "append", full)
    project.record("a.jpg", (1, 0, 2, 1), np.full((1, 1), 2))
    until(lambda: troubles)
    assert "No space left on device" in troubles[0]
    with pytest.raises(ProjectError, match="kept in memory"):
        project.record("a.jpg", (2, 0, 3, 1), np.full((1, 1), 0))
    with pytest.raises(ProjectError, match="No space left"):
        project.close()
    assert list(project.labels("a.jpg")[0, :4]) == [1, 2, 0, 255]
    monkeypatch.undo()
    project.flush()
    assert len(troubles) == 1
    with Project.open(project.folder, read_only=True) as reading:
        assert list(reading.labels("a.jpg")[0, :4]) == [1, 2, 0, 255]
    project.close()


def test_a_folder_that_vanishes_and_comes_back(project):
    project.record("a.jpg", (0, 0, 1, 1), np.full((1, 1), 1))
    project.flush()
    away = project.folder.with_name("away")
    project.folder.rename(away)
    project.record("a.jpg", (1, 0, 2, 1), np.full((1, 1), 2))
    with pytest.raises(ProjectError, match="folder is gone"):
        project.flush()
    assert not project.folder.exists()  # nothing is begun anew in its place
    away.rename(project.folder)
    project.flush()
    with Project.open(project.folder, read_only=True) as reading:
        assert list(reading.labels("a.jpg")[0, :3]) == [1, 2, 255]


REALLY_FULL = """
import resource, sys
import numpy as np
from segcore.errors import ProjectError
from segcore.project import Project
project = Project.open(sys.argv[1])
noise = np.random.default_rng(0).integers(0, 3, (60, 80))
project.record("a.jpg", (0, 0, 80, 60), noise)
project.flush()
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1500, hard))
try:
    for _ in range(20):
        project.record("a.jpg", (0, 0, 80, 60), 2 - noise)
        project.flush()
    print("no trouble")
except ProjectError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
project.flush()
assert np.array_equal(project.labels("a.jpg"), 2 - noise)
project.close()
print("fine")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file sizes there")
def test_a_disk_that_is_really_full(project):
    project.close()
    command = [sys.executable, "-c", REALLY_FULL, str(project.folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    said, fine = ended.stdout.splitlines()
    assert "are not on disk (File too large)" in said
    assert fine == "fine"
    with Project.open(project.folder) as again:
        assert not again.notes


def test_first_labels_go_straight_into_their_files(project):
    labels = np.arange(60 * 80, dtype=np.int64).reshape(60, 80) % 3
    project.save("a.jpg", labels, 1, straight=True)
    files = MapFiles.of(project.folder, "a.jpg")
    assert files.labels.exists()
    assert not files.journal.exists()
    left_behind(project)  # a kill right after its return
    with Project.open(project.folder) as again:
        assert np.array_equal(again.labels("a.jpg"), labels)
        assert (again.origins("a.jpg") == 1).all()
        assert again.labelled() == ["a.jpg"]
        again.record("a.jpg", (0, 0, 80, 1), np.full((1, 80), 2))
        again.flush(folded=True)
        assert (again.labels("a.jpg")[0] == 2).all()
        # there is something of a person in it now: the journal's way, all or nothing
        again.save("a.jpg", labels, 1, straight=True)
        again.flush()
        assert np.array_equal(again.labels("a.jpg"), labels)


def test_a_kill_in_first_labels_leaves_none(project, monkeypatch):
    class KillError(BaseException):
        pass

    def killed(path, *rest):
        if path.parts[-2] == "labels":
            raise KillError
        whole(path, *rest)

    whole = maps.write_label_map
    labels = np.full((60, 80), 2)
    monkeypatch.setattr(maps, "write_label_map", killed)
    with pytest.raises(KillError):
        project.save("a.jpg", labels, 1, straight=True)
    monkeypatch.undo()
    left_behind(project)
    with Project.open(project.folder) as again:
        assert not again.has_labels("a.jpg")
        assert (again.labels("a.jpg") == 255).all()
        assert not again.origins("a.jpg").any()
        again.save("a.jpg", labels, 1, straight=True)
        left_behind(again)
    with Project.open(project.folder) as third:
        assert np.array_equal(third.labels("a.jpg"), labels)
        assert (third.origins("a.jpg") == 1).all()


def test_a_full_disk_under_first_labels_loses_none(project, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(maps, "write_label_map", full)
    project.save("a.jpg", np.full((60, 80), 2), 1, straight=True)
    project.flush()
    assert (project.labels("a.jpg") == 2).all()
    assert MapFiles.of(project.folder, "a.jpg").journal.exists()
    monkeypatch.undo()
    left_behind(project)
    with Project.open(project.folder) as again:
        assert (again.labels("a.jpg") == 2).all()
