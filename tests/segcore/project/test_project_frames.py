"""Videos in a project: names, labels of frames, another place for the file."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from segcore.errors import VideoError
from segcore.formats.contract import ExportOptions, ImportOptions
from segcore.formats.export import export_set
from segcore.formats.importing import import_set
from segcore.formats.project_set import set_of_project
from segcore.formats.table import format_named
from segcore.images import read_image
from segcore.project import Project
from segcore.project.confidence import read_confidence, write_confidence
from segcore.project.frames import add_frames, add_video, clip_of


def write_clip(path: Path, frames: int = 12) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            grey = np.full((48, 64, 3), 20 * number, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        out.mux(stream.encode())
    return path


def test_each_frame_is_a_picture_with_labels_of_its_own(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clips" / "a.mp4")
    with Project.create(tmp_path / "project", ["road", "sky"]) as project:
        names = project.add([clip])
        assert names == [f"a.mp4/{n:06}" for n in range(12)] == list(project.images)
        assert project.add([clip]) == names
        assert project.size(names[3]) == (48, 64)
        project.record(names[3], (0, 0, 64, 48), np.ones((48, 64), np.uint8))
        assert not project.source_troubles()
        project.flush(folded=True)
    with Project.open(tmp_path / "project") as project:
        assert project.labelled() == ["a.mp4/000003"]
        assert (project.labels("a.mp4/000003") == 1).all()
        assert read_image(project.image_path("a.mp4/000011")).mean() == pytest.approx(220, abs=4)


def test_two_videos_of_one_name_keep_apart_with_all_their_frames(tmp_path: Path) -> None:
    one, other = (write_clip(tmp_path / side / "a.mp4") for side in ("left", "right"))
    with Project.create(tmp_path / "project", ["road"]) as project:
        first, second = project.add([one]), project.add([other])
        assert {clip_of(name) for name in first} == {"a.mp4"}
        assert {clip_of(name) for name in second} == {"right/a.mp4"}
        assert len(project.images) == 24


def test_every_nth_frame_or_chosen_ones(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4")
    with Project.create(tmp_path / "project", ["road"]) as project:
        found = [name for names in add_video(project, clip, every=5) for name in names]
        assert found == ["a.mp4/000000", "a.mp4/000005", "a.mp4/000010"]
        assert add_frames(project, clip, [3, 5]) == ["a.mp4/000003", "a.mp4/000005"]
        assert len(project.images) == 4


def test_a_video_that_moved_is_found_again(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4")
    with Project.create(tmp_path / "project", ["road"]) as project:
        project.add([clip])
        (tmp_path / "elsewhere").mkdir()
        shutil.move(clip, tmp_path / "elsewhere" / "a.mp4")
        assert {trouble.kind for trouble in project.source_troubles()} == {"missing"}
        assert len(project.relocate(tmp_path / "elsewhere")) == 12
        assert not project.source_troubles()
        assert read_image(project.image_path("a.mp4/000002")).shape == (48, 64, 3)


def test_a_bad_video_adds_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"")
    with Project.create(tmp_path / "project", ["road"]) as project:
        with pytest.raises(VideoError, match="empty"):
            project.add([tmp_path / "a.mp4"])
        assert not project.images


@pytest.mark.parametrize("name", ["png", "coco", "voc", "labelme"])
def test_frames_are_exported_as_pictures_and_come_back(tmp_path: Path, name: str) -> None:
    clip = write_clip(tmp_path / "a.mp4", 3)
    form = format_named(name)
    with Project.create(tmp_path / "project", ["road", "sky"]) as project:
        frames = project.add([clip])
        for number, frame in enumerate(frames):
            project.save(
                frame, np.full((48, 64), number % 2, np.uint8), project.origin_id("person")
            )
        export_set(set_of_project(project), tmp_path / "out", form, ExportOptions())
    back = import_set(tmp_path / "out", form, ImportOptions())
    assert len(back.labelled.pictures) == 3
    for picture in back.labelled.pictures:
        number = int(picture.name.rpartition("/")[2].partition(".")[0])
        assert picture.image is not None
        assert read_image(picture.image).mean() == pytest.approx(20 * number, abs=4)
        assert (picture.labels() == number % 2).all()


def test_confidence_of_carried_labels_goes_along_and_is_no_picture(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", 2)
    sure = np.linspace(0, 1, 48 * 64, dtype=np.float32).reshape(48, 64)
    with Project.create(tmp_path / "project", ["road"]) as project:
        (name, _) = project.add([clip])
        write_confidence(project.folder, name, sure)
        assert project.add([project.folder]) == []
        copy = project.save_as(tmp_path / "copy")
        kept = read_confidence(copy.folder, name)
        assert kept is not None
        assert np.abs(kept - sure).max() < 0.5 / 255 + 1e-6
        assert read_confidence(copy.folder, "a.mp4/000001") is None
        copy.close()
