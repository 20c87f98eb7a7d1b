"""The licence of the model that is chosen, and the person's word that it was read."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel, QVBoxLayout, QWidget

from segcore.checkpoints.released import Licence


class LicenceBox(QFrame):
    """Shows one licence; the tick is taken back whenever another one is shown."""

    acceptedChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.licence: Licence | None = None
        self.title = QLabel(self)
        self.title.setObjectName("hub.licence_title")
        self.title.setProperty("role", "heading")
        self.title.setWordWrap(True)
        self.text = QLabel(self)
        self.text.setObjectName("hub.licence_text")
        self.text.setAccessibleName(self.tr("The licence"))
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setOpenExternalLinks(True)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.accept = QCheckBox(self.tr("I have &read this licence and accept it"), self)
        self.accept.setObjectName("hub.accept")
        self.accept.toggled.connect(self.acceptedChanged)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.title, self.text, self.accept):
            layout.addWidget(widget)
        self.show_licence("", None)

    @property
    def accepted(self) -> bool:
        """Whether the licence that is shown has been accepted."""
        return self.licence is not None and self.accept.isChecked()

    def show_licence(self, name: str, licence: Licence | None) -> None:
        """Show the licence of a model, or that there is none to show yet."""
        self.licence = licence
        self.accept.setChecked(False)
        self.accept.setEnabled(licence is not None)
        if licence is None:
            self.title.setText(self.tr("Licence"))
            self.text.setText(escape(self.tr("Choose a model to see what it may be used for.")))
            return
        self.title.setText(licence.title)
        # Addresses come from a hub: they are shown as they are and never as other markup.
        url = escape(licence.url, quote=True)
        link = f'<a href="{url}">{url}</a>'
        self.text.setText(f"{escape(licence.summary)}<br>{escape(name)}: {link}")
