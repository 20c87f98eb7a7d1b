"""A model from a hub on the loopback interface, downloaded and used in the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from segcore.checkpoints.hub import cached_path
from segcore.checkpoints.hub_name import cache_folder

B0 = "nvidia/segformer-b0-finetuned-ade-512-512"


def choices(window: Any) -> list[Any]:
    chooser = window.model_bar.model
    return [chooser.itemData(index) for index in range(chooser.count())]


def opens_dialog(person: Any) -> Any:
    person.window.actions_by_name["download_models"].trigger()
    dialog = person.window.hub.dialog
    dialog.filter.setText(B0)
    dialog.table.selectRow(0)
    return dialog


def test_a_model_is_downloaded_in_spite_of_a_cut_and_used(
    hub: Any, person: Any, street: Path
) -> None:
    window = person.window
    person.opens(street)
    person.waits_for_the_prediction_of("street_01.jpg")
    assert B0 not in choices(window)
    hub.breaks_after = [150_000]
    dialog = opens_dialog(person)
    dialog.licence.accept.click()
    dialog.download.click()
    person.waits_for(dialog.use.isEnabled)
    assert [bool(one.range) for one in hub.requests("GET")] == [False, True]
    assert B0 in choices(window)
    dialog.use.click()
    dialog.close()
    person.waits_for(lambda: window.models.model.spec.source == B0)
    person.waits_for(window.model_bar.badge.isVisible)
    window.actions_by_name["predict"].trigger()
    document = window.core.document
    person.waits_for(lambda: document.prediction.sha256 == hub.etag("model.safetensors"))
    person.starts_again()
    person.waits_for(lambda: person.window.models.model is not None)
    assert person.window.models.model.spec.source == B0
    person.waits_for(lambda: B0 in choices(person.window))


def test_called_off_then_refused_then_finished_behind_a_closed_dialog(
    hub: Any, person: Any
) -> None:
    window = person.window
    downloads = window.core.downloads
    hub.pause = 0.1
    dialog = opens_dialog(person)
    dialog.licence.accept.click()
    dialog.download.click()
    person.waits_for(lambda: dialog.bar.maximum() == 1000 and dialog.bar.value() > 0)
    dialog.cancel.click()
    person.waits_for(lambda: not downloads.downloading)
    assert "kept" in dialog.state.text()
    assert cached_path(B0) is None
    (part,) = cache_folder().rglob("*.incomplete")
    assert part.stat().st_size > 0

    hub.gated = True
    dialog.download.click()
    person.waits_for(lambda: not downloads.downloading)
    assert f"{hub.url}/{B0}" in dialog.state.text()

    hub.gated, hub.pause = False, 0.0
    dialog.download.click()
    dialog.close()
    person.waits_for(lambda: B0 in choices(window))
    person.waits_for(lambda: window.banner.isVisible() and B0 in window.banner.current.sentence)
    assert hub.requests("GET")[-1].range


def test_another_name_shows_its_own_licence(hub: Any, person: Any) -> None:
    hub.repo = "someone/gardens"
    hub.card = {"license": "cc-by-nc-4.0"}
    dialog = opens_dialog(person)
    dialog.name.setText("someone/nothing")
    dialog.look_up.click()
    person.waits_for(lambda: "no such model" in dialog.state.text())
    dialog.name.setText("someone/gardens")
    dialog.look_up.click()
    person.waits_for(lambda: dialog.licence.title.text() == "cc-by-nc-4.0")
    dialog.licence.accept.click()
    dialog.download.click()
    person.waits_for(dialog.use.isEnabled)
    assert "someone/gardens" in choices(person.window)
