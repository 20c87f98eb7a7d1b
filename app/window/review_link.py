"""Ties the actions of the Review menu to the pictures that are chosen in the list."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.actions import Actions
from app.dialogs.comment import CommentDialog
from app.panels.images import ImageListPanel
from app.window.core import Core
from app.window.obstacles import no_model

_STATUSES = ("done", "approved", "rejected", "in_work")
_OF_CHOSEN = (*(f"status_{status}" for status in _STATUSES), "comment", "predict_chosen")


class ReviewLink(QObject):
    """What is done to all chosen pictures at once: status, comment, prediction."""

    def __init__(
        self, panel: ImageListPanel, actions: Actions, core: Core, window: QWidget
    ) -> None:
        super().__init__(window)
        self._panel = panel
        self._actions = actions
        self._core = core
        self._window = window
        for status in _STATUSES:
            actions[f"status_{status}"].triggered.connect(partial(self._set_status, status))
        actions["status_done_next"].triggered.connect(self._done_and_next)
        actions["comment"].triggered.connect(self._comment)
        actions["predict_chosen"].triggered.connect(self._predict)
        panel.set_actions([actions[name] for name in _OF_CHOSEN])
        core.session.currentChanged.connect(self._show_abilities)
        core.prediction.modelChanged.connect(self._show_abilities)
        self._show_abilities()

    def chosen(self) -> list[str]:
        """Names of the pictures that are chosen in the list; the open one when there are none."""
        names = self._core.session.names
        chosen = [names[position] for position in self._panel.selected_positions()]
        current = self._core.session.current_name
        return chosen or ([current] if current is not None else [])

    def _set_status(self, status: str) -> None:
        self._core.review.set_status(self.chosen(), status)

    def _done_and_next(self) -> None:
        current = self._core.session.current_name
        if current is None:
            return
        self._core.review.set_status([current], "done")
        rows = self._panel.rows
        row = rows.row_of(self._core.session.current)
        if row is not None and row + 1 < rows.rowCount():
            self._core.session.open_index(rows.position(row + 1))

    def _comment(self) -> None:
        names = self.chosen()
        if not names:
            return
        title = names[0] if len(names) == 1 else self.tr("{:,} pictures").format(len(names))
        dialog = CommentDialog(title, self._core.review.comment_of(names), self._window)
        dialog.commentGiven.connect(partial(self._core.review.set_comment, names))
        dialog.open()

    def _predict(self) -> None:
        self._core.prediction.predict_pictures(self.chosen())

    def _show_abilities(self) -> None:
        has_picture = self._core.session.current >= 0
        obstacle = "" if has_picture else self.tr("No picture is chosen.")
        for name in (*_OF_CHOSEN, "status_done_next"):
            self._actions.allow(name, obstacle)
        self._actions.allow("predict_chosen", obstacle or no_model(self._core))
