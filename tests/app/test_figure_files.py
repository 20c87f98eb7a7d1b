"""Figures and their numbers in files, with the settings inside."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from app.figure_files import FigureNumbers, save_figure
from segcore.errors import SegcoreError

SETTINGS = {"model": "street-b0", "point": [1, 2], "said": "größer"}
NUMBERS = FigureNumbers({"stage1": np.arange(6.0).reshape(2, 3)}, ("a",), [(1,)], SETTINGS)


def a_figure() -> Figure:
    figure = Figure(figsize=(2, 2))
    figure.subplots().plot([0, 1])
    return figure


@pytest.mark.parametrize(("ending", "begins"), [(".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_vector_files_hold_the_settings(tmp_path: Path, ending: str, begins: bytes) -> None:
    path = tmp_path / f"figure{ending}"
    save_figure(path, a_figure(), NUMBERS)
    content = path.read_bytes()
    assert content.startswith(begins)
    assert any("street-b0".encode(how) in content for how in ("utf-8", "utf-16-be"))


def test_arrays_come_back_with_the_settings(tmp_path: Path) -> None:
    save_figure(tmp_path / "numbers.npz", a_figure(), NUMBERS)
    with np.load(tmp_path / "numbers.npz") as arrays:
        assert np.array_equal(arrays["stage1"], NUMBERS.arrays["stage1"])
        assert json.loads(str(arrays["settings"])) == SETTINGS


@pytest.mark.parametrize("name", ["figure.gif", "figure"])
def test_another_ending_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SegcoreError, match=r"choose an ending of \.png"):
        save_figure(tmp_path / name, a_figure(), NUMBERS)
    assert list(tmp_path.iterdir()) == []


def test_a_figure_without_numbers_has_no_table(tmp_path: Path) -> None:
    with pytest.raises(SegcoreError, match="cannot be saved"):
        save_figure(tmp_path / "numbers.csv", a_figure(), FigureNumbers())


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SegcoreError, match="nowhere"):
        save_figure(tmp_path / "nowhere" / "figure.png", a_figure(), NUMBERS)
