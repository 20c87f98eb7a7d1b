"""The program's main job: open, predict, ask why, correct, undo, go on, come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt

CTRL = Qt.KeyboardModifier.ControlModifier


def test_open_predict_ask_correct_undo_and_reopen(person: Any, street: Path) -> None:
    names = sorted(path.name for path in street.iterdir())
    person.opens(street)
    person.waits_for_the_prediction_of(names[0])
    window = person.window
    document = window.core.document

    # Why? Attention first, then the five receptive fields; a click lays one over the picture.
    person.presses(Qt.Key.Key_Q)
    person.clicks((160, 150))
    person.waits_for(lambda: len(window.inspect.attention.buttons) > 0)
    assert window.tabs.currentWidget() is window.inspect_pages
    person.waits_for(lambda: len(window.inspect.fields.buttons) == 5)
    window.inspect.fields.buttons[3].click()
    assert window.core.view_state.overlay_mode == "heat"
    window.inspect.fields.buttons[3].click()
    assert window.core.view_state.overlay_mode == "labels"
    window.inspect.stages[3].click()
    person.waits_for(lambda: len(window.inspect.attention.buttons) == 9)

    # Correct it with the brush, and take a second stroke back.
    predicted = document.labels.copy()
    person.presses(Qt.Key.Key_B)
    person.presses(Qt.Key.Key_9)
    car = window.core.view_state.active_class
    assert document.classes[car].name == "Car"
    window.core.view_state.brush_size = 14
    person.drags((50, 30), (70, 30), (90, 30))
    assert (document.labels[30, 53:87] == car).all()
    first_stroke = document.labels.copy()
    person.drags((50, 75), (80, 75))
    assert (document.labels[75, 53:77] == car).all()
    person.presses(Qt.Key.Key_Z, CTRL)
    assert np.array_equal(document.labels, first_stroke)
    person.presses(Qt.Key.Key_Y, CTRL)
    assert not np.array_equal(document.labels, first_stroke)
    person.presses(Qt.Key.Key_Z, CTRL)
    assert not np.array_equal(document.labels, predicted)
    person.waits_for(lambda: window.status.saved.text() != "")

    # The next picture is predicted by itself; coming back, the work is there.
    person.presses(Qt.Key.Key_D)
    person.waits_for_the_prediction_of(names[1])
    person.presses(Qt.Key.Key_A)
    person.waits_for(lambda: document.name == names[0])
    assert np.array_equal(document.labels, first_stroke)

    # So it is after the program was closed and started again.
    person.starts_again()
    document = person.window.core.document
    person.waits_for(lambda: document.name == names[0])
    assert np.array_equal(document.labels, first_stroke)
    assert document.origins[30, 60] == document.person
    assert document.origins[200, 5] != document.person


def test_predicting_again_leaves_a_persons_pixels_alone(person: Any, street: Path) -> None:
    name = min(path.name for path in street.iterdir())
    person.opens(street / name)
    person.waits_for_the_prediction_of(name)
    document = person.window.core.document
    person.presses(Qt.Key.Key_B)
    person.presses(Qt.Key.Key_3)
    person.drags((30, 30), (50, 30))
    painted = document.labels.copy()
    before = document.prediction
    person.window.actions_by_name["predict"].trigger()
    person.waits_for(lambda: document.prediction is not before)
    assert np.array_equal(document.labels, painted)


def test_ctrl_erases_and_fill_fills(person: Any, street: Path) -> None:
    name = min(path.name for path in street.iterdir())
    person.opens(street / name)
    person.waits_for_the_prediction_of(name)
    document = person.window.core.document
    person.presses(Qt.Key.Key_E)
    person.drags((200, 180), (240, 180))
    assert (document.labels[180, 205:235] == document.classes.ignore).all()
    person.presses(Qt.Key.Key_G)
    person.presses(Qt.Key.Key_2)
    person.clicks((220, 180))
    person.waits_for(lambda: bool((document.labels[180, 205:235] == 1).all()))


def test_predict_all_labels_every_picture(person: Any, street: Path) -> None:
    person.opens(street)
    window = person.window
    person.waits_for(window.actions_by_name["predict_all"].isEnabled)
    person.waits_for(lambda: len(window.core.session.names) == 3)
    person.waits_until_nothing_runs()
    window.actions_by_name["predict_all"].trigger()
    project = window.core.session.project
    person.waits_for(lambda: all(project.has_labels(name) for name in project.images))
