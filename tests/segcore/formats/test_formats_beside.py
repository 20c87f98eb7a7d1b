"""Labels that lie beside opened pictures."""

from __future__ import annotations

from pathlib import Path

from segcore.folders import find_images
from segcore.formats.beside import find_beside


def touched(folder: Path, *names: str) -> list[Path]:
    """Empty files: names alone are looked at."""
    paths = [folder / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return paths


def test_labels_in_the_place_of_images_are_found_with_their_classes(tmp_path: Path) -> None:
    pictures = touched(tmp_path, "images/train/a.jpg", "images/train/b.jpg", "images/val/c.jpg")
    touched(tmp_path, "labels/train/a.png", "labels/train/b.png", "labels/val/c.png")
    (classes,) = touched(tmp_path, "classes.json")
    offers = find_beside(pictures)
    assert [(o.kind, o.folder.name, len(o.files)) for o in offers] == [
        ("png", "train", 2),
        ("png", "val", 1),
    ]
    assert {offer.classes for offer in offers} == {classes}
    assert offers[1].files == {pictures[2]: tmp_path / "labels/val/c.png"}


def test_labelme_files_and_masks_beside_pictures(tmp_path: Path) -> None:
    pictures = touched(tmp_path, "a.jpg", "b.jpg")
    touched(tmp_path, "a.json", "masks/b.jpg.png", "masks/other.png")
    offers = {offer.kind: offer for offer in find_beside(pictures)}
    assert offers["labelme"].files == {pictures[0]: tmp_path / "a.json"}
    assert offers["png"].files == {pictures[1]: tmp_path / "masks/b.jpg.png"}
    assert offers["png"].classes is None


def test_nothing_is_found_where_there_is_nothing(tmp_path: Path) -> None:
    assert find_beside(touched(tmp_path, "a.png", "labels/b.png")[:1]) == []
    assert find_beside([tmp_path / "gone" / "a.png"]) == []


def test_real_sets_are_found(shared_data: Path) -> None:
    street = find_beside(find_images(shared_data / "street" / "images"))
    assert {(o.folder.name, len(o.files)) for o in street} == {
        ("train", 367),
        ("val", 101),
        ("test", 233),
    }
    assert all(offer.classes == shared_data / "street" / "classes.json" for offer in street)
    labelme = shared_data / "labels-from-elsewhere" / "labelme"
    (offer,) = find_beside(find_images(labelme))
    assert (offer.kind, len(offer.files)) == ("labelme", 3)
