"""A DeepLabv3+ in the window: it predicts and shows its fields, and the panel has no attention."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from PySide6.QtCore import Qt


def deeplab_in(folder: Path) -> Path:
    import segcore
    from segcore.classes import ClassTable
    from segcore.models import DeepLab, DeepLabConfig

    network = DeepLab(DeepLabConfig.named("r18", num_classes=3))
    network.initialise(torch.Generator().manual_seed(1))
    names = ClassTable.from_names(["asphalt", "lawn", "brick"])
    return segcore.save_model(network, folder, names)


def test_a_deeplab_is_asked_for_its_fields_alone(person: Any, street: Path, tmp_path: Path) -> None:
    first = min(path.name for path in street.iterdir())
    person.opens(street)
    person.waits_for_the_prediction_of(first)
    window = person.window
    panel = window.inspect

    window.models.use(str(deeplab_in(tmp_path / "garden")))
    person.waits_for(lambda: window.models.model.name == "garden")
    person.waits_until_nothing_runs()
    assert window.models.model.variant == "ResNet-18/16"
    person.presses(Qt.Key.Key_Q)
    person.clicks((160, 150))
    person.waits_for(lambda: len(panel.fields.buttons) == 5)
    person.waits_until_nothing_runs()

    assert "no attention" in panel.attention_title.text()
    assert len(panel.attention.buttons) == 0
    assert not any(button.isEnabled() for button in panel.stages)

    window.models.use("street-b0")
    person.waits_for(lambda: len(panel.attention.buttons) > 0)
    assert all(button.isEnabled() for button in panel.stages)
    assert "no attention" not in panel.attention_title.text()
