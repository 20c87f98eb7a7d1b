"""Two label sets compared: behind the window, or on the inference thread where a model is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, Signal

from app.controllers.label_work import LabelWork
from app.document import Document
from app.inference.client import InferenceClient
from app.inference.inquiries.compare import ComparisonInquiry
from app.inference.inquiry import InquiryAnswer
from app.inference.jobs import JobState, JobStatus
from app.inference.requests import ModelInfo, ModelSpec
from app.session import Session
from segcore.errors import RequestError
from segcore.progress import CancelToken
from segcore.project import Project

if TYPE_CHECKING:
    from segcore.comparison import ComparisonReport, SaidBy, Side

Mine = Literal["a", "b", ""]


@dataclass(frozen=True)
class SideChoice:
    """Whose labels: `project` (the open one), `model` (the one in use), or `path`.

    Attributes:
        said_by: of a project, whose pixels count.
        path: of another project, or of a folder or file of any format.
    """

    kind: Literal["project", "model", "path"]
    said_by: SaidBy = "anyone"
    path: Path | None = None


@dataclass(frozen=True)
class ComparisonChoice:
    """What is compared, and how: see `segcore.comparison.compare_sides`."""

    a: SideChoice
    b: SideChoice
    boundaries: bool = True
    unlabelled_counts: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """For `compare_sides`."""
        return {"boundaries": self.boundaries, "unlabelled_counts": self.unlabelled_counts}


@dataclass(frozen=True, eq=False)
class Compared:
    """A comparison that was made.

    Attributes:
        mine: which side is the open project; empty where neither is.
        said_by: whose pixels of that project count.
    """

    report: ComparisonReport
    a: Side
    b: Side
    mine: Mine
    said_by: SaidBy
    unlabelled_counts: bool
    _folder: TemporaryDirectory[str] | None = field(default=None, repr=False)

    def positions(self, names: Sequence[str]) -> dict[str, int]:
        """Where A's pictures that were compared are among the session's names."""
        from segcore.comparison import match_pictures

        pairs = self.report.matched.pairs
        if not self.mine:
            shown = dict(match_pictures([first for first, _ in pairs], names).pairs)
        else:
            shown = {first: second if self.mine == "b" else first for first, second in pairs}
        places = {name: position for position, name in enumerate(names)}
        return {first: places[name] for first, name in shown.items() if name in places}

    def close(self) -> None:
        """Let go of the files that the sides are read from."""
        self.a.close()
        self.b.close()
        if self._folder is not None:
            self._folder.cleanup()


class ComparingController(LabelWork):
    """Compares two sides.

    Signals: `compared(Compared)` besides those of `LabelWork`; `left()` when what was compared is
    not at hand any more.
    """

    compared = Signal(object)
    left = Signal()

    def __init__(
        self,
        document: Document,
        session: Session,
        client: InferenceClient,
        parent: QObject | None = None,
    ) -> None:
        super().__init__("comparing", parent)
        self._document = document
        self._session = session
        self._client = client
        self._choice: ComparisonChoice | None = None
        self._asked: ComparisonInquiry | None = None
        self._job = -1
        self._folder: TemporaryDirectory[str] | None = None
        self._called_off = False
        self._current: Compared | None = None
        self.model: ModelInfo | None = None
        client.modelLoaded.connect(self._take_model)
        client.inquiryAnswered.connect(self._take_answer)
        client.jobChanged.connect(self._follow)
        session.projectLeaving.connect(self.forget)

    @property
    def current(self) -> Compared | None:
        """The comparison that was made last, while its labels are at hand."""
        return self._current

    def start(self, choice: ComparisonChoice) -> None:
        """Compare two sides; a comparison under way is called off."""
        kinds = [choice.a.kind, choice.b.kind]
        if "model" in kinds and self.model is None:
            self.refused.emit((self.tr("No model is loaded yet: choose one first."),))
        elif kinds == ["model", "model"]:
            self.refused.emit((self.tr("Both sides are the model: choose another one."),))
        elif kinds == ["project", "project"]:
            self.refused.emit(
                (
                    self.tr(
                        "A pixel of a project has one origin, so that what people and models said "
                        "never meet: choose another side, the model for example."
                    ),
                )
            )
        else:
            self.forget()
            self._called_off = False
            self._choice = choice
            project, model = self._session.project, self.model
            self._begin(
                lambda token: self._gather(project, choice, model, token),
                doing=self.tr("The labels could not be read"),
                quiet=False,
            )

    def cancel(self) -> None:
        """Call off what is under way."""
        super().cancel()
        self._called_off = True
        if self._asked is not None:
            self._client.cancel(ComparisonInquiry.kind)

    def forget(self) -> None:
        """Call off what is under way, and let go of what was compared last."""
        self.cancel()
        current, self._current = self._current, None
        if current is not None:
            self.left.emit()
            current.close()

    def shutdown(self) -> None:
        """Call everything off and end the thread."""
        super().shutdown()
        self.forget()
        self._drop_folder()

    def _gather(
        self,
        project: Project | None,
        choice: ComparisonChoice,
        model: ModelInfo | None,
        token: CancelToken,
    ) -> None:
        """On the thread."""
        from segcore.comparison import compare_sides
        from segcore.evaluation_truth import with_pictures_of

        self._document.recorder.flush()
        sides: list[Side] = []
        try:
            for each in (choice.a, choice.b):
                if each.kind != "model":
                    sides.append(self._side(project, each, token))
            if len(sides) == 1:
                assert model is not None
                side = sides[0]
                if project is not None:
                    side = replace(side, labelled=with_pictures_of(project, side.labelled))
                self._relay.post(self._ask, token, model.spec, choice, side)
                return
            a, b = sides
            report = compare_sides(
                a, b, progress=self._report(token), cancel=token, **choice.options
            )
        except BaseException:
            for side in sides:
                side.close()
            raise
        self._relay.post(self._take, token, report, a, b)

    def _side(self, project: Project | None, choice: SideChoice, token: CancelToken) -> Side:
        from segcore.comparison import side_of_path, side_of_project

        path = choice.path
        if choice.kind == "path" and path is not None:
            return side_of_path(path, choice.said_by, progress=self._report(token), cancel=token)
        if project is None:
            raise RequestError("No project is open: open one, or choose a folder with labels.")
        return side_of_project(project, choice.said_by)

    def _ask(
        self, token: CancelToken, spec: ModelSpec, choice: ComparisonChoice, side: Side
    ) -> None:
        if not self._is_wanted(token):
            side.close()
            return
        self._drop_folder()
        self._folder = TemporaryDirectory(prefix="comparison-", ignore_cleanup_errors=True)
        first = choice.a.kind == "model"
        self._asked = ComparisonInquiry(spec, side, first, Path(self._folder.name), choice.options)
        self._job = self._client.submit(self._asked)

    def _take_answer(self, answer: InquiryAnswer) -> None:
        asked = self._asked
        if asked is None or answer.inquiry is not asked or not answer.final:
            return
        self._asked = None
        report, model = answer.value
        a, b = (model, asked.side) if asked.model_first else (asked.side, model)
        self._take(self._token, report, a, b)

    def _take(self, token: CancelToken, report: ComparisonReport, a: Side, b: Side) -> None:
        choice = self._choice
        if choice is None or not self._is_wanted(token):
            a.close()
            b.close()
            return
        mine: Mine = "a" if choice.a.kind == "project" else ""
        mine = "b" if choice.b.kind == "project" else mine
        said_by = (choice.b if mine == "b" else choice.a).said_by
        folder, self._folder = self._folder, None
        self._current = Compared(report, a, b, mine, said_by, choice.unlabelled_counts, folder)
        self.compared.emit(self._current)

    def _is_wanted(self, token: CancelToken) -> bool:
        """Whether what has come is still waited for; says so where it was called off."""
        if token is self._token and self._called_off:
            self.cancelled.emit()
        return token is self._token and not self._called_off

    def _follow(self, status: JobStatus) -> None:
        if self._asked is None or status.id != self._job:
            return
        if status.state is JobState.FAILED:
            self._give_up()
            self.refused.emit((status.error,))
        elif status.state.is_end and status.state is not JobState.FINISHED:
            self._give_up()
            self.cancelled.emit()
        elif status.progress is not None and status.progress.total:
            self.progressed.emit(status.progress)

    def _give_up(self) -> None:
        if self._asked is not None:
            self._asked.side.close()
            self._asked = None
        self._drop_folder()

    def _drop_folder(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _take_model(self, model: ModelInfo) -> None:
        self.model = model
