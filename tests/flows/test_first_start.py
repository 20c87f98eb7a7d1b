"""The first start: a drawn street with the bundled model's answer, and nothing to do for it."""

from __future__ import annotations

from typing import Any

import numpy as np


def test_it_opens_on_a_sample_with_the_bundled_model_run(person: Any) -> None:
    window = person.window
    person.waits_for(lambda: window.core.document.prediction is not None)
    document = window.core.document
    assert document.name == "street_01.jpg"
    assert document.classes[0].name == "Sky"
    shares = np.bincount(document.labels.ravel(), minlength=256) / document.labels.size
    assert shares[document.classes.id_of("Road")] > 0.2
    assert shares[255] == 0
    person.waits_for(lambda: window.classes.rows.index(0).data(window.classes.rows.ShareRole))
    assert window.model_bar.badge.isVisible()
    assert window.status.device.text().split()[1] in ("fp32", "bf16", "fp16")
    assert window.canvas.grab().toImage().pixelColor(5, 5).isValid()
    assert not window.banner.isVisible() or window.banner.current.severity == "notice"
