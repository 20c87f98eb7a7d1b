"""What imports and labels beside pictures share: taking labels into the project that is open.

While labels are put in their place, their pictures are claimed; one that the window has open is
closed for that, and all are listed anew afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.controllers.label_work import LabelWork
from app.document import Document
from app.pictures.claims import Claims
from app.session import CLAIM_SECONDS, Session
from segcore.errors import ProjectError
from segcore.progress import CancelToken
from segcore.project import Project

if TYPE_CHECKING:
    from segcore.formats.importing import Imported
    from segcore.formats.into_project import Held, ImportReport
    from segcore.formats.matching import Existing


class TakingLabels(LabelWork):
    """Takes labels into the open project on a thread of its own."""

    def __init__(
        self, name: str, document: Document, session: Session, parent: QObject | None = None
    ) -> None:
        super().__init__(name, parent)
        self._document = document
        self._session = session
        session.projectLeaving.connect(self.cancel)

    def _take_into(
        self,
        project: Project,
        claims: Claims,
        imported: Imported,
        token: CancelToken,
        *,
        format_name: str,
        existing: Existing,
    ) -> ImportReport:
        """Take a set into the project that is open, all or nothing; raises as `import_into`."""
        from segcore.formats.into_project import import_into_open

        try:
            done = import_into_open(
                project,
                imported,
                format_name,
                existing=existing,
                held=self._held(claims, token),
                progress=self._report(token),
                cancel=token,
            )
        except BaseException:
            self._relay.post(self._show_again, project)
            raise
        self._relay.post(self._show_anew, project)
        return done

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

    def _show_again(self, project: Project) -> None:
        """Open the picture again that was closed for nothing."""
        session = self._session
        if session.project is project and session.current >= 0 and self._document.image is None:
            session.open_index(session.leave_picture())

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
