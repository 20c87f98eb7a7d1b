"""Labels of other programs into the open project or a new one, after all was looked through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.controllers.taking_labels import TakingLabels
from app.document import Document
from app.pictures.claims import Claims
from app.session import Session
from segcore.errors import ProjectError
from segcore.progress import CancelToken
from segcore.project import Project

if TYPE_CHECKING:
    from segcore.formats.import_plan import ImportPlan
    from segcore.formats.importing import Imported

# The formats are imported by the work that needs them: the window is on the screen sooner.


class ImportingController(TakingLabels):
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
        """Take the labels, all or nothing."""
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
            self._document.recorder.flush()
            name, existing = plan.format_name, plan.existing
            done = self._take_into(
                project, claims, imported, token, format_name=name, existing=existing
            )
        self._relay.post(self.imported.emit, done)


def _new_folder(plan: ImportPlan) -> Path:
    if plan.project is None:
        raise ProjectError("No project is open: import into a new one.")
    if Project.is_project(plan.project):
        raise ProjectError(
            f"{plan.project} is a project already: open it and import into it, or name another "
            "folder."
        )
    return plan.project
