"""A walk through what the model doubts, with keys, in the real window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt


def test_a_walk_accepts_corrects_skips_and_goes_back(person: Any, street: Path) -> None:
    window = person.window
    core, actions = window.core, window.actions_by_name
    document, names = core.document, sorted(path.name for path in street.iterdir())
    person.opens(street)
    person.waits_for_the_prediction_of(names[0])
    person.waits_for(lambda: len(core.session.names) == 3)
    walk, bar = window.review.walk.controller, window.review.walk_bar
    actions["walk_start"].trigger()
    person.waits_for(lambda: walk.region is not None)
    assert bar.isVisible()
    assert "picture 1 of 3" in bar.progress.text()

    # Enter: the pixels stay as they are and become the person's; the next region comes.
    first = walk.region
    mask = first.selection.mask(document.labels.shape)
    assert not (document.origins[mask] == document.person).any()
    before = document.labels.copy()
    person.waits_for(lambda: core.assisting.preview is not None)
    picture = document.name
    person.presses(Qt.Key.Key_Return)
    person.waits_for(lambda: bool((document.origins[mask] == document.person).all()))
    assert np.array_equal(document.labels, before)
    person.waits_for(lambda: walk.region is not None and walk.region is not first)

    # A digit: the region becomes that class, in one step that can be undone.
    if document.name == picture:
        second = walk.region
        mask = second.selection.mask(document.labels.shape)
        person.presses(Qt.Key.Key_3)
        person.waits_for(lambda: bool((document.labels[mask] == 2).all()))
        person.waits_for(lambda: walk.region is not None and walk.region is not second)

    # Backspace goes back, S goes on and is no pair of scissors, Esc ends it.
    here = walk.region
    person.presses(Qt.Key.Key_Backspace)
    person.waits_for(lambda: walk.region is not None and walk.region is not here)
    back = walk.region
    person.presses(Qt.Key.Key_S)
    person.waits_for(lambda: walk.region is not None and walk.region is not back)
    assert core.view_state.tool == "pan"
    person.presses(Qt.Key.Key_N)
    person.waits_for(lambda: not walk.active or "picture 1 of" not in bar.progress.text())
    if walk.active:
        person.presses(Qt.Key.Key_Escape)
    assert not walk.active
    assert not bar.isVisible()
    person.presses(Qt.Key.Key_S)
    assert core.view_state.tool == "scissors"


def test_a_walk_needs_pictures_that_are_not_done(person: Any, street: Path) -> None:
    window = person.window
    core, names = window.core, sorted(path.name for path in street.iterdir())
    person.opens(street)
    person.waits_for_the_prediction_of(names[0])
    person.waits_for(lambda: len(core.session.names) == 3)
    core.review.set_status(names, "approved")
    person.waits_for(lambda: window.images.rows.table.status(2) == "approved")
    window.actions_by_name["walk_start"].trigger()
    assert not window.review.walk.controller.active
    assert "done" in window.banner.text.text()
