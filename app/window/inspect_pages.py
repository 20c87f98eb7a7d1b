"""The pages of the Inspect tab: the first shows the queried pixel, others look deeper.

A page is a function from its surroundings to a widget; a new one is a file and a row of PAGES.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QTabWidget, QWidget

from app.canvas.canvas import Canvas
from app.i18n import QT_TRANSLATE_NOOP
from app.settings import Settings
from app.theme import Theme
from app.window.attention_link import build_attention_page
from app.window.core import Core
from app.window.fields_link import build_fields_page
from app.window.stages_link import stages_page
from app.window.why_link import build_why_page
from segcore.heatmap import HeatMap, Normalisation


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What a page may draw from.

    Attributes:
        core: document, session, inference client and controllers.
        lay_over: lays a heat map over the picture, or takes it away.
        window: the parent of dialogs and floating windows.
    """

    core: Core
    canvas: Canvas
    settings: Settings
    theme: Theme
    lay_over: Callable[[HeatMap | None, Normalisation], None]
    window: QWidget


@dataclass(frozen=True)
class Page:
    """One page: its object name is `page.` and the name; `build` makes it and wires it."""

    name: str
    title: str
    tip: str
    build: Callable[[Surroundings], QWidget]


PAGES: tuple[Page, ...] = (
    Page(
        "fields",
        QT_TRANSLATE_NOOP("inspect pages", "Fields"),
        QT_TRANSLATE_NOOP("inspect pages", "Which part of the picture reaches a pixel"),
        build_fields_page,
    ),
    Page(
        "attention",
        QT_TRANSLATE_NOOP("inspect pages", "Attention"),
        QT_TRANSLATE_NOOP("inspect pages", "Where every head looks, for one query or two"),
        build_attention_page,
    ),
    Page(
        "why",
        QT_TRANSLATE_NOOP("inspect pages", "Why"),
        QT_TRANSLATE_NOOP("inspect pages", "Why a pixel got its class, and what would be if"),
        build_why_page,
    ),
    Page(
        "stages",
        QT_TRANSLATE_NOOP("inspect pages", "Stages"),
        QT_TRANSLATE_NOOP("inspect pages", "The network as it is, stage by stage"),
        stages_page,
    ),
)

_PIXEL = QT_TRANSLATE_NOOP("inspect pages", "Pixel")


class InspectPages(QTabWidget):
    """The queried pixel first, then every page of PAGES."""

    def __init__(self, pixel: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tabs.inspect")
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.setTabBarAutoHide(True)
        self.addTab(pixel, QCoreApplication.translate("inspect pages", _PIXEL))

    def add_pages(self, surroundings: Surroundings) -> None:
        """Build every page and show it as a tab."""
        for page in PAGES:
            widget = page.build(surroundings)
            widget.setObjectName(f"page.{page.name}")
            index = self.addTab(widget, QCoreApplication.translate("inspect pages", page.title))
            self.setTabToolTip(index, QCoreApplication.translate("inspect pages", page.tip))

    def show_page(self, name: str) -> None:
        """Bring the page of that name to the front; `pixel` is the first."""
        names = ["pixel", *(page.name for page in PAGES)]
        self.setCurrentIndex(names.index(name))
