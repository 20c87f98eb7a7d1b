"""Names of results: below one folder, without collisions."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcore.errors import RequestError
from segcore.output_names import plan_outputs


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def plan(inputs: list[Path], out: Path) -> tuple[dict[str, str], list[str]]:
    errors: list[str] = []
    jobs = plan_outputs(inputs, out, lambda _, sentence: errors.append(sentence))
    return {str(job.picture): job.output.as_posix() for job in jobs}, errors


def names(planned: dict[str, str], root: Path) -> dict[str, str]:
    return {Path(p).relative_to(root).as_posix(): output for p, output in planned.items()}


def test_relative_paths_are_kept(tmp_path: Path) -> None:
    root = touch(tmp_path / "in", "a.jpg", "sub/a.jpg", "sub/deep/b.c.png", "notes.txt")
    planned, errors = plan([root], tmp_path / "out")
    assert names(planned, root) == {
        "a.jpg": "a.png",
        "sub/a.jpg": "sub/a.png",
        "sub/deep/b.c.png": "sub/deep/b.c.png",
    }
    assert not errors


def test_colliding_names_keep_their_extension(tmp_path: Path) -> None:
    root = touch(tmp_path / "in", "a.jpg", "a.png", "b.jpg", "a.jpg.png")
    planned, _ = plan([root], tmp_path / "out")
    assert names(planned, root) == {
        "a.jpg": "a.jpg.png",
        "a.png": "a.png.png",
        "a.jpg.png": "a.jpg.png.png",
        "b.jpg": "b.png",
    }


def test_several_inputs_share_one_folder(tmp_path: Path) -> None:
    touch(tmp_path, "x/a.jpg", "y/a.jpg", "z/x/a.jpg", "y/only.jpg", "single.png")
    inputs = [tmp_path / "x", tmp_path / "y", tmp_path / "z" / "x", tmp_path / "single.png"]
    planned, _ = plan(inputs, tmp_path / "out")
    assert names(planned, tmp_path) == {
        "x/a.jpg": "x/a.jpg.png",
        "y/a.jpg": "y/a.jpg.png",
        "z/x/a.jpg": "x/a.jpg-2.png",
        "y/only.jpg": "only.png",
        "single.png": "single.png",
    }


def test_picture_reached_twice_is_done_once(tmp_path: Path) -> None:
    root = touch(tmp_path / "in", "a.jpg")
    planned, errors = plan([root, root / "a.jpg", root], tmp_path / "out")
    assert len(planned) == 1
    assert not errors


def test_earlier_results_are_no_input(tmp_path: Path) -> None:
    root = touch(tmp_path, "a.jpg", "out/a.png", "out/sub/b.png")
    planned, _ = plan([root], root / "out")
    assert names(planned, root) == {"a.jpg": "a.png"}


def test_pictures_are_never_overwritten(tmp_path: Path) -> None:
    root = touch(tmp_path / "in", "a.png")
    with pytest.raises(RequestError, match="would take the place of the picture"):
        plan([root], root)


def test_empty_and_missing_inputs_are_told(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.jpg", "empty/notes.txt")
    planned, errors = plan([tmp_path / "empty", tmp_path / "in"], tmp_path / "out")
    assert len(planned) == 1
    assert len(errors) == 1
    assert "holds no pictures" in errors[0]
    # what is not there is found out when it is read, like any other picture
    assert len(plan([tmp_path / "gone.png"], tmp_path / "out")[0]) == 1


def test_numbers_tell_the_last_ones_apart(tmp_path: Path) -> None:
    touch(tmp_path, "1/x/a.jpg", "2/x/a.jpg", "3/x/a.jpg-2", "4/x/a.jpg-2")
    inputs = sorted(tmp_path.glob("*/x/a*"))
    planned, _ = plan(inputs, tmp_path / "out")
    assert len(set(planned.values())) == 4


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.from_regex(
            r"(a|b|a/b|c)(\.jpg|\.png|\.jpg\.png|\.png\.png|\.jpg-2\.png)", fullmatch=True
        ),
        unique=True,
        max_size=14,
    )
)
def test_names_differ_whatever_the_pictures_are_called(
    tmp_path_factory: pytest.TempPathFactory, files: list[str]
) -> None:
    base = tmp_path_factory.mktemp("names")
    inputs = [base / "one", base / "two", base / "deep" / "one"]
    for folder in inputs:
        folder.mkdir(parents=True)
    for index, name in enumerate(files):
        touch(inputs[index % 3], name)
    planned, _ = plan(inputs, base / "out")
    assert len(planned) == len(files)
    assert len(set(planned.values())) == len(files)
    assert all(name.endswith(".png") and ".." not in name for name in planned.values())
