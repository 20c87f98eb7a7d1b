"""The comparison in one figure, and what stands in the files."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.inspection import ErfDisplay, ErfRow, ErfSettings, comparison_figure
from segcore.inspection.erf_average import ErfAverage, SkippedPicture
from segcore.inspection.erf_comparison import difference_maps
from segcore.inspection.erf_figures import erf_figures
from segcore.inspection.erf_files import read_settings, write_figure, write_maps, write_table
from segcore.inspection.erf_report import ErfEntry, report_settings, table_csv

TARGETS = ("stage1", "stage4", "head")


def maps_of(seed: int, scale: float = 1.0) -> dict[str, HeatMap]:
    generator = np.random.default_rng(seed)
    return {
        target: HeatMap(
            generator.random((24, 40)).astype(np.float32) * scale, target, Box(0, 0, 40, 24)
        )
        for target in TARGETS
    }


def entry_of(seed: int, pictures: int = 2) -> ErfEntry:
    maps = maps_of(seed)
    names = tuple(f"picture (no. {number}) ü.png" for number in range(pictures))
    skipped = (SkippedPicture("broken.png", "broken.png is no picture."),)
    average = ErfAverage(ErfSettings(TARGETS), maps, names, skipped, pictures + 1)
    figures = {target: erf_figures(each) for target, each in maps.items()}
    facts = {"model": f"m{seed}", "sha256": "ab", "numerics": "fast"}
    return ErfEntry(f"m{seed}", facts, average, figures, None, resized=False)


def test_rows_of_models_columns_of_targets_and_framed_patches():
    rows = [ErfRow("one", maps_of(1)), ErfRow("two", maps_of(2), point=(39, 0))]
    figure = comparison_figure(rows, patches=True, difference=(0, 1), title="all")
    panels = np.array(figure.axes[:15]).reshape(3, 5)
    titles = [panel.get_title() for panel in panels[0]]
    assert titles == ["Stage 1", "Stage 4", "Head, logits", "Stage 4, x4", "Head, logits, x4"]
    assert [row[0].get_ylabel() for row in panels] == ["one", "two", "one\nless two"]
    for row in panels:
        for frame, patch, colour in ((row[1], row[3], "red"), (row[2], row[4], "blue")):
            assert to_hex(frame.patches[0].get_edgecolor()) == to_hex(colour)
            assert to_hex(patch.spines["left"].get_edgecolor()) == to_hex(colour)
            left, bottom, width, height = frame.patches[0].get_bbox().bounds
            assert patch.get_xlim() == (left, left + width)
            assert patch.get_ylim() == (bottom + height, bottom)
            assert (width, height) == (6, 6)
    # The second row's query is the upper right corner.
    assert panels[1][3].get_xlim() == (33.5, 39.5)
    assert panels[1][3].get_ylim() == (5.5, -0.5)
    figure.canvas.draw()


def test_one_scale_for_all_where_it_is_asked_for():
    rows = [ErfRow("one", maps_of(1)), ErfRow("two", maps_of(2, scale=0.25))]

    def brightest(display: ErfDisplay) -> list[float]:
        figure = comparison_figure(rows, display=display)
        return [panel.get_images()[0].get_array().max() for panel in figure.axes[:6]]

    assert brightest(ErfDisplay("linear")) == pytest.approx([1] * 6)
    shared = brightest(ErfDisplay("linear", shared=True))
    assert max(shared) == pytest.approx(1)
    assert max(shared[3:]) == pytest.approx(0.25, rel=0.02)
    assert "of all maps" in ErfDisplay("log", shared=True).words
    with pytest.raises(RequestError, match="no display"):
        ErfDisplay("cubic")


def test_differences_are_of_shares():
    one, two = maps_of(1), maps_of(1, scale=7.0)
    for heat_map in difference_maps(one, two).values():
        np.testing.assert_allclose(heat_map.values, 0, atol=1e-9)
        assert heat_map.signed
    other = difference_maps(one, maps_of(2))["head"].values
    assert other.sum() == pytest.approx(0, abs=1e-6)
    assert np.abs(other).sum() > 0.1
    smaller = {"head": HeatMap(np.ones((9, 9)), "", Box(0, 0, 40, 24))}
    with pytest.raises(RequestError, match="one size for all"):
        difference_maps(one, smaller)
    with pytest.raises(RequestError, match="no target in common"):
        difference_maps({"head": one["head"]}, {"fused": one["head"]})


def test_a_target_that_a_model_lacks_leaves_a_gap_and_nothing_is_refused():
    rows = [ErfRow("one", maps_of(1)), ErfRow("two", {"head": maps_of(2)["head"]})]
    figure = comparison_figure(rows)
    assert [bool(panel.get_images()) for panel in figure.axes[:6]] == [True] * 3 + [
        *(False, False, True)
    ]
    with pytest.raises(RequestError, match="at least one model"):
        comparison_figure([])
    with pytest.raises(RequestError, match="no row 5"):
        comparison_figure(rows, difference=(0, 5))


def test_settings_stand_in_every_file(tmp_path):
    entries = [entry_of(1), entry_of(2), entry_of(3)]
    expected = json.loads(json.dumps(report_settings(entries)))
    assert set(expected) == {"settings", "compare", "compare2"}
    assert expected["settings"]["images"] == ["picture (no. 0) ü.png", "picture (no. 1) ü.png"]
    figure = comparison_figure([entry.row() for entry in entries])
    for suffix in ("png", "svg", "pdf"):
        write_figure(figure, tmp_path / f"erf.{suffix}", entries)
    with Image.open(tmp_path / "erf.png") as picture:
        assert json.loads(picture.text["Description"]) == expected
    tree = ET.parse(tmp_path / "erf.svg")
    found = tree.findtext(".//{http://purl.org/dc/elements/1.1/}description")
    assert json.loads(found or "") == expected
    assert b"/Keywords (" in (tmp_path / "erf.pdf").read_bytes()
    write_maps(tmp_path / "erf.npz", entries)
    assert read_settings(tmp_path / "erf.npz") == expected
    with np.load(tmp_path / "erf.npz") as arrays:
        assert list(arrays) == [
            f"{prefix}{target}" for prefix in ("", "compare_", "compare2_") for target in TARGETS
        ]
        np.testing.assert_array_equal(arrays["compare2_head"], entries[2].average.maps["head"])
    with pytest.raises(RequestError, match="holds no settings"):
        read_settings(tmp_path / "erf.png")
    with pytest.raises(RequestError, match=r"\.png, \.svg, \.pdf"):
        write_figure(figure, tmp_path / "erf.bmp", entries)
    with pytest.raises(RequestError, match="cannot be written"):
        write_maps(tmp_path / "nowhere" / "erf.npz", entries)


def test_thousands_of_names_are_counted_where_there_is_no_room(tmp_path):
    write_maps(tmp_path / "erf.npz", [entry_of(1, pictures=4000)])
    settings = read_settings(tmp_path / "erf.npz")["settings"]
    assert settings["images"] == 4000
    assert settings["contribution"] == "relu"


def test_the_table_has_a_line_for_each_model_and_target(tmp_path):
    entries = [entry_of(1), entry_of(2)]
    write_table(tmp_path / "erf.csv", entries)
    text = (tmp_path / "erf.csv").read_text()
    assert text == table_csv(entries)
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [(line["model"], line["target"]) for line in lines] == [
        (model, target) for model in ("m1", "m2") for target in TARGETS
    ]
    assert float(lines[0]["area_50"]) == entries[0].figures["stage1"].area_ratio[50]
    assert lines[0]["preset"] == "contract"
    assert (lines[0]["height"], lines[0]["width"], lines[0]["pictures"]) == ("24", "40", "2")
    assert replace(entries[0], box=Box(1, 2, 3, 4)).settings_json()["box"] == [1, 2, 3, 4]
