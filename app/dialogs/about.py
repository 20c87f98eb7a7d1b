"""What this program is, in which version, under which licence, and with what it runs."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import QCoreApplication, qVersion
from PySide6.QtWidgets import QWidget

from app.dialogs.facts import Fact, FactsDialog


def installed_version(distribution: str) -> str:
    """The version of an installed package, without importing it."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return QCoreApplication.translate("AboutDialog", "not installed")


class AboutDialog(FactsDialog):
    """Versions and licences."""

    def __init__(self, model_licence: str, parent: QWidget | None = None) -> None:
        facts: list[Fact] = [
            (self.tr("Version"), installed_version("segformer-studio")),
            (self.tr("Python"), f"{platform.python_version()} ({platform.platform()})"),
            (self.tr("Qt"), f"{qVersion()}  ·  PySide6 {installed_version('PySide6-Essentials')}"),
            (self.tr("PyTorch"), installed_version("torch")),
            (self.tr("Licence"), self.tr("Apache License 2.0")),
        ]
        if model_licence:
            facts.append((self.tr("Model's licence"), model_licence))
        super().__init__(
            self.tr("About SegFormer Studio"),
            "SegFormer Studio",
            self.tr("See the mask, ask why, correct it, teach it, export labels."),
            facts,
            parent,
        )
        self.setObjectName("dialog.about")
