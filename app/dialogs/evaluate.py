"""The page of an evaluation: whose labels judge, what the model scores, where it is worst."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.evaluate_tables import ClassScoresTable, WorstPicturesTable, percent
from app.dialogs.room import take_room
from app.dialogs.work_bar import WorkBar
from segcore.evaluation import Report
from segcore.progress import Progress

LABELLED, APPROVED, FOLDER = "labelled", "approved", "folder"


class EvaluateDialog(QDialog):
    """Asks for an evaluation and shows what it found.

    Signals: `evaluationRequested(source, Path or None)` with a source of `LABELLED`, `APPROVED` and
    `FOLDER`; `cancelRequested()`; `pictureRequested(name)`; `figureRequested("confusion" or
    "calibration")`; `saveRequested(Path)`, where the ending says what is written.
    """

    evaluationRequested = Signal(str, object)
    cancelRequested = Signal()
    pictureRequested = Signal(str)
    figureRequested = Signal(str)
    saveRequested = Signal(object)

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dialog.evaluate")
        self.setWindowTitle(self.tr("Evaluate"))
        self._place = folder
        self.model = QLabel(self)
        self.model.setObjectName("evaluate.model")
        self.model.setWordWrap(True)
        self.source = QComboBox(self)
        self.source.setObjectName("evaluate.source")
        self.source.setAccessibleName(self.tr("Labels that judge"))
        self.source.addItem(self.tr("all labelled pictures of the project"), LABELLED)
        self.source.addItem(self.tr("its pictures that are done or approved"), APPROVED)
        self.source.addItem(self.tr("a folder with labels"), FOLDER)
        self.source.setToolTip(
            self.tr(
                "What a model said is no truth, unless the picture is done or approved: a model "
                "is not judged by itself"
            )
        )
        self.folder = QLineEdit(self)
        self.folder.setObjectName("evaluate.folder")
        self.folder.setAccessibleName(self.tr("Folder with labels"))
        self.folder.setPlaceholderText(self.tr("of any format that can be imported"))
        self.choose = self._button("evaluate.choose", self.tr("Choo&se…"))
        self.summary = QLabel(self)
        self.summary.setObjectName("evaluate.summary")
        self.summary.setProperty("role", "heading")
        self.summary.setWordWrap(True)
        self.state = QLabel(self)
        self.state.setObjectName("evaluate.state")
        self.state.setWordWrap(True)
        self.classes = ClassScoresTable(self)
        self.pictures = WorstPicturesTable(self)
        self.work = WorkBar("evaluate", self)
        self.confusion = self._button("evaluate.confusion", self.tr("Con&fusion Matrix…"))
        self.calibration = self._button("evaluate.calibration", self.tr("Cali&bration Curve…"))
        self.save = self._button("evaluate.save", self.tr("Sa&ve Results…"))
        self.go = self._button("evaluate.go", self.tr("&Evaluate"))
        self.go.setProperty("primary", "true")
        self._lay_out()
        self._connect()
        self._show_results(there=False)
        self._show_source()
        take_room(self, 800, 700)

    def set_model(self, words: str) -> None:
        """Say which model is judged, and how pictures go in; '' while there is none."""
        self.model.setText(words or self.tr("No model is loaded yet."))
        self.go.setEnabled(bool(words))

    def set_progress(self, progress: Progress) -> None:
        """How far it is."""
        self.work.set_progress(progress)

    def set_report(self, report: Report) -> None:
        """Show what was found."""
        self._end()
        scores = report.scores
        words = [
            self.tr("mIoU {}").format(percent(scores.miou)),
            self.tr("frequency-weighted {}").format(percent(scores.frequency_weighted_iou)),
            self.tr("accuracy {}").format(percent(scores.pixel_accuracy)),
            self.tr("boundary F {}").format(percent(report.boundary_f)),
        ]
        if report.calibration is not None:
            words.append(self.tr("calibration error {}").format(percent(report.calibration.ece)))
        self.summary.setText("   ".join(words))
        count = len(report.pictures)
        judged = self.tr("1 picture was judged.")
        if count != 1:
            judged = self.tr("{:,} pictures were judged.").format(count)
        self.say(" ".join([judged, *report.notes]))
        self.classes.set_report(report)
        self.pictures.set_pictures(report.pictures)
        self._show_results(there=True)

    def set_refused(self, sentences: Sequence[str]) -> None:
        """It cannot be done, and why."""
        self._end()
        self.say("\n".join(sentences[:8]), warning=True)

    def set_cancelled(self) -> None:
        """It was called off."""
        self._end()
        self.say(self.tr("Called off."))

    def say(self, words: str, *, warning: bool = False) -> None:
        """Tell what is going on."""
        self.state.setText(words)
        self.state.setProperty("role", "warning" if warning else "muted")
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)

    def done(self, result: int) -> None:
        """Qt: closing calls off what runs."""
        self.cancelRequested.emit()
        super().done(result)

    def _request(self) -> None:
        source = self.source.currentData()
        text = self.folder.text().strip()
        if source == FOLDER and not text:
            self.say(self.tr("Choose the folder with the labels."), warning=True)
            return
        self._set_running(running=True)
        self.say(self.tr("Predicting and comparing …"))
        place = Path(text).expanduser().absolute() if source == FOLDER else None
        self.evaluationRequested.emit(source, place)

    def _end(self) -> None:
        self._set_running(running=False)

    def _set_running(self, *, running: bool) -> None:
        self.work.set_running(running=running)
        self.go.setEnabled(not running)
        self.source.setEnabled(not running)

    def _show_results(self, *, there: bool) -> None:
        for button in (self.confusion, self.calibration, self.save):
            button.setEnabled(there)

    def _show_source(self) -> None:
        wanted = self.source.currentData() == FOLDER
        self.folder.setVisible(wanted)
        self.choose.setVisible(wanted)

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, self.tr("Folder with labels"), str(self._place)
        )
        if chosen:
            self.folder.setText(chosen)

    def _ask_file(self) -> None:
        path, _kind = QFileDialog.getSaveFileName(
            self,
            self.tr("Save results"),
            str(self._place / "evaluation.json"),
            self.tr("Everything, JSON (*.json);;Pictures and classes, CSV (*.csv)"),
        )
        if path:
            self.saveRequested.emit(Path(path))

    def _connect(self) -> None:
        self.source.currentIndexChanged.connect(self._show_source)
        self.choose.clicked.connect(self._ask_folder)
        self.go.clicked.connect(self._request)
        self.save.clicked.connect(self._ask_file)
        self.work.cancelRequested.connect(self.cancelRequested)
        self.pictures.pictureRequested.connect(self.pictureRequested)
        self.confusion.clicked.connect(lambda: self.figureRequested.emit("confusion"))
        self.calibration.clicked.connect(lambda: self.figureRequested.emit("calibration"))

    def _lay_out(self) -> None:
        source = QHBoxLayout()
        label = QLabel(self.tr("&Judged by:"), self)
        label.setBuddy(self.source)
        source.addWidget(label)
        source.addWidget(self.source, 1)
        folder = QHBoxLayout()
        folder.addWidget(self.folder, 1)
        folder.addWidget(self.choose)
        tabs = QTabWidget(self)
        tabs.setObjectName("evaluate.tabs")
        tabs.addTab(self.classes, self.tr("Classes"))
        tabs.addTab(self.pictures, self.tr("Worst pictures"))
        figures = QHBoxLayout()
        figures.addWidget(self.confusion)
        figures.addWidget(self.calibration)
        figures.addStretch(1)
        figures.addWidget(self.save)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        buttons.addButton(self.go, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(self.model)
        layout.addLayout(source)
        layout.addLayout(folder)
        layout.addWidget(self.summary)
        layout.addWidget(self.state)
        layout.addWidget(tabs, 1)
        layout.addLayout(figures)
        layout.addWidget(self.work)
        layout.addWidget(buttons)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAutoDefault(False)
        return button
