"""Class tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcore.classes import IGNORE_COLOR, ClassInfo, ClassTable, distinct_color
from segcore.errors import ClassTableError

STREET = ClassTable.from_names(["road", "sky", "Straße"], [(128, 64, 128), (0, 0, 255), (1, 2, 3)])


def test_file_holds_what_the_contract_says(tmp_path: Path) -> None:
    path = tmp_path / "classes.json"
    STREET.write(path)
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "ignore": 255,
        "classes": [
            {"id": 0, "name": "road", "color": [128, 64, 128]},
            {"id": 1, "name": "sky", "color": [0, 0, 255]},
            {"id": 2, "name": "Straße", "color": [1, 2, 3]},
        ],
    }
    assert ClassTable.read(path) == STREET


@given(st.lists(st.text(min_size=1), max_size=300))
def test_any_names_come_back(names: list[str]) -> None:
    table = ClassTable.from_names(names)
    assert ClassTable.from_json(json.loads(json.dumps(table.to_json()))) == table
    for name in names:
        assert table.id_of(name) == names.index(name)


@pytest.mark.parametrize(
    ("count", "ignore", "dtype"),
    [(0, 255, np.uint8), (255, 255, np.uint8), (256, 65535, np.uint16), (65535, 65535, np.uint16)],
)
def test_ignore_is_the_largest_value_and_never_a_class(
    count: int, ignore: int, dtype: type[np.integer]
) -> None:
    table = ClassTable(tuple(ClassInfo(i, str(i), (0, 0, 0)) for i in range(count)))
    assert table.ignore == ignore
    assert table.dtype is dtype
    with pytest.raises(IndexError):
        table[ignore]


def test_lookup_table_paints_ids_and_ignore() -> None:
    lut = STREET.lut()
    assert lut.shape == (256, 3)
    assert lut[:3].tolist() == [[128, 64, 128], [0, 0, 255], [1, 2, 3]]
    assert tuple(lut[255]) == IGNORE_COLOR
    assert not lut[3:255].any()


def test_ids_never_move() -> None:
    grown = STREET.with_class("tree").with_changed(1, name="cloud", color=(9, 9, 9))
    assert grown.names == ("road", "cloud", "Straße", "tree")
    assert grown[1].color == (9, 9, 9)
    assert grown[0] == STREET[0]
    assert len(STREET) == 3


@pytest.mark.parametrize("name", ["road", "", "  "])
def test_new_class_needs_a_new_name(name: str) -> None:
    with pytest.raises(ClassTableError):
        STREET.with_class(name)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("not json", "is not JSON"),
        ("[]", 'no list "classes"'),
        ('{"classes": [{"id": 1, "name": "a"}]}', "0 comes next"),
        ('{"classes": [{"id": 0, "name": "a"}, {"id": 0, "name": "b"}]}', "1 comes next"),
        ('{"classes": [{"id": 0}]}', "give it an id and a name"),
        ('{"classes": [7]}', "give it an id and a name"),
        ('{"classes": [{"id": true, "name": "a"}]}', "give it an id and a name"),
        ('{"classes": [{"id": 0, "name": "a", "color": [1, 2, 300]}]}', "no RGB colour"),
        ('{"classes": [{"id": 0, "name": "a", "color": "#12345g"}]}', "no RGB colour"),
        ('{"classes": [{"id": 0, "name": "a", "color": "red"}]}', "no RGB colour"),
        ('{"ignore": 0, "classes": [{"id": 0, "name": "a"}]}', "ignore value is 255, not 0"),
    ],
)
def test_broken_file_is_refused_in_one_sentence(tmp_path: Path, text: str, trouble: str) -> None:
    path = tmp_path / "classes.json"
    path.write_text(text)
    with pytest.raises(ClassTableError) as caught:
        ClassTable.read(path)
    assert trouble in str(caught.value)
    assert "classes.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClassTableError, match=r"gone\.json"):
        ClassTable.read(tmp_path / "gone.json")


def test_written_colours_and_other_orders_are_read() -> None:
    table = ClassTable.from_json(
        {"classes": [{"id": 1, "name": "b"}, {"id": 0, "name": "a", "color": "#8040C0"}]}
    )
    assert table[0].color == (128, 64, 192)
    assert table[1].color == distinct_color(1)


def test_shared_tables_are_read(shared_data: Path) -> None:
    table = ClassTable.read(shared_data / "street" / "classes.json")
    assert table[8] == ClassInfo(8, "Car", (64, 0, 128))
    assert len(table) == 11


def test_distinct_colours_differ_among_neighbours() -> None:
    colors = np.array([distinct_color(i) for i in range(255)], np.float64)
    assert len({tuple(color) for color in colors}) == 255
    for distance in range(1, 12):
        gaps = np.linalg.norm(colors[distance:] - colors[:-distance], axis=1)
        assert gaps.min() > 25, distance
    assert colors.sum(axis=1).min() > 100


@pytest.mark.parametrize("form", ["names", "rows", "json", "infos", "file", "table"])
def test_a_table_is_understood_in_every_form_that_callers_have(form: str, tmp_path: Path) -> None:
    table = ClassTable.from_names(["road", "car"])
    table.write(tmp_path / "classes.json")
    forms: dict[str, Any] = {
        "names": ["road", "car"],
        "rows": table.to_json()["classes"],
        "json": table.to_json(),
        "infos": list(table),
        "file": str(tmp_path / "classes.json"),
        "table": table,
    }
    assert ClassTable.of(forms[form]) == table
