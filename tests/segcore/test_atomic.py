"""Files are whole or not there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from segcore.atomic import replacing


def test_content_appears_at_the_end_only(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with replacing(target, "w") as stream:
        stream.write("new\n")
        stream.flush()
        assert target.read_text() == "old"
    assert target.read_bytes() == b"new\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def write_half() -> None:
        with replacing(target) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert target.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_permissions_are_those_of_any_new_file_or_of_the_old_one(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("")
    fresh = tmp_path / "fresh"
    with replacing(fresh) as stream:
        stream.write(b"x")
    assert stat.S_IMODE(fresh.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    plain.chmod(0o640)
    with replacing(plain) as stream:
        stream.write(b"x")
    assert stat.S_IMODE(plain.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need rights there")
def test_symbolic_link_stays_one(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_text("old")
    link = tmp_path / "link"
    link.symlink_to(real)
    with replacing(link, "w") as stream:
        stream.write("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError), replacing(tmp_path / "no" / "a"):  # noqa: PT011 - which one depends
        pass
