"""What assistants are given: the open picture as it is now, and the one that was open before."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.assistants.scene import LastPicture, Memo, Scene
from app.controllers.model_questions import ModelQuestions
from app.document import Document
from app.inference.client import InferenceClient
from app.view_state import ViewState
from segcore.progress import CancelToken
from segcore.project import Project


class SceneMaker(QObject):
    """Makes scenes, counts the changes of the labels, and keeps what assistants remember."""

    def __init__(
        self,
        document: Document,
        view_state: ViewState,
        client: InferenceClient,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._view_state = view_state
        self._memo = Memo()
        self._left: tuple[Project, str] | None = None
        self.questions = ModelQuestions(client, self)
        self.changes = 0
        document.imageLeaving.connect(self._leave)

    def scene(self) -> Scene | None:
        """The open picture; None where there is none."""
        document, state = self._document, self._view_state
        image, labels, origins = document.image, document.labels, document.origins
        if image is None or labels is None or origins is None:
            return None
        active = state.active_class if 0 <= state.active_class < len(document.classes) else -1
        cancel, left, memo = CancelToken(), self._left, self._memo
        return Scene(
            image,
            labels,
            origins,
            document.classes,
            active,
            self.changes,
            cancel,
            memo,
            document.model_origins,
            self.questions.model,
            lambda inquiry: self.questions.ask(inquiry, cancel),
            state.hidden_classes,
            lambda: memo.keep("last picture", left, lambda: self._last_picture(left)),
        )

    def begin_picture(self) -> None:
        """Another picture is open: nothing that is remembered is of it."""
        self._memo = Memo()
        self.changes += 1

    def _leave(self) -> None:
        project, name = self._document.project, self._document.name
        if project is not None and name is not None:
            self._left = (project, name)

    def _last_picture(self, left: tuple[Project, str] | None) -> LastPicture | None:
        """On the thread of the assistants."""
        if left is None or left == (self._document.project, self._document.name):
            return None
        project, name = left
        if project is not self._document.project:
            return None  # its classes are not those of this one
        self._document.recorder.flush()
        return LastPicture(name, project.labels(name))
