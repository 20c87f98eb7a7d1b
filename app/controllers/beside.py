"""Labels that lie beside the opened pictures: found, offered, taken when told to."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.controllers.taking_labels import TakingLabels
from app.document import Document
from app.pictures.claims import Claims
from app.session import Session
from segcore import resources
from segcore.progress import CancelToken
from segcore.project import Project

if TYPE_CHECKING:
    from segcore.formats.beside import LabelsBeside

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


class BesideController(TakingLabels):
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
        from segcore.formats.take_beside import set_beside

        project = offer.project
        self._document.recorder.flush()
        names = {place: name for place, name in offer.names.items() if not project.has_labels(name)}
        problems = Problems(offer.labels.folder)
        labelled = set_beside(project, offer.labels, names, problems)
        imported = looked_through(labelled, problems, progress=self._report(token), cancel=token)
        done = self._take_into(
            project, claims, imported, token, format_name=offer.labels.kind, existing="keep"
        )
        self._relay.post(self.taken.emit, done)
