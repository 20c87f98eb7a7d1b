"""Translations: where the strings of the window come from.

Strings stand in English in the code, inside `tr()` of a Qt class or `translate()` here. A file
`segformer-studio_<language>.qm` under `resources/translations` (made with `pyside6-lupdate` and
`pyside6-lrelease`) replaces them.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from segcore import resources

CATALOGUE = "segformer-studio"


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:
    """Mark a text for translation where it is written but not yet shown.

    `pyside6-lupdate` looks for this name; to a type checker, Qt's own function returns no `str`.
    """
    del context
    return text


def translate(context: str, text: str) -> str:
    """The text in the language of the window; the text itself where no translation has it."""
    return QCoreApplication.translate(context, text)


def translations_folder() -> Path:
    """The folder with the program's own `.qm` files."""
    return resources.translations_path()


def available_languages() -> list[str]:
    """Language codes with a catalogue, English (the code's own language) first."""
    found = sorted(
        path.stem.removeprefix(f"{CATALOGUE}_")
        for path in translations_folder().glob(f"{CATALOGUE}_*.qm")
    )
    return ["en", *(language for language in found if language != "en")]


def language_title(language: str) -> str:
    """A language's name for itself, such as `Deutsch`."""
    return QLocale(language).nativeLanguageName().capitalize() or language


def install_translators(app: QCoreApplication, language: str = "") -> list[QTranslator]:
    """Load the catalogues of a language ("" is the system's) and return those that were found.

    Qt's own catalogue is only taken beside one of the program's, so that standard buttons and menus
    speak one language.
    """
    locale = QLocale(language) if language else QLocale.system()
    folders = {
        CATALOGUE: translations_folder(),
        "qtbase": Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
    }
    found = []
    for name, folder in folders.items():
        translator = QTranslator(app)
        if translator.load(locale, name, "_", str(folder)):
            found.append(translator)
        elif name == CATALOGUE:
            return []
    for translator in reversed(found):  # the one that is installed last is asked first
        app.installTranslator(translator)
    return found
