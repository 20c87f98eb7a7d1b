"""The menu bar, made of the rows of the actions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from app.action_rows import MENUS, SEPARATOR
from app.actions import Actions
from app.i18n import translate


class RecentMenu(QMenu):
    """Files, folders and projects that were open lately."""

    pathRequested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("menu.recent")
        self.setTitle(self.tr("Open &Recent"))
        self.setToolTipsVisible(True)
        self.triggered.connect(self._request)

    def set_paths(self, paths: Sequence[str]) -> None:
        """Offer these paths, the newest first."""
        self.clear()
        for path in paths:
            folder = Path(path)
            words = f"{folder.name or path}    {_shortened(folder.parent)}"
            action = self.addAction(words.replace("&", "&&"))
            action.setData(path)
            action.setToolTip(path)
        self.setEnabled(bool(paths))
        self.menuAction().setToolTip("" if paths else self.tr("Nothing has been opened yet."))

    def _request(self, action: QAction) -> None:
        self.pathRequested.emit(str(action.data()))


def build_menus(window: QMainWindow, actions: Actions, panels: Sequence[QAction]) -> RecentMenu:
    """Fill the menu bar; `panels` are the actions that show and hide docks."""
    recent = RecentMenu(window)
    for name, title in MENUS:
        menu = window.menuBar().addMenu(translate("actions", title))
        menu.setObjectName(f"menu.{name}")
        _fill(menu, name, actions)
        if name == "file":
            menu.insertMenu(actions["previous"], recent)
            menu.insertSeparator(actions["previous"])
        elif name == "view":
            panel_menu = menu.addMenu(translate("actions", "&Panels"))
            panel_menu.setObjectName("menu.panels")
            panel_menu.addActions(panels)
        elif name == "label":
            class_menu = menu.addMenu(translate("actions", "&Class"))
            class_menu.setObjectName("menu.class")
            _fill(class_menu, "label/class", actions)
    return recent


def _fill(menu: QMenu, name: str, actions: Actions) -> None:
    menu.setToolTipsVisible(True)  # a dimmed entry says there what stands in the way
    for info in actions.in_menu(name):
        if info.name == SEPARATOR:
            menu.addSeparator()
        else:
            menu.addAction(actions[info.name])


def _shortened(folder: Path) -> str:
    """A folder with the home folder as `~`, its middle left out where it is long."""
    text = str(folder)
    home = str(Path.home())
    if text.startswith(home):
        text = "~" + text[len(home) :]
    return text if len(text) <= 48 else f"{text[:18]}…{text[-28:]}"
