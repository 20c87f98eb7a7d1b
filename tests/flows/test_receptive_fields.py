"""Receptive fields in the window: a click, other choices, averages, a comparison, files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox

from app.panels.fields import FieldsPanel
from app.window.figures import Figures
from segcore.images import read_image


def fields_page(person: Any) -> FieldsPanel:
    window = person.window
    window.tabs.setCurrentWidget(window.inspect_pages)
    window.inspect_pages.show_page("fields")
    panel = window.findChild(FieldsPanel)
    assert isinstance(panel, FieldsPanel)
    return panel


def choose(combo: QComboBox, value: str) -> None:
    """As a person does, which is the only way that `activated` is sent."""
    combo.setCurrentIndex(combo.findData(value))
    combo.activated.emit(combo.currentIndex())


def core_fields(paths: list[Path], **chosen: Any) -> dict[str, Any]:
    """The same from the core, without the window."""
    from segcore.inference import Predictor
    from segcore.inspection import receptive_field

    predictor = Predictor.load("street-b0")
    maps = [receptive_field(predictor, read_image(path), **chosen) for path in paths]
    return {name: np.mean([each[name].values for each in maps], axis=0) for name in maps[0]}


@pytest.fixture
def asked(person: Any, street: Path) -> FieldsPanel:
    """The page, with the fields of a pixel of the first picture; a fourth picture is broken."""
    (street / "street_broken.jpg").write_bytes(b"\xff\xd8\xff nothing more")
    person.opens(street)
    person.waits_for_the_prediction_of("street_01.jpg")
    panel = fields_page(person)
    person.presses(Qt.Key.Key_Q)
    person.clicks((160, 150))
    person.waits_for(lambda: len(panel.maps.buttons) == 6 and panel.maps.isEnabled())
    return panel


def test_a_click_shows_six_fields_and_choices_change_them(
    person: Any, asked: FieldsPanel, street: Path
) -> None:
    assert asked.source.text() == "Pixel 160, 150"
    laid: list[Any] = []
    asked.heatMapRequested.connect(lambda heat_map, kind: laid.append((heat_map, kind)))
    asked.maps.buttons[3].click()
    assert person.window.core.view_state.overlay_mode == "heat"
    core = core_fields([street / "street_01.jpg"], targets=("stage4",), point=(160, 150))
    assert np.allclose(laid[-1][0].values, core["stage4"], rtol=1e-3, atol=1e-9)

    choose(asked.choices.contribution, "abs")
    assert asked.choices.preset.currentText() == "Own choice"
    person.waits_for(lambda: "absolute" in laid[-1][0].meaning)
    absolute = laid[-1][0].values
    core = core_fields(
        [street / "street_01.jpg"], targets=("stage4",), point=(160, 150), contribution="abs"
    )
    assert np.allclose(absolute, core["stage4"], rtol=1e-3, atol=1e-9)

    # Another display is another look at the same values.
    choose(asked.choices.display, "power")
    assert laid[-1][0].values is absolute
    assert laid[-1][1] == "power"

    # A share inside a drawn box stands in the table, and goes with the box.
    rows = asked.table.rowCount()
    asked.draw_box.click()
    person.drags((0, 0), (100, 100), (319, 239))
    assert asked.table.rowCount() == rows + 1
    assert asked.table.item(rows, 3).text() == "100"
    assert not asked.draw_box.isChecked()
    asked.no_box.click()
    assert asked.table.rowCount() == rows


def test_averages_leave_broken_pictures_out_and_keep_what_is_known(
    person: Any, asked: FieldsPanel, street: Path
) -> None:
    laid: list[Any] = []
    asked.heatMapRequested.connect(lambda heat_map, _kind: laid.append(heat_map))
    asked.choose("stage1")
    choose(asked.average.which, "all")
    asked.average.start.click()
    person.waits_for(asked.average.start.isEnabled)
    assert asked.average.words.text().startswith("Averaged over 3 pictures.")
    assert "street_broken.jpg" in asked.average.words.text()
    good = [street / f"street_0{number}.jpg" for number in (1, 2, 3)]
    assert np.allclose(
        laid[-1].values, core_fields(good, targets=("stage1",))["stage1"], rtol=1e-3, atol=1e-9
    )

    # Another one is stopped as soon as its first picture is in it.
    asked.average.start.click()
    person.waits_for(lambda: asked.source.text() == "Average over 1 of 4 pictures")
    asked.average.stop.click()
    person.waits_for(asked.average.start.isEnabled)
    assert asked.average.words.text().startswith("Stopped after")
    assert "Average over" in asked.source.text()
    asked.other.click()
    assert asked.source.text() == "Pixel 160, 150"


def test_models_are_compared_in_a_figure_that_is_saved_with_its_numbers(
    person: Any, asked: FieldsPanel, tmp_path: Path
) -> None:
    section = asked.compare
    assert section.keys == ["street-b0"]
    section.add_row("random:street-b0", "before")
    section.add_row(str(tmp_path / "gone.pth"), "gone")
    section.compare.click()
    figures = Figures.of(person.window)
    person.waits_for(lambda: bool(figures.windows) and figures.windows[0].canvas is not None)
    shown = figures.windows[0]
    person.waits_for(lambda: shown.canvas.is_settled)
    assert section.words.text().startswith("gone: ")

    for name in ("fields.png", "fields.csv", "fields.npz"):
        shown.saveRequested.emit(tmp_path / name)
        person.waits_for(lambda name=name: shown.message.text().endswith(name))
    with Image.open(tmp_path / "fields.png") as picture:
        settings = json.loads(picture.text["Description"])
    assert [row["title"] for row in settings["rows"]] == ["street-b0", "before"]
    assert settings["rows"][0]["point"] == [160, 150]
    lines = (tmp_path / "fields.csv").read_text("utf-8").splitlines()
    assert json.loads(lines[0].removeprefix("# settings: ")) == settings
    table = list(csv.DictReader(lines[1:]))
    assert len(table) == 10
    arrays = np.load(tmp_path / "fields.npz")
    stage4 = arrays["row1_stage4"].astype(np.float64)
    row = next(r for r in table if (r["model"], r["target"]) == ("before", "stage4"))
    across = stage4.sum(axis=0)
    centroid = across @ np.arange(len(across)) / across.sum()
    assert float(row["centroid_x"]) == pytest.approx(centroid)
    assert not np.allclose(arrays["row0_stage4"], stage4)


def test_what_cannot_be_asked_is_said_in_a_sentence(
    person: Any, street: Path, tmp_path: Path
) -> None:
    tiny = tmp_path / "tiny"
    tiny.mkdir()
    Image.new("RGB", (20, 20), (90, 90, 90)).save(tiny / "tiny.png")
    panel = fields_page(person)
    person.opens(tiny)
    person.waits_for_the_prediction_of("tiny.png")
    panel.compare.compare.click()
    assert "No pixel is chosen" in panel.compare.words.text()
    person.window.core.inspection.query(10, 10)
    person.waits_for(lambda: "too small" in panel.details.text())
    person.waits_until_nothing_runs()

    # The next question is answered as if nothing had been.
    person.opens(street)
    person.waits_for_the_prediction_of("street_01.jpg")
    person.presses(Qt.Key.Key_Q)
    person.clicks((160, 150))
    person.waits_for(lambda: len(panel.maps.buttons) == 6 and panel.maps.isEnabled())


def test_the_figure_can_be_panned_while_it_is_drawn(
    person: Any, asked: FieldsPanel, qtbot: Any
) -> None:
    asked.figure.click()
    figures = Figures.of(person.window)
    person.waits_for(lambda: bool(figures.windows) and figures.windows[0].canvas is not None)
    shown = figures.windows[0]
    canvas = shown.canvas
    person.waits_for(lambda: canvas.is_settled)
    axes = canvas.figure.axes[0]
    before = axes.get_xlim()
    shown.toolbar.pan()
    box = axes.get_window_extent()
    place = QPoint(int((box.x0 + box.x1) / 2), canvas.height() - int((box.y0 + box.y1) / 2))
    canvas.draw_idle()
    assert not canvas.is_settled
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(canvas, left, pos=place)
    for step in range(1, 6):
        qtbot.mouseMove(canvas, place + QPoint(4 * step, 0))
    qtbot.mouseRelease(canvas, left, pos=place + QPoint(20, 0))
    person.waits_for(lambda: canvas.is_settled)
    assert axes.get_xlim()[0] < before[0]
    shown.toolbar.home()
    person.waits_for(lambda: canvas.is_settled)
    assert axes.get_xlim() == pytest.approx(before)
    shown.close()
    assert figures.windows == []
