"""Boxes that offer classes open at once, however many classes there are."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QComboBox

from app.class_choices import ClassChoices, offer
from segcore.classes import ClassTable


class Counting(ClassChoices):
    """Counts how often it is asked about an entry."""

    asked = 0

    def data(self, index: Any, role: int = 0) -> Any:
        self.asked += 1
        return super().data(index, role)


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
@pytest.mark.parametrize("editable", [False, True])
def test_only_entries_in_sight_are_asked_for(qtbot: Any, editable: bool) -> None:
    table = ClassTable.from_names([f"class {number}" for number in range(3000)])
    box = QComboBox()
    qtbot.addWidget(box)
    choices = Counting("any", box)
    offer(choices, box)
    box.setEditable(editable)
    choices.set_classes(table.classes)
    box.setCurrentIndex(choices.row_of(2500))
    box.show()
    box.showPopup()
    qtbot.waitUntil(lambda: box.view().isVisible())
    assert (box.currentText(), box.currentData()) == ("class 2500", 2500)
    assert choices.asked < len(table)
    assert choices.row_of(None) == 0
    assert choices.row_of(3000) == 0
