"""Docks, tabs and the bar on top."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QToolBar, QWidget

from app.panels.classes import ClassesPanel
from app.panels.model_bar import ModelBar


def add_dock(
    window: QMainWindow, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea
) -> QDockWidget:
    """Put a widget into a dock that the View menu shows and hides; it needs no title of its own."""
    dock = QDockWidget(title, window)
    dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
    dock.setTitleBarWidget(QWidget(dock))
    dock.setObjectName(name)
    dock.setWidget(widget)
    window.addDockWidget(area, dock)
    return dock


def right_tabs(classes: ClassesPanel, inspect: QWidget) -> QTabWidget:
    """The tabs of the right dock."""
    tabs = QTabWidget()
    tabs.setObjectName("tabs.right")
    tabs.setDocumentMode(True)
    tabs.tabBar().setDrawBase(False)
    tabs.setUsesScrollButtons(False)  # every tab is in sight, however many there are
    tabs.addTab(classes, QCoreApplication.translate("docks", "Classes"))
    tabs.addTab(inspect, QCoreApplication.translate("docks", "Inspect"))
    return tabs


def model_toolbar(bar: ModelBar, window: QMainWindow) -> QToolBar:
    """The bar under the menus; it stays where it is."""
    toolbar = QToolBar(QCoreApplication.translate("docks", "Model"), window)
    toolbar.setObjectName("toolbar.model")
    toolbar.setMovable(False)
    toolbar.toggleViewAction().setEnabled(False)
    toolbar.addWidget(bar)
    return toolbar


def chain_tab_stops(stops: Sequence[QWidget]) -> None:
    """Let Tab go from each of these to the next, as the eye does."""
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)
