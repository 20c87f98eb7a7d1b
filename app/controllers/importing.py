"""Labels of other programs into the open project or a new one, and those that lie beside pictures.

Everything is looked through first. While labels of a picture are written, the picture is claimed;
one that the window has open is closed for that, and all are listed anew afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.controllers.label_work import LabelWork
from app.document import Document
from app.pictures.claims import Claims
from app.session import CLAIM_SECONDS, Session
from segcore import resources
from segcore.errors import ProjectError
from segcore.progress import CancelToken
from segcore.project import Project

if TYPE_CHECKING:
    from segcore.formats.beside import LabelsBeside
    from segcore.formats.import_plan import ImportPlan
    from segcore.formats.importing import Imported
    from segcore.formats.into_project import Held, ImportReport

# The formats are imported by the work that needs them: the window is on the screen sooner.

_MOST_LOOKED_AT = 10_000
"""Pictures beside which labels are looked for."""


@dataclass(frozen=True, eq=False)
class Offer:
    """Labels beside pictures of a project that have none yet."""

    project: Project
    labels: LabelsBeside
    names: dict[Path, str]

    @property
    def key(self) -> str:
        """What a refusal is remembered by."""
        return f"{self.labels.kind}:{self.labels.folder}"


class _Taking(LabelWork):
    """What imports and labels beside share: writing into the project that is open."""

    def __init__(
        self, name: str, document: Document, session: Session, parent: QObject | None = None
    ) -> None:
        super().__init__(name, parent)
        self._document = document
        self._session = session
        session.projectLeaving.connect(self.cancel)

    def _held(self, claims: Claims, token: CancelToken) -> Held:
        @contextmanager
        def held(name: str) -> Iterator[None]:
            if not claims.try_claim(name):
                self._relay.post(self._document.close_image)
                if not claims.claim(name, CLAIM_SECONDS):
                    raise ProjectError(
                        f"The labels of {name} are being written: import again in a moment."
                    )
            try:
                token.raise_if_cancelled()
                yield
            finally:
                claims.release(name)

        return held

    def _show_anew(self, project: Project) -> None:
        """Classes, pictures and labels are others now."""
        session = self._session
        if session.project is not project:
            return
        self._document.follow_classes()
        wanted = session.current_name

        def go_back(count: int) -> None:
            if wanted is None or session.project is not project:
                session.imagesListed.disconnect(go_back)
            elif wanted in session.names[:count]:
                session.imagesListed.disconnect(go_back)
                session.open_index(session.names.index(wanted))

        session.imagesListed.connect(go_back)
        session.open_paths([project.folder])


class ImportingController(_Taking):
    """Looks through files of labels and takes them.

    Signals: `guessed(Path, format or '')`, `checked(ImportPlan, ImportReport)` of the plan that was
    asked for last, `imported(ImportReport)`.
    """

    guessed = Signal(object, str)
    checked = Signal(object, object)
    imported = Signal(object)

    def __init__(self, document: Document, session: Session, parent: QObject | None = None) -> None:
        super().__init__("importing", document, session, parent)
        self._looked: tuple[ImportPlan, Imported] | None = None

    def guess(self, path: Path) -> None:
        """Tell which format the labels in a folder or file are of."""
        self._begin(
            lambda token: self._guess(path, token),
            doing=self.tr("The folder could not be looked through"),
            quiet=True,
        )

    def check(self, plan: ImportPlan) -> None:
        """Read everything and find all that is wrong; nothing is taken."""
        project = self._session.project
        self._begin(
            lambda token: self._check(project, plan, token),
            doing=self.tr("The labels could not be looked through"),
            quiet=True,
        )

    def start(self, plan: ImportPlan) -> None:
        """Take the labels: into a new project all or nothing, else after everything was checked."""
        project, claims = self._session.project, self._session.claims
        self._begin(
            lambda token: self._import(project, claims, plan, token),
            doing=self.tr("The labels could not be imported"),
            quiet=False,
        )

    def _guess(self, path: Path, token: CancelToken) -> None:
        from segcore.formats.guess import guess_format

        self._tell(token, self.guessed.emit, path, guess_format(path) or "")

    def _check(self, project: Project | None, plan: ImportPlan, token: CancelToken) -> None:
        from segcore.formats.into_project import import_into, import_into_open
        from segcore.formats.staging import check_free

        imported = self._look(plan, token)
        if plan.project is not None or project is None:
            folder = _new_folder(plan)
            check_free(folder)
            report = import_into(folder, imported, plan.format_name, dry_run=True)
        else:
            self._document.recorder.flush()
            report = import_into_open(
                project, imported, plan.format_name, existing=plan.existing, dry_run=True
            )
        self._tell(token, self.checked.emit, plan, report)

    def _look(self, plan: ImportPlan, token: CancelToken) -> Imported:
        """The set that a plan's files hold; what it goes into is no matter for that."""
        from segcore.formats.importing import import_set
        from segcore.formats.table import format_named

        files = replace(plan, project=None, existing="refuse")
        if self._looked is None or self._looked[0] != files:
            form = format_named(plan.format_name)
            found = import_set(
                plan.path, form, plan.options(), progress=self._report(token), cancel=token
            )
            self._looked = (files, found)
        return self._looked[1]

    def _import(
        self, project: Project | None, claims: Claims, plan: ImportPlan, token: CancelToken
    ) -> None:
        from segcore.formats.into_project import import_into

        imported = self._look(plan, token)
        self._looked = None
        report = self._report(token)
        if plan.project is not None or project is None:
            folder = _new_folder(plan)
            done = import_into(folder, imported, plan.format_name, progress=report, cancel=token)
        else:
            done = self._into_open(project, claims, imported, plan, token)
        self._relay.post(self.imported.emit, done)

    def _into_open(
        self,
        project: Project,
        claims: Claims,
        imported: Imported,
        plan: ImportPlan,
        token: CancelToken,
    ) -> ImportReport:
        from segcore.formats.into_project import import_into_open

        self._document.recorder.flush()
        try:
            return import_into_open(
                project,
                imported,
                plan.format_name,
                existing=plan.existing,
                held=self._held(claims, token),
                progress=self._report(token),
                cancel=token,
            )
        finally:
            self._relay.post(self._show_anew, project)  # also what was taken before it failed


class BesideController(_Taking):
    """Finds labels that lie beside the pictures that were opened, and takes them when told to.

    Signals: `offered(Offer)` where there are some, at most one offer at a time; `withdrawn()` when
    other pictures are open; `taken(ImportReport)`.
    """

    offered = Signal(object)
    withdrawn = Signal()
    taken = Signal(object)

    def __init__(
        self,
        document: Document,
        session: Session,
        declined: list[str],
        parent: QObject | None = None,
    ) -> None:
        """`declined` are keys of offers that the person does not want; it is added to."""
        super().__init__("beside", document, session, parent)
        self._declined = declined
        session.listingEnded.connect(self._look)
        session.projectLeaving.connect(self.withdrawn)

    def take(self, offer: Offer) -> None:
        """Look through the labels of an offer and take them."""
        self.withdrawn.emit()
        claims = self._session.claims
        self._begin(
            lambda token: self._take(offer, claims, token),
            doing=self.tr("The labels beside the pictures could not be taken"),
            quiet=False,
        )

    def decline(self, offer: Offer) -> None:
        """Leave the labels where they are, and do not ask again."""
        self.withdrawn.emit()
        self._declined.append(offer.key)
        self._look()

    def _look(self) -> None:
        session = self._session
        project, names = session.project, session.names
        if project is not None and names and not project.read_only:
            count = len(names)
            self._begin(
                lambda token: self._find(project, names[:count], token),
                doing=self.tr("Labels beside the pictures could not be looked for"),
                quiet=True,
            )

    def _find(self, project: Project, names: list[str], token: CancelToken) -> None:
        from segcore.formats.beside import find_beside
        from segcore.formats.take_beside import is_readable

        place_of = {project.image_path(name): name for name in names[:_MOST_LOOKED_AT]}
        own = resources.root()
        for found in find_beside(place for place in place_of if own not in place.parents):
            token.raise_if_cancelled()
            new = {
                place: place_of[place]
                for place in found.files
                if not project.has_labels(place_of[place])
            }
            offer = Offer(project, found, new)
            if new and offer.key not in self._declined and is_readable(found):
                self._tell(token, self.offered.emit, offer)
                break
        import_module("segcore.formats.table")  # here, so that the dialogs open without a halt

    def _take(self, offer: Offer, claims: Claims, token: CancelToken) -> None:
        from segcore.formats.contract import Problems
        from segcore.formats.importing import looked_through
        from segcore.formats.into_project import import_into_open
        from segcore.formats.take_beside import set_beside

        project = offer.project
        self._document.recorder.flush()
        names = {place: name for place, name in offer.names.items() if not project.has_labels(name)}
        problems = Problems(offer.labels.folder)
        labelled = set_beside(project, offer.labels, names, problems)
        report = self._report(token)
        imported = looked_through(labelled, problems, progress=report, cancel=token)
        try:
            done = import_into_open(
                project,
                imported,
                offer.labels.kind,
                existing="keep",
                held=self._held(claims, token),
                progress=report,
                cancel=token,
            )
            self._relay.post(self.taken.emit, done)
        finally:
            self._relay.post(self._show_anew, project)


def _new_folder(plan: ImportPlan) -> Path:
    if plan.project is None:
        raise ProjectError("No project is open: import into a new one.")
    if Project.is_project(plan.project):
        raise ProjectError(
            f"{plan.project} is a project already: open it and import into it, or name another "
            "folder."
        )
    return plan.project
