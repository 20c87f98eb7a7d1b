"""A model judged by labels: gathers them behind the window, then asks the inference thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.controllers.label_work import LabelWork
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiries.evaluate import EvaluationInquiry
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import JobState, JobStatus
from app.inference.requests import ModelInfo, ModelSpec
from app.session import Session
from segcore.errors import RequestError
from segcore.progress import CancelToken
from segcore.project import Project

if TYPE_CHECKING:
    from segcore.formats.contract import LabelledSet


@dataclass(frozen=True)
class Truth:
    """Whose labels judge: those of the open project, or of a folder of any format.

    Attributes:
        folder: None for the open project.
        approved: of the project only pictures that are done or approved.
    """

    folder: Path | None = None
    approved: bool = False


class EvaluatingController(LabelWork):
    """Evaluates the model in use.

    Signals: `evaluated(Report)` besides those of `LabelWork`; `modelChanged(ModelInfo)`.
    """

    evaluated = Signal(object)
    modelChanged = Signal(object)

    def __init__(
        self,
        document: Document,
        session: Session,
        client: InferenceClient,
        parent: QObject | None = None,
    ) -> None:
        super().__init__("evaluating", parent)
        self._document = document
        self._session = session
        self._client = client
        self._asked: EvaluationInquiry | None = None
        self._job = -1
        self._called_off = False
        self.model: ModelInfo | None = None
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take)
        client.jobChanged.connect(self._follow)
        session.projectLeaving.connect(self.cancel)

    def start(self, truth: Truth) -> None:
        """Judge the model in use; an evaluation under way is called off."""
        if self.model is None:
            self.refused.emit((self.tr("No model is loaded yet: choose one first."),))
            return
        project, spec = self._session.project, self.model.spec
        self._called_off = False
        self._begin(
            lambda token: self._gather(project, truth, spec, token),
            doing=self.tr("The labels could not be read"),
            quiet=False,
        )

    def cancel(self) -> None:
        """Call off what is under way."""
        super().cancel()
        self._called_off = True
        if self._asked is not None:
            self._client.cancel(EvaluationInquiry.kind)

    def _gather(
        self, project: Project | None, truth: Truth, spec: ModelSpec, token: CancelToken
    ) -> None:
        from segcore.evaluation_truth import APPROVED, truth_of_project, with_pictures_of
        from segcore.formats.guess import guess_format
        from segcore.formats.importing import import_set
        from segcore.formats.table import format_named

        if truth.folder is not None:
            name = guess_format(truth.folder)
            if name is None:
                raise RequestError(
                    f"{truth.folder} holds no labels of a format that is known: choose the folder "
                    "that a program exported."
                )
            labelled = import_set(
                truth.folder, format_named(name), progress=self._report(token), cancel=token
            ).labelled
            if project is not None:
                labelled = with_pictures_of(project, labelled)
            source = f"{truth.folder} ({name})"
        else:
            if project is None:
                raise RequestError("No project is open: open one, or choose a folder with labels.")
            self._document.recorder.flush()
            labelled = truth_of_project(project, APPROVED if truth.approved else ())
            source = str(project.folder)
        if not labelled.pictures:
            raise RequestError(
                "There are no labelled pictures to judge by: label some, or choose a folder."
            )
        self._tell(token, self._ask, spec, labelled, source)

    def _ask(self, spec: ModelSpec, labelled: LabelledSet, source: str) -> None:
        if not self._called_off:
            self._asked = EvaluationInquiry(spec, labelled, source)
            self._job = self._client.submit(self._asked)

    def _take(self, answer: InquiryAnswer) -> None:
        if self._asked is not None and answer.inquiry is self._asked and answer.final:
            self._asked = None
            self.evaluated.emit(answer.value)

    def _follow(self, status: JobStatus) -> None:
        if self._asked is None or status.id != self._job:
            return
        if status.state is JobState.FAILED:
            self._asked = None
            self.refused.emit((status.error,))
        elif status.state.is_end and status.state is not JobState.FINISHED:
            self._asked = None
            self.cancelled.emit()
        elif status.progress is not None and status.progress.total:
            self.progressed.emit(status.progress)

    def _take_model(self, model: ModelInfo) -> None:
        self.model = model
        self.modelChanged.emit(model)
