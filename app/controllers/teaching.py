"""Teaching by scribbles: strokes with a history of their own, and what they say of the pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.assistants.model import model_of, own_ids
from app.assistants.scene import Assistant, Outcome, Scene
from app.controllers.asking import Asking
from app.controllers.assisting import AssistingController
from app.controllers.picture_store import ProjectPictures
from app.document import Document
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP
from app.inference.client import InferenceClient
from app.inference.inquiries.teach import ORIGIN, Taught, TeachInquiry, TeachPicturesInquiry
from app.inference.inquiry import InquiryAnswer
from app.inference.requests import ModelInfo
from app.relay import Relay
from app.session import Session
from app.stroke_history import StrokeHistory, Strokes, cross
from app.tool_options import Options
from app.user_error import UserError
from app.view_state import ViewState
from segcore.assist.scribbles import Samples, Scribble, TaughtClassifier
from segcore.edits import Relabelling
from segcore.errors import SegcoreError
from segcore.geometry import Box

TOOL = "scribble"
TITLE = QT_TRANSLATE_NOOP("assistants", "Teach")
DIAMETER = 3.0
"""Image pixels that a stroke is wide."""
WHOLE = 3_000_000
"""Pixels of a picture all of which is shown at once; of larger ones what is in view."""


class TeachingController(QObject):
    """Keeps strokes by picture, and has what they say previewed, accepted and applied elsewhere.

    `strokesChanged` says that strokes came or went, `taughtChanged` that there is another
    classifier; `pictureLabelled` names a picture that was labelled.
    """

    strokesChanged = Signal()
    taughtChanged = Signal()
    busyChanged = Signal(bool)
    pictureLabelled = Signal(str)
    failed = Signal(object)
    notice = Signal(str)

    def __init__(
        self,
        document: Document,
        session: Session,
        view_state: ViewState,
        client: InferenceClient,
        *,
        assisting: AssistingController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._session = session
        self._view_state = view_state
        self._assisting = assisting
        self._client = client
        self._model: ModelInfo | None = None
        self._strokes = StrokeHistory()
        self._samples: dict[str, dict[Scribble, Samples]] = {}
        self._relay = Relay(self)
        self._study = Asking(client, self)
        self._study.answered.connect(self._end_study)
        self._study.refused.connect(lambda text, more: self.failed.emit(UserError(text, more)))
        self._study.busyChanged.connect(self.busyChanged)
        self.classifier: TaughtClassifier | None = None
        self.over_people = False
        self.view: Callable[[], Box] = self._whole
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take_partial)
        session.projectLeaving.connect(self.forget)
        document.imageChanged.connect(self._show_picture)
        view_state.toolChanged.connect(self._follow_tool)

    @property
    def strokes(self) -> Strokes:
        """Of the open picture."""
        return self._strokes.of(self._document.name or "")

    @property
    def taught_classes(self) -> frozenset[int]:
        """The classes over which anything is scribbled, in any picture."""
        return self._strokes.classes

    @property
    def can_undo(self) -> bool:
        """Whether there is a change of strokes to take back."""
        return self._strokes.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is one to make again."""
        return self._strokes.can_redo

    @property
    def is_applying(self) -> bool:
        """Whether pictures are being labelled."""
        return self._study.busy

    def draw(self, gesture: Gesture) -> None:
        """A stroke of the active class, or with Ctrl away with those that it crosses."""
        before = self.strokes
        if gesture.erase:
            after = tuple(stroke for stroke in before if not cross(stroke.points, gesture.points))
        elif 0 <= self._view_state.active_class < len(self._document.classes):
            stroke = Scribble(gesture.points, self._view_state.active_class, DIAMETER)
            after = (*before, stroke)
        else:
            self.failed.emit(UserError(self.tr("There is no active class: choose one first.")))
            return
        self._change(after)

    def clear(self) -> None:
        """Take all strokes of the open picture away; it can be undone."""
        self._change(())

    def undo(self) -> bool:
        """Take the last change of strokes back; False when there is none."""
        return self._tell_if(self._strokes.undo())

    def redo(self) -> bool:
        """Make the change again that was taken back last; False when there is none."""
        return self._tell_if(self._strokes.redo())

    def set_over_people(self, over: bool) -> None:
        """Whether pixels that people labelled may change too."""
        self.over_people = over
        self.refresh()

    def refresh(self) -> None:
        """Work out what the strokes say, and preview it."""
        if self._can_teach():
            self._ask(self._place())
        elif self._is_ours():
            self._assisting.cancel()

    def accept(self) -> None:
        """Make one edit of what the strokes say of the whole picture."""
        if not self._can_teach():
            self.notice.emit(self.tr("Draw over two classes at least, then accept."))
            return
        self._ask(self._whole())
        self._assisting.accept()

    def apply_to(self, names: Sequence[str]) -> None:
        """Label pictures of the session as was taught, in the background."""
        project = self._session.project
        if self.classifier is None or self._model is None or project is None:
            self.notice.emit(self.tr("Nothing has been taught yet: draw over two classes."))
            return
        if self._document.may_be_changed() and not self.is_applying:
            store = ProjectPictures(project, self._session.claims)
            others = tuple(name for name in names if name != self._document.name)
            self._study.ask(TeachPicturesInquiry(self._model.spec, self.classifier, others, store))

    def cancel(self) -> None:
        """Label no more pictures; those that are done stay."""
        self._study.call_off()

    def save(self, path: Path) -> None:
        """Write what was taught."""
        if self.classifier is not None:
            try:
                self.classifier.save(path)
            except SegcoreError as error:
                self.failed.emit(UserError(str(error)))

    def load(self, path: Path) -> None:
        """Go on with what was taught before: the strokes drawn since then are forgotten."""
        try:
            read = TaughtClassifier.read(path)
            if self._model is not None:
                read.check_model(self._model.sha256, self._model.name)
        except SegcoreError as error:
            self.failed.emit(UserError(str(error)))
            return
        self.forget()
        self.classifier = read
        self.taughtChanged.emit()
        self.refresh()

    def forget(self) -> None:
        """Begin anew, without strokes and classifier."""
        self.cancel()
        self._strokes.clear()
        self._samples.clear()
        self.classifier = None
        self.strokesChanged.emit()
        self.taughtChanged.emit()

    def _change(self, after: Strokes) -> None:
        name = self._document.name
        self._tell_if(name is not None and self._strokes.change(name, after))

    def _tell_if(self, changed: bool) -> bool:
        if changed:
            self.strokesChanged.emit()
            self.refresh()
        return changed

    def _ask(self, place: Box) -> None:
        self._assisting.ask(Gesture(TOOL, box=place), Assistant(self._work, TITLE))

    def _can_teach(self) -> bool:
        if self._document.image is None or self._model is None:
            return False
        return len(self.taught_classes) > 1 or (
            self.classifier is not None and not self.taught_classes
        )

    def _is_ours(self) -> bool:
        preview = self._assisting.preview
        return preview is not None and preview.gesture.tool == TOOL

    def _place(self) -> Box:
        whole = self._whole()
        return whole if whole.area <= WHOLE else self.view().intersect(whole)

    def _whole(self) -> Box:
        image = self._document.image
        return Box(0, 0, 0, 0) if image is None else Box.of_size((image.shape[0], image.shape[1]))

    def _work(self, scene: Scene, gesture: Gesture, _options: Options) -> Outcome | None:
        """On the thread of the assistants."""
        name, place = self._document.name or "", gesture.box
        if place is None or place.is_empty:
            return None
        strokes = self._strokes.of(name)
        others = [
            samples
            for other, held in list(self._samples.items())
            for stroke, samples in held.items()
            if other != name and stroke in self._strokes.of(other)
        ]
        inquiry = TeachInquiry(
            model_of(scene).spec,
            scene.image,
            place,
            scene.classes,
            strokes,
            dict(self._samples.get(name, {})),
            tuple(others),
            self.classifier,
        )
        taught: Taught = scene.ask(inquiry)
        self._relay.post(self._take, name, taught)
        ids = own_ids(taught.classifier.classes, scene.classes)[taught.labels]
        ids = ids.astype(scene.labels.dtype)
        region = (ids != scene.labels[place.slices]) & (ids != scene.ignore)
        if not self.over_people:
            replaceable = np.zeros(256, np.bool_)
            replaceable[[0, *scene.models]] = True
            region &= replaceable[scene.origins[place.slices]]
        proposal = Relabelling(place, region, ids)
        return Outcome(proposal, model=(ORIGIN, taught.classifier.sha256))

    def _take(self, name: str, taught: Taught) -> None:
        self._samples.setdefault(name, {}).update(taught.samples)
        if taught.classifier is not self.classifier:
            self.classifier = taught.classifier
            self.taughtChanged.emit()

    def _take_model(self, model: ModelInfo) -> None:
        """Features of another model are others: what was seen under the strokes is void."""
        if self._model is not None and self._model.sha256 != model.sha256:
            self._samples.clear()
            self.classifier = None
            self.taughtChanged.emit()
        self._model = model
        self._follow_tool(self._view_state.tool)

    def _show_picture(self) -> None:
        self.strokesChanged.emit()
        self._follow_tool(self._view_state.tool)

    def _follow_tool(self, tool: str) -> None:
        if tool == TOOL:
            self.refresh()

    def _take_partial(self, answer: InquiryAnswer) -> None:
        if isinstance(answer.inquiry, TeachPicturesInquiry) and not answer.final:
            self.pictureLabelled.emit(answer.value)

    def _end_study(self, _inquiry: object, troubles: list[tuple[str, str]]) -> None:
        for _name, sentence in troubles[:1]:
            self.failed.emit(UserError(sentence, "\n".join(text for _, text in troubles)))
