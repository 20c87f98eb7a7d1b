"""What the inference thread finds out about the machine, with the real core behind it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.inference.engine import SegcoreEngine
from app.inference.requests import ModelSpec, QueryPoint
from segcore.checkpoints import catalog
from segcore.inference.devices import Device


def test_the_devices_that_are_here_and_the_models_of_the_own_folder_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "yard.safetensors").write_bytes(b"")
    monkeypatch.setattr(catalog, "local_models_folder", lambda: tmp_path)
    found = SegcoreEngine().at_hand()
    assert found.devices[0].value == "cpu"
    assert [(model.value, model.title) for model in found.models] == [
        (str(tmp_path / "yard.safetensors"), "yard.safetensors")
    ]


def test_a_device_that_is_gone_becomes_auto_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = (Device("cpu", "CPU"),)
    monkeypatch.setattr("segcore.inference.devices.available_devices", lambda: here)
    info = SegcoreEngine().load(ModelSpec("street-b0", device="cuda:7"))
    assert info.spec.device == "auto"
    assert "cuda:7" in info.notes[0]
    assert SegcoreEngine().load(ModelSpec("street-b0", device="cpu")).spec.device == "cpu"


def test_the_token_of_a_query_covers_the_pixel_and_grows_with_the_stage() -> None:
    engine, image = SegcoreEngine(), np.zeros((64, 96, 3), np.uint8)
    cells = []
    for stage in (1, 4):
        request = QueryPoint(ModelSpec("street-b0"), "a.png", image, 0, (70, 21), stage, 0)
        cells.append(engine.attention(request)[2])
    assert cells == [(68, 20, 72, 24), (64, 0, 96, 32)]
