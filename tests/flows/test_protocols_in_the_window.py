"""How pictures go in, chosen in the window, kept, and followed by predictions and questions."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.dialogs.protocol import ProtocolDialog
from segcore.inference.protocol import protocol_of


def test_a_protocol_is_chosen_predicts_anew_and_is_there_at_the_next_start(person: Any) -> None:
    window = person.window
    person.waits_for(lambda: window.core.document.prediction is not None)
    before = window.core.document.prediction
    window.actions_by_name["protocol"].trigger()
    dialog = window.findChild(ProtocolDialog)
    dialog.way.setCurrentIndex(dialog.way.findData("slide"))
    dialog.height_box.setValue(128)
    dialog.width_box.setValue(128)
    dialog.stride.setValue(96)
    dialog.flip.setChecked(True)
    dialog.accept()
    protocol = protocol_of("slide", size=(128, 128), stride=96, flip=True)
    person.waits_for(lambda: window.core.document.prediction is not before)
    after = window.core.document.prediction
    assert after.protocol == protocol
    assert np.any(after.labels != before.labels)
    facts = dict(window.models.facts())
    assert facts["Pictures go in"] == protocol.in_words()
    assert protocol.in_words() in window.model_bar.model.toolTip()

    person.starts_again()
    again = person.window
    person.waits_for(lambda: again.models.model is not None)
    assert again.models.model.spec.protocol == protocol
