"""Ties the page's comparison to its controller, the models at hand and the figure window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.controllers.fields import FieldsController
from app.controllers.fields_compare import FieldsCompareController
from app.inference.inquiries.fields_compare import Comparison
from app.inference.requests import AtHand, ModelInfo
from app.panels.fields import FieldsPanel
from app.window.fields_figures import figure_maker, numbers_of
from app.window.figures import Figures
from segcore import resources

if TYPE_CHECKING:
    from app.window.inspect_pages import Surroundings


class FieldsCompareLink(QObject):
    """Offers models, has them compared, and opens the figure."""

    def __init__(
        self, panel: FieldsPanel, fields: FieldsController, surroundings: Surroundings
    ) -> None:
        super().__init__(panel)
        core = surroundings.core
        self._panel = panel
        self._fields = fields
        self._window = surroundings.window
        self._settings = surroundings.settings
        self._local: tuple[tuple[str, str], ...] = ()
        self._difference: tuple[int, int] | None = None
        self.controller = FieldsCompareController(
            core.document, core.session, core.client, core.inspection, self
        )
        section, controller = panel.compare, self.controller
        section.compareRequested.connect(self._compare)
        section.stopRequested.connect(controller.stop)
        section.fileRequested.connect(self._add_file)
        section.folderRequested.connect(self._add_folder)
        controller.begun.connect(self._show_begun)
        controller.advanced.connect(self._show_progress)
        controller.found.connect(self._show)
        controller.refused.connect(section.say)
        controller.ended.connect(self._show_end)
        core.client.atHandFound.connect(self._take_at_hand)
        core.client.modelLoaded.connect(self._take_model)

    def add_model(self, source: str) -> None:
        """Add a file or folder as a row."""
        self._panel.compare.add_row(source, Path(source).name)

    def _compare(self, over_pictures: bool) -> None:
        section, choices = self._panel.compare, self._fields.choices
        self._difference = section.difference
        if over_pictures:
            names = self._fields.names(*self._panel.average.wanted)
            self.controller.compare_over(section.models, choices, names)
        else:
            self.controller.compare(section.models, choices)

    def _show_begun(self) -> None:
        self._panel.compare.set_running(running=True)
        self._panel.compare.say(self.tr("Asking the models…"))

    def _show_progress(self, known: Comparison) -> None:
        total = len(self._panel.compare.models)
        self._panel.compare.say(self.tr("{} of {} models").format(len(known.rows), total))

    def _show(self, found: Comparison) -> None:
        left_out = " ".join(found.left_out)
        self._panel.compare.say(left_out, left_out)
        titles = self.tr(" and ").join(name for name, _fields in found.rows)
        title = self.tr("Receptive fields of {}").format(titles)
        first = found.rows[0][1]
        where = (
            self.tr("middle, average over pictures: {}").format(len(first.pictures))
            if found.point is None
            else self.tr("{}, pixel {}, {}").format(first.pictures[0], *found.point)
        )
        difference = self._difference
        if found.left_out or difference is None or max(difference) >= len(found.rows):
            difference = (len(found.rows) - 1, 0)
        maker = figure_maker(
            found.rows,
            found.point,
            self._fields.choices.display,
            title=where,
            difference=difference,
        )
        Figures.of(self._window).show_figure(title, maker, numbers_of(found.rows, None))

    def _show_end(self) -> None:
        section = self._panel.compare
        section.set_running(running=False)
        if section.words.text() == self.tr("Asking the models…"):
            section.say("")

    def _take_at_hand(self, found: AtHand) -> None:
        self._local = tuple((choice.value, choice.title) for choice in found.models)
        self._offer()

    def _take_model(self, info: ModelInfo) -> None:
        self._offer()
        if not self._panel.compare.keys:
            self._panel.compare.add_row(info.spec.source, info.name)

    def _offer(self) -> None:
        bundled = [(name, name) for name in resources.bundled_models()]
        known = {source for source, _title in (*bundled, *self._local)}
        recent = [
            (path, Path(path).name) for path in self._settings.recent_models if path not in known
        ]
        self._panel.compare.set_models([*bundled, *self._local, *recent])

    def _add_file(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Compare with a model from a file"),
            self._settings.last_folder,
            self.tr("Checkpoints (*.safetensors *.pth *.pt *.bin)")
            + ";;"
            + self.tr("All files (*)"),
        )
        if path:
            self.add_model(path)

    def _add_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self._window,
            self.tr("Compare with a model from a folder"),
            self._settings.last_folder,
        )
        if folder:
            self.add_model(folder)
