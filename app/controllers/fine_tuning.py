"""Fine-tuning beside the work: a child process that trains, and what becomes of its model."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from app.controllers.asking import Asking
from app.controllers.prediction import PredictionController
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiries.flips import FlipsInquiry
from app.inference.inquiry import InquiryAnswer
from app.inference.requests import Image, ModelSpec
from app.lay_under import MODEL_KIND, NOBODY
from app.priority import step_behind
from app.session import Session
from segcore.images import read_image
from segcore.project import Project
from segcore.training.set_samples import is_vouched_for

if TYPE_CHECKING:
    from segcore.training.flips import Flips

_ROOT = str(Path(__file__).resolve().parents[2])
_PATIENCE = 8000
"""Milliseconds that a training has to save its state and end before it is ended."""
_LOOKS = 10
"""Looks at the held-out pictures, over the whole training."""
_HELD_OUT = 0.2
_MOST_COMPARED = 40
"""Pictures on which both models are compared."""

Curve = list[tuple[int, float]]


class ApprovedPictures:
    """The pictures of a project with what people said of them; used on the inference thread."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._models = origins_of_models(project)

    def read(self, name: str) -> Image:
        """The picture, (H, W, 3) uint8 RGB."""
        return read_image(self._project.image_path(name))

    def approved(self, name: str) -> npt.NDArray[Any]:
        """(H, W) ids, ignore where no person has said or approved anything."""
        maps = self._project.maps(name)
        if is_vouched_for(self._project, name):
            return maps.labels
        labels = maps.labels.copy()
        labels[np.isin(maps.origins, self._models)] = self._project.classes.ignore
        return labels


def origins_of_models(project: Project) -> list[int]:
    """The origins by which no model is judged: nobody's and models'."""
    return [NOBODY, *(row.id for row in project.origin_rows if row.kind == MODEL_KIND)]


class FineTuningController(QObject):
    """Runs `train --json` as a child, follows its course, and puts its model into use.

    `courseChanged` carries losses, mIoUs, step and steps; `outcomeChanged` whether there is a new
    model and one to go back to; `said` a sentence on how it goes.
    """

    runningChanged = Signal(bool)
    courseChanged = Signal(object, object, int, int)
    outcomeChanged = Signal(bool, bool)
    said = Signal(str)

    def __init__(
        self,
        document: Document,
        session: Session,
        client: InferenceClient,
        *,
        prediction: PredictionController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._session = session
        self._prediction = prediction
        self._process: QProcess | None = None
        self._rest = ""
        self._errors = ""
        self._out: Path | None = None
        self._losses: Curve = []
        self._mious: Curve = []
        self._steps = 0
        self._cancelled = False
        self.new_model: Path | None = None
        self._before: ModelSpec | None = None
        self._accepted: ModelSpec | None = None
        self._flips = Asking(client, self)
        self._flips.answered.connect(self._tell_flips)
        self._flips.refused.connect(lambda text, _more: self.said.emit(text))
        self._flips.progressed.connect(self._tell_compared)
        client.inquiryAnswered.connect(self._note_picture)
        self.by_picture: dict[str, Flips] = {}

    @property
    def is_running(self) -> bool:
        """Whether a training is under way."""
        return self._process is not None

    @property
    def compared(self) -> tuple[ModelSpec, ModelSpec] | None:
        """The model before and the fine-tuned one, while there is a choice between them."""
        model = self._prediction.model
        if model is None:
            return None
        if self.new_model is not None:
            return model.spec, replace(model.spec, source=str(self.new_model))
        if self._before is None or self._accepted is None:
            return None
        return self._before, self._accepted

    def start(self, steps: int, part: str = "none", *extra: str) -> None:
        """Train a copy of the model in use on the project's labels."""
        project, model = self._session.project, self._prediction.model
        if self.is_running:
            return
        if project is None or model is None:
            self.said.emit(self.tr("Open pictures and load a model first."))
            return
        self._document.flush()
        self._out = _free_folder(project.folder / "models")
        self._losses, self._mious, self._rest, self._errors = [], [], "", ""
        self._steps, self._cancelled = steps, False
        words = [
            *("-P", "-m", "app", "train", str(project.folder), "-m", model.spec.source),
            *("-o", str(self._out), "--steps", str(steps), "--freeze", part, "--json"),
            *("--every", str(max(steps // _LOOKS, 1)), "--batch", "4"),
            *(("--hold-out", str(_HELD_OUT)) if len(project.labelled()) > 1 else ()),
            *extra,
        ]
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        paths = [_ROOT, environment.value("PYTHONPATH", "")]
        environment.insert("PYTHONPATH", os.pathsep.join(filter(None, paths)))
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_errors)
        process.finished.connect(self._end)
        process.errorOccurred.connect(self._fail)
        process.started.connect(lambda: step_behind(process.processId()))
        self._process = process
        self.new_model = None
        self._tell_outcome()
        self.said.emit(self.tr("Reading the labels …"))
        self.runningChanged.emit(self.is_running)
        process.start(sys.executable, words)

    def pause(self, paused: bool) -> None:
        """Have the child stand still, or go on; a system without signals cannot."""
        if self._process is None or not hasattr(signal, "SIGSTOP"):
            return
        os.kill(self._process.processId(), signal.SIGSTOP if paused else signal.SIGCONT)
        self.said.emit(self.tr("Paused.") if paused else self.tr("Training …"))

    def cancel(self) -> None:
        """End the training; its model is not offered."""
        process = self._process
        if process is not None:
            self._cancelled = True
            self.pause(paused=False)
            process.terminate()
            QTimer.singleShot(_PATIENCE, process, process.kill)

    def preview(self) -> None:
        """Count what would flip on the project's pictures."""
        project, models = self._session.project, self.compared
        if project is None or models is None:
            return
        self.by_picture = {}
        names = tuple(self._session.names[:_MOST_COMPARED])
        store = ApprovedPictures(project)
        self._flips.ask(FlipsInquiry(*models, names, store, self._document.classes))

    def accept(self) -> None:
        """Put the new model into use; the one before can be had back."""
        models = self.compared
        if self.new_model is None or models is None:
            return
        self._before, self._accepted = models
        self.new_model = None
        self._prediction.set_model(self._accepted)
        self._tell_outcome()
        self.said.emit(self.tr("The new model is in use."))

    def go_back(self) -> None:
        """Put the model from before into use again."""
        if self._before is not None:
            before, self._before, self._accepted = self._before, None, None
            self._prediction.set_model(before)
            self._tell_outcome()
            self.said.emit(self.tr("The model from before is in use again."))

    def shutdown(self) -> None:
        """End the child with the window."""
        self._flips.call_off()
        process = self._process
        if process is not None:
            process.finished.disconnect(self._end)
            self.cancel()
            if not process.waitForFinished(_PATIENCE):
                process.kill()
                process.waitForFinished(1000)
            self._process = None

    def _read(self) -> None:
        if self._process is None:
            return
        text = bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace")
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line.startswith("{"):
                self._take(json.loads(line))
        if lines and self._losses:
            step = self._losses[-1][0]
            self.courseChanged.emit(self._losses, self._mious, step, self._steps)

    def _read_errors(self) -> None:
        if self._process is not None:
            said = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
            self._errors = (self._errors + said)[-4000:]

    def _take(self, event: Mapping[str, Any]) -> None:
        match event.get("event"):
            case "step":
                self._losses.append((event["step"], event["loss"]))
                if event["step"] == 1:
                    self.said.emit(self.tr("Training …"))
            case "validation":
                self._mious.append((event["step"], event["miou"]))
            case "note" | "warning":
                self.said.emit(event["text"])

    def _end(self, code: int, _status: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self.runningChanged.emit(self.is_running)
        if self._cancelled:
            self.said.emit(self.tr("The training was cancelled; nothing has changed."))
        elif code == 0 and self._out is not None:
            self.new_model = self._out
            self.said.emit(self.tr("Done. Look at what would flip before you use the new model."))
        else:
            lines = self._errors.strip().splitlines()
            self.said.emit(lines[-1] if lines else self.tr("The training ended early."))
        self._tell_outcome()

    def _fail(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._process = None
            self.runningChanged.emit(self.is_running)
            self.said.emit(self.tr("The training could not be started on this machine."))

    def _note_picture(self, answer: InquiryAnswer) -> None:
        if isinstance(answer.inquiry, FlipsInquiry) and not answer.final:
            name, flips = answer.value
            self.by_picture[name] = flips

    def _tell_compared(self, done: int, total: int) -> None:
        self.said.emit(self.tr("Comparing both models: {} of {} pictures.").format(done, total))

    def _tell_flips(self, inquiry: object, flips: Flips) -> None:
        if not isinstance(inquiry, FlipsInquiry):
            return
        self.said.emit(
            self.tr(
                "{} % of the pixels flip (pictures: {}). Against what people said: {} better, {} "
                "worse; {} nobody has judged."
            ).format(
                f"{100 * flips.share:.1f}",
                len(self.by_picture),
                f"{flips.better:,}",
                f"{flips.worse:,}",
                f"{flips.unjudged:,}",
            )
        )

    def _tell_outcome(self) -> None:
        self.outcomeChanged.emit(self.new_model is not None, self._before is not None)


def _free_folder(parent: Path) -> Path:
    """A folder beside the other trained models that is not there yet."""
    number = 1
    while (parent / f"tuned-{number}").exists():
        number += 1
    parent.mkdir(parents=True, exist_ok=True)
    return parent / f"tuned-{number}"
