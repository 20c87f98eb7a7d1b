from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale
from PySide6.QtWidgets import QApplication

from app import i18n


def test_a_text_without_translation_is_itself() -> None:
    assert i18n.translate("actions", "&Predict") == "&Predict"


def test_english_is_always_there() -> None:
    assert i18n.available_languages()[0] == "en"


def test_languages_call_themselves_by_their_names() -> None:
    assert i18n.language_title("de") == "Deutsch"


def test_a_catalogue_in_the_folder_is_used(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_catalogue(tmp_path)
    monkeypatch.setattr(i18n, "translations_folder", lambda: tmp_path)
    assert i18n.available_languages() == ["en", "de"]
    installed = i18n.install_translators(qapp, "de")
    try:
        assert i18n.translate("actions", "&Predict") == "&Vorhersagen"
    finally:
        for translator in installed:
            QCoreApplication.removeTranslator(translator)


def test_buttons_speak_english_where_the_menus_do(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system in another language has Qt's catalogue, and none of ours."""
    monkeypatch.setattr(i18n, "translations_folder", lambda: tmp_path)
    monkeypatch.setattr(i18n.QLocale, "system", lambda: QLocale("de"))
    assert i18n.install_translators(qapp) == []
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Cancel"


def compile_catalogue(folder: Path) -> None:
    import subprocess
    import sys

    source = folder / "segformer-studio_de.ts"
    source.write_text(
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE TS><TS version="2.1" language="de">'
        "<context><name>actions</name><message><source>&amp;Predict</source>"
        "<translation>&amp;Vorhersagen</translation></message></context></TS>"
    )
    tool = Path(sys.executable).parent / "pyside6-lrelease"
    if not tool.exists():
        pytest.skip("pyside6-lrelease is not installed beside this Python")
    subprocess.run(
        [tool, str(source), "-qm", str(source.with_suffix(".qm"))], check=True, capture_output=True
    )
