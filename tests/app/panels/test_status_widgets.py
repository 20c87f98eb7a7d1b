from __future__ import annotations

from datetime import datetime

from pytestqt.qtbot import QtBot

from app.panels.status import PixelReadout, ProjectStatus


def test_the_readout_says_place_class_and_confidence(qtbot: QtBot) -> None:
    readout = PixelReadout()
    qtbot.addWidget(readout)
    readout.show_pixel(812, 440, "Road", 0.974)
    assert (readout.position.text(), readout.words.text()) == ("812, 440", "Road  97 %")
    readout.show_pixel(0, 0, "unlabelled", None)
    assert readout.words.text() == "unlabelled"
    readout.clear()
    assert readout.position.text() == readout.words.text() == ""


def test_project_device_zoom_and_saving_are_shown_once_known(qtbot: QtBot) -> None:
    status = ProjectStatus()
    qtbot.addWidget(status)
    status.show()
    assert not any(label.isVisible() for label in (status.device, status.project, status.saved))
    status.set_device("cpu fp32")
    status.set_project("street", "Labels are kept in /x")
    status.set_zoom(1.29)
    status.set_saved(datetime(2026, 3, 1, 12, 3))
    assert status.device.text() == "cpu fp32"
    assert status.project.toolTip() == "Labels are kept in /x"
    assert status.zoom.text() == "129 %"
    assert "03" in status.saved.text()
    status.set_saved(None)
    status.set_zoom(None)
    assert not status.saved.isVisible()
    assert not status.zoom.isVisible()
