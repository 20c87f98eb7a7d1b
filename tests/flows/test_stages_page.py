"""The Stages page in the window: select, step on, lay a channel over, go on to other pictures."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtTest import QTest

from app.panels.stages import StagesPanel
from segcore import resources

BUSY = 0.05
"""Seconds at a stretch that the GUI thread may compute."""


class Heart(QObject):
    """Notes the longest stretch, in seconds of its own CPU time, that this thread was busy."""

    def __init__(self) -> None:
        super().__init__()
        self.longest = 0.0
        self._last = time.thread_time()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)

    def _beat(self) -> None:
        now = time.thread_time()
        self.longest = max(self.longest, now - self._last)
        self._last = now


def stages_of(person: Any) -> StagesPanel:
    window = person.window
    window.tabs.setCurrentWidget(window.inspect_pages)
    window.inspect_pages.show_page("stages")
    panel = window.inspect_pages.currentWidget()
    assert isinstance(panel, StagesPanel)
    return panel


def answered(panel: StagesPanel) -> bool:
    return panel.features.isVisible() and panel.features.isEnabled()


def deeplab_in(folder: Path) -> Path:
    import segcore
    from segcore.classes import ClassTable
    from segcore.models import DeepLab, DeepLabConfig

    network = DeepLab(DeepLabConfig.named("r18", num_classes=3))
    network.initialise(torch.Generator().manual_seed(1))
    return segcore.save_model(network, folder, ClassTable.from_names(["a", "b", "c"]))


def test_a_student_walks_through_a_stage(person: Any, street: Path) -> None:
    names = sorted(path.name for path in street.iterdir())
    person.opens(street)
    person.waits_for_the_prediction_of(names[0])
    window = person.window
    ran: list[str] = []
    window.core.client.jobChanged.connect(lambda status: ran.append(status.kind))
    assert "stages" not in ran
    panel = stages_of(person)
    person.waits_for(lambda: answered(panel) and panel.table.timed)
    # A picture of 320 x 240: the shapes of the paper's strides, and the keys that R leaves.
    texts = {
        panel.table.verticalHeaderItem(row).text(): [
            panel.table.item(row, column).text() for column in range(5)
        ]
        for row in range(panel.table.rowCount())
    }
    assert texts["h"] == ["60", "30", "15", "8", "60"]
    assert texts["w"] == ["80", "40", "20", "10", "80"]
    assert texts["R"] == ["8", "4", "2", "1", "–"]
    assert texts["N"] == ["4,800", "1,200", "300", "80", "–"]
    assert texts["keys"] == ["70", "70", "70", "80", "–"]

    # The second stage, by a click into the drawing; the third by a key.
    middle = panel.drawing.box_of("stage2").center()
    QTest.mouseClick(
        panel.drawing, Qt.MouseButton.LeftButton, pos=QPoint(int(middle.x()), int(middle.y()))
    )
    person.waits_for(lambda: answered(panel) and panel.walk.shapes.text() == "64 × 30 × 40")
    QTest.keyClick(panel.drawing, Qt.Key.Key_Down)
    person.waits_for(lambda: answered(panel) and panel.walk.shapes.text() == "160 × 15 × 20")
    assert "Stage 3" in panel.drawing.accessibleDescription()

    # Step by step through its first block and into the second.
    titles = []
    for number in range(15):
        panel.walk.on.click()
        wanted = f"{number % 14 + 1} of "
        person.waits_for(
            lambda wanted=wanted: answered(panel) and panel.walk.title.text().startswith(wanted)
        )
        titles.append(panel.walk.title.text().partition(": ")[2])
    assert titles[0] == "Overlapped patch merging"
    assert titles[3] == "Sequence reduction"
    assert titles[13] == "Residual after Mix-FFN"
    assert titles[14] == "LayerNorm before attention"
    assert panel.walk.block.currentData() == 1
    panel.walk.back.click()
    person.waits_for(lambda: answered(panel) and panel.walk.title.text().startswith("14 of 14"))
    assert panel.walk.block.currentData() == 0

    # A channel over the picture stays the same channel at the next operation.
    panel.features.channels.buttons[2].click()
    state = window.core.view_state
    assert state.overlay_mode == "heat"
    number = int(panel.features.channels.buttons[2].text())
    panel.walk.back.click()
    person.waits_for(lambda: answered(panel) and panel.walk.title.text().startswith("13 of 14"))
    chosen = [button.text() for button in panel.features.channels.buttons if button.isChecked()]
    assert chosen == [str(number)]
    assert state.overlay_mode == "heat"

    # Another picture is computed anew, at the same place.
    before = panel.features.picture.icon().pixmap(64, 64).toImage()
    person.presses(Qt.Key.Key_D)
    person.waits_for(lambda: window.core.document.name == names[1])
    person.waits_for(lambda: answered(panel) and panel.table.timed)
    assert panel.walk.title.text().startswith("13 of 14")
    assert panel.features.picture.icon().pixmap(64, 64).toImage() != before

    # Nothing is computed for a page that nobody sees.
    person.waits_until_nothing_runs()
    window.inspect_pages.show_page("pixel")
    ran.clear()
    person.presses(Qt.Key.Key_D)
    person.waits_for_the_prediction_of(names[2])
    person.waits_until_nothing_runs()
    assert not {"stages", "features"} & set(ran)


def test_a_deeplab_has_stages_but_no_blocks_to_walk(
    person: Any, street: Path, tmp_path: Path
) -> None:
    first = min(path.name for path in street.iterdir())
    person.opens(street)
    person.waits_for_the_prediction_of(first)
    panel = stages_of(person)
    person.waits_for(lambda: answered(panel) and panel.table.timed)
    panel.walk.on.click()
    person.waits_for(lambda: answered(panel) and panel.walk.title.text().startswith("1 of 14"))

    person.window.models.use(str(deeplab_in(tmp_path / "garden")))
    person.waits_for(lambda: "DeepLabv3+" in panel.subject.text())
    person.waits_for(lambda: answered(panel) and panel.table.timed)
    assert "choose a SegFormer" in panel.walk.sentence.text()
    assert not panel.walk.on.isEnabled()
    assert panel.walk.title.text() == "Output of stage 1"
    assert panel.walk.shapes.text() == "64 × 60 × 80"
    panel.targetRequested.emit("fused")
    person.waits_for(lambda: answered(panel) and panel.walk.title.text() == "Fused features")

    person.window.models.use("street-b0")
    person.waits_for(lambda: "SegFormer" in panel.subject.text())
    panel.targetRequested.emit("stage4")
    person.waits_for(lambda: answered(panel) and panel.walk.shapes.text() == "256 × 8 × 10")
    assert panel.walk.on.isEnabled()


@pytest.fixture
def large_street(tmp_path: Path) -> Path:
    picture, _labels = resources.sample_paths()[0]
    path = tmp_path / "large.png"
    with Image.open(picture) as image:
        image.resize((1024, 768)).save(path)
    return path


def test_the_window_stays_awake(person: Any, large_street: Path) -> None:
    person.opens(large_street)
    person.waits_for_the_prediction_of(large_street.name)
    panel = stages_of(person)
    person.waits_for(lambda: answered(panel) and panel.table.timed)
    heart = Heart()
    for target in ("fused", "head", "stage1"):
        panel.targetRequested.emit(target)
        person.waits_for(lambda: answered(panel))
        panel.features.components.buttons[0].click()
    for number in range(4):
        panel.walk.on.click()
        wanted = f"{number + 1} of "
        person.waits_for(
            lambda wanted=wanted: answered(panel) and panel.walk.title.text().startswith(wanted)
        )
    panel.features.after.click()
    person.waits_for(lambda: panel.features.page.text().startswith("2 of"))
    panel.features.channel.setValue(11)
    person.waits_for(lambda: person.window.core.view_state.overlay_mode == "heat")
    assert np.isfinite(heart.longest)
    assert heart.longest < BUSY
