"""What a person's paths stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from app.pictures.listing import FIRST_BATCH, names_of, source_of
from segcore.errors import VideoError


def test_a_project_folder_is_told_from_a_folder_of_pictures(project: Any, tmp_path: Path) -> None:
    assert source_of([project.folder]).project_folder == project.folder
    assert source_of([tmp_path / "pictures"]).project_folder is None


def test_what_is_neither_is_said_and_the_rest_counts(make_pictures: Any, tmp_path: Path) -> None:
    picture = make_pictures(1)[0]
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    source = source_of([picture, notes, tmp_path / "film.MP4", tmp_path / "gone.png"])
    assert source.files == (picture,)
    assert len(source.left_out) == 3
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in source.left_out)


def test_pictures_of_several_folders_have_the_folder_above_as_their_base(
    make_pictures: Any, tmp_path: Path
) -> None:
    paths = [make_pictures(1, folder=name)[0] for name in ("a", "b")]
    assert source_of(paths).base == tmp_path
    assert source_of([paths[0]]).base == tmp_path / "a"


def test_a_relative_path_is_taken_from_here(make_pictures: Any, monkeypatch: Any) -> None:
    picture = make_pictures(1)[0]
    monkeypatch.chdir(picture.parent)
    assert source_of([Path(picture.name)]).files == (picture,)


def test_names_come_in_natural_order_the_first_ones_early(
    project: Any, make_pictures: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    (folder / "below").mkdir(parents=True)
    for i in range(300):
        (folder / f"{i}.png").write_bytes(b"")
        (folder / "below" / f"{i}.png").write_bytes(b"")
    batches = list(names_of(source_of([folder]), project))
    assert len(batches[0]) == FIRST_BATCH
    names = [name for batch in batches for name in batch]
    expected = [f"{i}.png" for i in range(300)] + [f"below/{i}.png" for i in range(300)]
    assert sorted(names) == sorted(expected)
    assert [name for name in names if "/" not in name] == expected[:300]
    again = [name for batch in names_of(source_of([folder]), project) for name in batch]
    assert again == names


def test_the_videos_of_a_folder_come_frame_by_frame_and_a_bad_one_is_said(
    project: Any, make_pictures: Any
) -> None:
    folder = make_pictures(1, folder="mixed")[0].parent
    (folder / "a broken.mp4").write_bytes(b"no video " * 50)
    (folder / "day 1").mkdir()
    with av.open(str(folder / "day 1" / "clip.avi"), "w") as out:
        stream = out.add_stream("mjpeg", rate=5)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuvj420p"
        for _ in range(3):
            grey = np.full((32, 32, 3), 90, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        out.mux(stream.encode())
    names: list[str] = []
    coming = names_of(source_of([folder]), project)
    with pytest.raises(VideoError, match=r"a broken\.mp4"):
        names.extend(name for batch in coming for name in batch)
    assert names[1:] == [f"clip.avi/{number:06}" for number in range(3)]
