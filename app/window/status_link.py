"""Ties the status bar to cursor, jobs, project and saving, and failures to the banner."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.canvas.canvas import Canvas
from app.controllers.uncertainty import UncertaintyController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.jobs import JobStatus
from app.panels.banner import ErrorBanner
from app.panels.jobs import JobRow, JobsPanel
from app.panels.status import PixelReadout, ProjectStatus
from app.session import Session
from app.user_error import UserError
from app.view_state import ViewState
from segcore.project.automatic import automatic_folder

_log = logging.getLogger(__name__)

READ_PAUSE = 80
"""Milliseconds between readings of the pixel under a brush that draws."""


class StatusLink(QObject):
    """Keeps the status bar true."""

    def __init__(
        self,
        readout: PixelReadout,
        jobs: JobsPanel,
        status: ProjectStatus,
        *,
        document: Document,
        session: Session,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._readout = readout
        self._jobs = jobs
        self._status = status
        self._document = document
        self._session = session
        self._pixel: tuple[int, int] | None = None
        self._scale: float | None = None
        self._uncertainty: UncertaintyController | None = None
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.setInterval(READ_PAUSE)
        self._reading.timeout.connect(self._read_pixel)
        document.savedChanged.connect(self._show_saved)
        document.imageChanged.connect(self._show_project)
        document.imageChanged.connect(self._show_scale)
        document.labelsChanged.connect(self._show_pixel_again)
        session.projectChanged.connect(self._show_project)

    def connect_work(self, canvas: Canvas, client: InferenceClient) -> None:
        """Follow the cursor and the jobs."""
        canvas.cursorMoved.connect(self._show_pixel)
        canvas.cursorLeft.connect(self._leave_pixel)
        canvas.zoomChanged.connect(self._follow_zoom)
        client.jobChanged.connect(self._show_job)
        self._jobs.cancelRequested.connect(client.cancel)
        self._jobs.pauseRequested.connect(client.pause)

    def connect_measures(self, uncertainty: UncertaintyController, view_state: ViewState) -> None:
        """Read entropy or margin under the cursor while one of them is shown."""
        self._uncertainty = uncertainty
        uncertainty.measureChanged.connect(self._show_pixel_again)
        view_state.overlayChanged.connect(self._show_pixel_again)

    def _follow_zoom(self, scale: float) -> None:
        self._scale = scale
        self._show_scale()

    def _show_scale(self) -> None:
        """An empty canvas has a scale too, but it means nothing to anybody."""
        self._status.set_zoom(None if self._document.image is None else self._scale)

    def _show_pixel(self, x: int, y: int) -> None:
        """At once, but while the hand draws only now and then: nobody reads along meanwhile."""
        self._pixel = (x, y)
        if not self._document.stroke_under_way:
            self._read_pixel()
        elif not self._reading.isActive():
            self._reading.start()

    def _read_pixel(self) -> None:
        if self._pixel is None:
            return
        (x, y), labels, classes = self._pixel, self._document.labels, self._document.classes
        if labels is None or not (0 <= x < labels.shape[1] and 0 <= y < labels.shape[0]):
            self._leave_pixel()
            return
        class_id = int(labels[y, x])
        name = classes[class_id].name if class_id < len(classes) else self.tr("unlabelled")
        prediction = self._document.prediction
        says_so = prediction is not None and int(prediction.labels[y, x]) == class_id
        confidence = float(prediction.confidence[y, x]) if prediction and says_so else None
        self._readout.show_pixel(x, y, name, confidence, self._measure_at(x, y))

    def _measure_at(self, x: int, y: int) -> str:
        """`entropy 0.12`, where such a measure lies over the picture."""
        found = self._uncertainty.value_at(x, y) if self._uncertainty else None
        if found is None:
            return ""
        measure, value = found
        words = {"entropy": self.tr("entropy {:.2f}"), "margin": self.tr("margin {:.2f}")}
        return words[measure].format(value)

    def _show_pixel_again(self) -> None:
        if self._pixel is not None:
            self._show_pixel(*self._pixel)

    def _leave_pixel(self) -> None:
        self._pixel = None
        self._readout.clear()

    def _show_job(self, status: JobStatus) -> None:
        if status.state.is_end:
            self._jobs.remove_job(status.id)
            return
        if status.kind == "live":
            return  # ever new ones, whose rate is said elsewhere
        progress = status.progress
        self._jobs.set_job(
            JobRow(
                status.id,
                status.kind,
                self._job_title(status),
                progress.done if progress else 0,
                progress.total if progress else 0,
                progress.seconds_left if progress else None,
                status.paused,
            )
        )

    def _job_title(self, status: JobStatus) -> str:
        title = Path(status.title).name
        return {
            "model": self.tr("Loading {}"),
            "predict": self.tr("Predicting {}"),
            "query": self.tr("Attention of {}"),
            "erf": self.tr("Receptive fields of {}"),
            "batch": self.tr("Predicting {} pictures"),
            "uncertainty": self.tr("Uncertainty of {}"),
            "attention": self.tr("Attention of {}"),
            "spread": self.tr("Every head's attention of {}"),
            "fields": self.tr("Receptive fields of {}"),
            "explain": self.tr("Explaining {}"),
            "without": self.tr("Stages left out of {}"),
            "hide": self.tr("Hiding a part of {}"),
            "sizes": self.tr("Other sizes of {}"),
            "stages": self.tr("Stages of {}"),
            "features": self.tr("Features of {}"),
        }.get(status.kind, "{}").format(title)

    def _show_project(self) -> None:
        project = self._session.project
        if project is None:
            self._status.set_project("", "")
            return
        self._status.set_project(
            project_title(project.folder), self.tr("Labels are kept in {}").format(project.folder)
        )
        saved = project.last_saved
        self._show_saved(datetime.fromtimestamp(saved) if saved else None)

    def _show_saved(self, moment: datetime | None) -> None:
        self._status.set_saved(moment)


class MessageLink(QObject):
    """Says what went wrong, in the banner and in the log."""

    def __init__(self, banner: ErrorBanner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._banner = banner

    def show_error(self, error: UserError) -> None:
        """A failure with details to copy."""
        _log.error("%s\n%s", error.sentence, error.details)
        self._banner.show_message(error.sentence, error.details)

    def show_failure(self, sentence: str, details: str = "") -> None:
        """The same, in two strings."""
        self.show_error(UserError(sentence, details))

    def show_picture_failure(self, _name: str, sentence: str) -> None:
        """A picture that could not be opened or predicted."""
        _log.warning("%s", sentence)
        self._banner.show_message(sentence)

    def show_notice(self, sentence: str) -> None:
        """Something worth knowing that is no failure."""
        _log.info("%s", sentence)
        self._banner.show_message(sentence, severity="notice")


def is_automatic(folder: Path) -> bool:
    """Whether a project was made by the program, in the user's data folder."""
    return folder.parent == Path(os.path.realpath(automatic_folder(folder).parent))


def project_title(folder: Path) -> str:
    """What the status bar calls a project: an automatic one by the folder of its pictures."""
    return folder.name.rpartition("-")[0] if is_automatic(folder) else folder.name
