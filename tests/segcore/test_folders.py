"""Finding pictures in folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from segcore.errors import ImageError
from segcore.folders import find_images, is_image_path, natural_key


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_images(folder)]


def test_natural_order_own_pictures_before_those_of_subfolders(tmp_path: Path) -> None:
    touch(tmp_path, "b10.jpg", "b2.JPG", "B1.png", "a/x.png", "a10/x.png", "a2/x.png", "a2/d/y.tif")
    assert found(tmp_path) == [
        "B1.png", "b2.JPG", "b10.jpg", "a/x.png", "a2/x.png", "a2/d/y.tif", "a10/x.png",
    ]  # fmt: skip


def test_other_files_and_hidden_ones_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt", "a.json", ".hidden.png", ".thumbs/a.png", "noending", "é ü.webp")
    assert found(tmp_path) == ["é ü.webp"]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights there")
def test_loops_of_links_end(tmp_path: Path) -> None:
    touch(tmp_path, "a/b/x.png")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nothing")
    (tmp_path / "again").symlink_to(tmp_path / "a")
    (tmp_path / "itself").symlink_to("itself")
    assert found(tmp_path) == ["dangling.png", "a/b/x.png"]


def test_lazy(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "sub/b.png")
    images = find_images(tmp_path)
    assert next(images).name == "a.png"
    touch(tmp_path, "sub/a.png")
    assert [path.name for path in images] == ["a.png", "b.png"]


def test_missing_folder_and_file_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "file.png")
    for path in (tmp_path / "none", tmp_path / "file.png"):
        with pytest.raises(ImageError, match="cannot be opened as a folder"):
            next(find_images(path))


def test_natural_keys_compare_whatever_they_are_made_of() -> None:
    names = ["", "1", "a1", "a01", "1a", "a", "²", "a٣", "Z9", "z10"]
    assert sorted(names, key=natural_key).index("Z9") < sorted(names, key=natural_key).index("z10")


def test_endings() -> None:
    assert is_image_path("a.JPeG")
    assert is_image_path(Path("a.b.tiff"))
    assert not is_image_path("a.jpg.txt")
    assert not is_image_path("jpg")
