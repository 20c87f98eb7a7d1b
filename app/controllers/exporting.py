"""Exports of the open project: looked through before anything is written, then written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.controllers.label_work import LabelWork
from app.document import Document
from app.session import Session
from segcore.errors import FormatError
from segcore.progress import CancelToken
from segcore.project import Project

if TYPE_CHECKING:
    from segcore.formats.export_plan import ExportPlan

# The formats are imported by the work that needs them: the window is on the screen sooner.


class ExportingController(LabelWork):
    """Checks and makes exports.

    Signals: `counted({status: pictures})`, `checked(ExportPlan, ExportReport)` of the plan that was
    asked for last, `exported(ExportReport)`.
    """

    counted = Signal(object)
    checked = Signal(object, object)
    exported = Signal(object)

    def __init__(self, document: Document, session: Session, parent: QObject | None = None) -> None:
        super().__init__("exporting", parent)
        self._document = document
        self._session = session
        session.projectLeaving.connect(self.cancel)

    def check(self, plan: ExportPlan) -> None:
        """Find out what an export would write, lose and stumble over; nothing is written."""
        project = self._session.project
        if project is not None:
            self._begin(
                lambda token: self._check(project, plan, token),
                doing=self.tr("The pictures could not be looked through"),
                quiet=True,
            )

    def start(self, plan: ExportPlan) -> None:
        """Write the labels, whole or not at all."""
        project = self._session.project
        if project is not None:
            self._begin(
                lambda token: self._export(project, plan, token),
                doing=self.tr("The labels could not be exported"),
                quiet=False,
            )

    def _check(self, project: Project, plan: ExportPlan, token: CancelToken) -> None:
        from segcore.formats.contract import Finding
        from segcore.formats.export import ExportReport
        from segcore.formats.export_plan import dealt, watched
        from segcore.formats.findings import findings_of
        from segcore.formats.project_set import set_of_project
        from segcore.formats.staging import check_free
        from segcore.formats.table import format_named

        self._document.recorder.flush()
        self._tell(token, self.counted.emit, Counter(map(project.status, project.images)))
        chosen = watched(set_of_project(project, plan.statuses), token, self._report(token))
        labelled, _parts = dealt(chosen, plan)
        findings = findings_of(labelled, format_named(plan.format_name), plan.options)
        try:
            check_free(plan.folder)
        except FormatError as error:
            findings = [Finding("hindrance", str(error)), *findings]
        counts = dict(Counter(picture.split for picture in labelled.pictures))
        report = ExportReport(plan.folder, counts, tuple(findings), written=False)
        self._tell(token, self.checked.emit, plan, report)

    def _export(self, project: Project, plan: ExportPlan, token: CancelToken) -> None:
        from segcore.formats.export import export_set
        from segcore.formats.export_plan import planned_set, watched
        from segcore.formats.table import format_named

        self._document.recorder.flush()
        labelled, parts = planned_set(project, plan)
        labelled = watched(labelled, token)  # the check before the first file ends early too
        report = export_set(
            labelled,
            plan.folder,
            format_named(plan.format_name),
            plan.options,
            split=parts,
            progress=self._report(token),
            cancel=token,
        )
        self._tell(token, self.exported.emit, report)
