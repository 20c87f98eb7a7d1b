"""Class tables are the published ones, and found from wherever the program runs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from segcore import resources
from segcore.errors import RequestError


@pytest.mark.parametrize(
    ("name", "count", "examples"),
    [
        ("ade20k", 150, {0: "wall", 12: "person", 149: "flag"}),
        ("cityscapes", 19, {0: "road", 10: "sky", 18: "bicycle"}),
        ("coco-stuff", 171, {0: "person", 79: "toothbrush", 80: "banner", 170: "wood"}),
        ("voc", 21, {0: "background", 15: "person", 20: "tvmonitor"}),
        ("camvid", 11, {0: "Sky", 10: "Bicyclist"}),
    ],
)
def test_published_tables(name, count, examples):
    table = resources.class_table(name)
    assert len(table) == count
    assert len(set(table.names)) == count
    assert {index: table[index].name for index in examples} == examples


def test_colours_are_the_published_ones():
    assert resources.class_table("cityscapes")[0].color == (128, 64, 128)
    assert resources.class_table("ade20k")[2].color == (6, 230, 230)
    assert resources.class_table("voc")[20].color == (0, 64, 128)


def test_ade20k_and_camvid_agree_with_the_data(shared_data):
    config = json.loads(
        (shared_data / "models/ade-config/segformer-b0-ade_config.json").read_text()
    )
    names = [config["id2label"][str(index)] for index in range(150)]
    assert resources.class_table("ade20k").names == tuple(name.strip() for name in names)
    ade = resources.colored(names)
    assert ade.names == tuple(names)
    assert ade[2].color == (6, 230, 230)


def test_unknown_names_of_a_known_number_get_colours_of_their_own():
    table = resources.colored([f"thing {i}" for i in range(19)])
    assert table[0].color != (128, 64, 128)


def test_unknown_table():
    with pytest.raises(RequestError, match="cityscapes"):
        resources.class_table("cityscape")


def test_importing_the_core_needs_neither_torch_nor_qt():
    code = (
        "import sys, segcore, segcore.resources\n"
        "segcore.resources.class_table('voc'); segcore.ClassTable; segcore.read_label_map\n"
        "print([name for name in ('torch', 'PySide6', 'matplotlib') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_has_a_home():
    import segcore

    assert set(segcore.__all__) == set(segcore._HOME_OF)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = segcore.no_such_name
