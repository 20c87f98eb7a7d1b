"""The session: listing, opening quickly, reading ahead, bad pictures, one project for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.pictures.opened_image import OpenedImage
from app.session import Session
from app.user_error import UserError
from segcore.errors import ProjectError
from segcore.project import Project

MakePictures = Callable[..., list[Path]]


class Viewer:
    """Holds the last opened picture as the document would, and gives it free for the next."""

    def __init__(self, session: Session) -> None:
        self.opened: list[OpenedImage] = []
        self.failed: list[tuple[str, str]] = []
        self.notices: list[str] = []
        session.imageOpened.connect(self.take)
        session.imageFailed.connect(self.fail)
        session.currentChanged.connect(self.follow)
        session.notice.connect(self.notices.append)

    @property
    def names(self) -> list[str]:
        return [opened.name for opened in self.opened]

    def take(self, opened: OpenedImage) -> None:
        self.leave()
        self.opened.append(opened)

    def fail(self, name: str, sentence: str) -> None:
        self.leave()
        self.failed.append((name, sentence))

    def follow(self, index: int) -> None:
        if index < 0:
            self.leave()

    def leave(self) -> None:
        if self.opened:
            self.opened[-1].release()


@pytest.fixture
def session(qapp: object) -> Iterator[Session]:
    session = Session()
    yield session
    session.shutdown()


@pytest.fixture
def viewer(session: Session) -> Viewer:
    return Viewer(session)


def test_a_folder_is_listed_in_natural_order_and_its_first_picture_opens(
    qtbot: Any, session: Session, viewer: Viewer, make_pictures: MakePictures
) -> None:
    paths = make_pictures(12)
    with qtbot.waitSignal(session.listingEnded):
        session.open_paths([paths[0].parent])
    qtbot.waitUntil(lambda: len(viewer.opened) == 1)
    assert [Path(name).name for name in session.names] == [path.name for path in paths]
    opened = viewer.opened[0]
    assert opened.index == 0
    assert opened.image.shape == (40, 60, 3)
    assert not opened.labelled
    assert (opened.labels == opened.project.classes.ignore).all()


def test_single_files_open_in_the_order_given(
    qtbot: Any, session: Session, viewer: Viewer, make_pictures: MakePictures
) -> None:
    paths = make_pictures(4)
    session.open_paths([paths[2], paths[1]])
    qtbot.waitUntil(lambda: len(viewer.opened) == 1)
    assert [Path(name).name for name in session.names] == ["picture2.png", "picture1.png"]
    assert viewer.opened[0].image[0, 0, 0] == 2


def test_flying_through_pictures_opens_only_where_it_ends(
    qtbot: Any, session: Session, viewer: Viewer, make_pictures: MakePictures
) -> None:
    paths = make_pictures(40)
    session.open_paths([paths[0].parent])
    qtbot.waitUntil(lambda: len(viewer.opened) == 1 and len(session.names) == 40)
    currents: list[int] = []
    session.currentChanged.connect(currents.append)
    for _ in range(39):
        session.next()
    assert currents == list(range(1, 40))
    qtbot.waitUntil(lambda: viewer.opened[-1].index == 39)
    qtbot.wait(50)
    assert len(viewer.opened) <= 3
    session.next()
    assert session.current == 39


def test_going_back_before_the_other_picture_came_keeps_the_open_one(
    qtbot: Any, session: Session, viewer: Viewer, make_pictures: MakePictures
) -> None:
    session.open_paths([make_pictures(3)[0].parent])
    qtbot.waitUntil(lambda: len(viewer.opened) == 1 and len(session.names) == 3)
    session.next()
    session.previous()
    qtbot.wait(100)
    assert viewer.names == [session.names[0]]
    session.next()
    qtbot.waitUntil(lambda: len(viewer.opened) == 2)
    assert viewer.opened[1].index == 1


def test_a_broken_and_a_vanished_picture_are_said_and_the_rest_go_on(
    qtbot: Any, session: Session, viewer: Viewer, make_pictures: MakePictures
) -> None:
    paths = make_pictures(4)
    paths[1].write_bytes(b"\x89PNG\r\n\x1a\n cut")
    session.open_paths([paths[0].parent])
    qtbot.waitUntil(lambda: len(viewer.opened) == 1 and len(session.names) == 4)
    paths[2].unlink()
    for index in (1, 2):
        session.open_index(index)
        qtbot.waitUntil(lambda index=index: len(viewer.failed) == index)
    assert "picture1.png" in viewer.failed[0][1]
    assert "picture2.png" in viewer.failed[1][1]
    assert all("\n" not in sentence for _, sentence in viewer.failed)
    session.open_index(3)
    qtbot.waitUntil(lambda: viewer.opened[-1].index == 3)
    session.open_index(0)
    qtbot.waitUntil(lambda: viewer.opened[-1].index == 0)


def test_labels_written_meanwhile_are_seen_when_the_picture_opens(
    qtbot: Any, session: Session, viewer: Viewer, project: Any
) -> None:
    folder = project.folder
    project.close()
    session.open_paths([folder])
    qtbot.waitUntil(lambda: len(viewer.opened) == 1 and len(session.names) == 3)
    name = session.names[1]
    qtbot.wait(150)  # long enough for the neighbour to have been read ahead, without labels
    assert session.claims.try_claim(name)
    origin = session.project.origin_id("model", "m", "")
    session.project.save(name, np.full((40, 60), 2, np.uint8), np.full((40, 60), origin, np.uint8))
    session.claims.release(name)
    session.next()
    qtbot.waitUntil(lambda: len(viewer.opened) == 2)
    assert viewer.opened[1].labelled
    assert (viewer.opened[1].labels == 2).all()


def test_strokes_are_there_when_one_comes_back_to_a_picture(
    qtbot: Any, session: Session, viewer: Viewer, project: Any
) -> None:
    folder = project.folder
    project.close()
    session.open_paths([folder])
    qtbot.waitUntil(lambda: len(viewer.opened) == 1)
    first = viewer.opened[0]
    first.project.record(first.name, (1, 2, 4, 5), np.ones((3, 3), np.uint8))
    first.labels[2:5, 1:4] = 1
    session.next()
    qtbot.waitUntil(lambda: len(viewer.opened) == 2)
    session.previous()
    qtbot.waitUntil(lambda: len(viewer.opened) == 3)
    np.testing.assert_array_equal(viewer.opened[2].labels, first.labels)
    assert viewer.opened[2].labels is not first.labels


def test_opening_something_else_closes_the_old_project(
    qtbot: Any, session: Session, viewer: Viewer, make_pictures: MakePictures, project: Any
) -> None:
    folder = project.folder
    project.close()
    session.open_paths([folder])
    qtbot.waitUntil(lambda: len(viewer.opened) == 1)
    with qtbot.waitSignal(session.projectChanged):
        session.open_paths([make_pictures(2, folder="others")[0].parent])
    qtbot.waitUntil(lambda: len(viewer.opened) == 2)

    def is_free() -> bool:
        try:
            Project.open(folder).close()
        except ProjectError:
            return False
        return True

    qtbot.waitUntil(is_free)


def test_opening_the_same_folder_again_starts_over(
    qtbot: Any, session: Session, viewer: Viewer, make_pictures: MakePictures
) -> None:
    folder = make_pictures(2)[0].parent
    for times in (1, 2):
        session.open_paths([folder])
        qtbot.waitUntil(lambda times=times: len(viewer.opened) == times)
    assert viewer.opened[1].project is viewer.opened[0].project


def test_opening_a_folder_several_times_at_once_leaves_it_writable(
    session: Session, make_pictures: MakePictures, qtbot: Any
) -> None:
    folder = make_pictures(3)[0].parent
    for _ in range(4):
        session.open_paths([folder])
        time.sleep(0.05)  # the project is on its way by now, and not taken
    qtbot.waitUntil(lambda: len(session.names) == 3, timeout=10_000)
    assert session.project is not None
    assert not session.project.read_only
    assert not session.project.notes


def test_what_cannot_be_opened_is_said_and_leaves_everything_as_it_was(
    qtbot: Any, session: Session, viewer: Viewer, make_pictures: MakePictures, tmp_path: Path
) -> None:
    session.open_paths([make_pictures(2)[0].parent])
    qtbot.waitUntil(lambda: len(viewer.opened) == 1 and len(session.names) == 2)
    video = tmp_path / "ride.mp4"
    video.write_bytes(b"")
    failures: list[UserError] = []
    session.failed.connect(failures.append)
    session.open_paths([video, tmp_path / "nowhere"])
    qtbot.waitUntil(lambda: len(failures) == 1)
    assert "ride.mp4" in failures[0].sentence
    assert "nowhere is not there" in failures[0].sentence
    session.open_paths([tmp_path / f"nowhere-{each}" for each in range(9)])
    qtbot.waitUntil(lambda: len(failures) == 2)
    assert failures[1].sentence.count("is not there") == 3
    assert "6 more" in failures[1].sentence
    (tmp_path / "empty").mkdir()
    session.open_paths([tmp_path / "empty"])
    qtbot.waitUntil(lambda: len(failures) == 3)
    assert "empty holds no pictures" in failures[2].sentence
    assert len(session.names) == 2
    assert session.current == 0


def test_thumbnails_come_when_asked_and_are_kept(
    qtbot: Any, session: Session, viewer: Viewer, make_pictures: MakePictures
) -> None:
    session.open_paths([make_pictures(5, size=(400, 600))[0].parent])
    qtbot.waitUntil(lambda: len(session.names) == 5)
    got: dict[int, Any] = {}
    session.thumbnailReady.connect(lambda index, thumbnail: got.update({index: thumbnail}))
    for index in range(5):
        assert session.request_thumbnail(index) is None
    qtbot.waitUntil(lambda: len(got) == 5)
    assert max(got[3].shape[:2]) <= 96
    assert abs(int(got[3][0, 0, 0]) - 3) <= 1
    assert session.request_thumbnail(3) is got[3]
    assert session.request_thumbnail(99) is None


def test_a_folder_of_very_many_pictures_leaves_the_window_free(
    qtbot: Any, session: Session, viewer: Viewer, tmp_path: Path, make_pictures: MakePictures
) -> None:
    picture = make_pictures(1)[0].read_bytes()
    folder = tmp_path / "many"
    for part in range(10):
        (folder / f"part{part}").mkdir(parents=True)
        for i in range(200):
            (folder / f"part{part}" / f"{i}.png").write_bytes(picture if part + i == 0 else b"")
    beats: list[float] = []
    began = time.perf_counter()
    session.open_paths([folder])
    while not viewer.opened or len(session.names) < 2000:
        qtbot.wait(2)
        beats.append(time.perf_counter())
        assert beats[-1] - began < 30
    gaps = np.diff([began, *beats])
    assert np.quantile(gaps, 0.95) < 0.05
    assert session.names[:3] == sorted(session.names[:3])
