"""The open picture as two sides see it, kept up to date while a person changes one of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.controllers.comparing import Compared, Mine
from app.document import Document
from app.priority import step_behind_the_window
from app.relay import Relay
from app.session import Session
from app.user_error import UserError, user_error
from segcore.classes import ClassTable
from segcore.errors import RequestError
from segcore.geometry import Box
from segcore.project import Project

if TYPE_CHECKING:
    from segcore.comparison import CommonClasses, Side
    from segcore.formats.contract import LabelledPicture

LabelMap = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class PictureDifference:
    """One picture as both sides see it.

    Attributes:
        name: as the session calls it.
        a, b: (H, W) ids of `common.classes`; that of the open project follows edits.
        mine: which of the two is the open project; empty where neither is.
        unlabelled_counts: pixels that one side alone has labelled differ.
    """

    name: str
    a: LabelMap
    b: LabelMap
    common: CommonClasses
    mine: Mine
    unlabelled_counts: bool

    @property
    def classes(self) -> ClassTable:
        """The common table."""
        return self.common.classes

    @property
    def share(self) -> float:
        """Share of the judged pixels that differ, 0 to 1; 0 where none is judged."""
        ignore = self.classes.ignore
        known_a, known_b = self.a != ignore, self.b != ignore
        judged = known_a | known_b if self.unlabelled_counts else known_a & known_b
        return float(((self.a != self.b) & judged).sum() / max(int(judged.sum()), 1))


class DifferenceController(QObject):
    """Reads both sides of the picture that is open, behind the window.

    `differenceChanged` carries a `PictureDifference` or None, `shareChanged` the share of its
    pixels that differ, `boxChanged` a box in which it is another now, `missed` the name of a
    picture of which there is none.
    """

    differenceChanged = Signal(object)
    shareChanged = Signal(float)
    boxChanged = Signal(object)
    missed = Signal(str)
    failed = Signal(object)

    def __init__(self, document: Document, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._session = session
        self._compared: Compared | None = None
        self._current: PictureDifference | None = None
        self._shown: LabelMap | None = None
        self._token = object()
        self._changes = 0
        self._read_last: PictureDifference | None = None  # used on the thread alone
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "difference", step_behind_the_window)
        document.imageChanged.connect(self._load)
        document.classesChanged.connect(self._load)
        document.labelsChanged.connect(self._follow)
        self.destroyed.connect(lambda: self._thread.shutdown(wait=False, cancel_futures=True))

    @property
    def compared(self) -> Compared | None:
        """What the differences are of."""
        return self._compared

    @property
    def current(self) -> PictureDifference | None:
        """The open picture; None while it is being read, or where it was not compared."""
        return self._current

    def show(self, compared: Compared | None) -> None:
        """Read the differences of another comparison, or none."""
        self._compared = compared
        self._load()

    def shutdown(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._relay.close()

    def _load(self) -> None:
        self._token = object()
        had, self._current = self._current, None
        if had is not None:
            self.differenceChanged.emit(None)
        document, compared = self._document, self._compared
        labels, origins, name = document.labels, document.origins, document.name
        self._shown = labels
        if compared is None or labels is None or origins is None or name is None:
            return
        self._thread.submit(
            self._read, self._token, compared, name, document.classes, (labels, origins)
        )

    def _read(
        self,
        token: object,
        compared: Compared,
        name: str,
        classes: ClassTable,
        maps: tuple[LabelMap, LabelMap],
    ) -> None:
        """On the thread; `maps` are the labels and origins of the open picture."""
        from segcore.comparison import CommonClasses

        if token is not self._token:
            return
        try:
            pair = _pair_of(compared, name, list(self._session.names))
            if pair is None:
                self._relay.post(self._miss, token, name, None)
                return
            tables = [compared.a.classes, compared.b.classes]
            if compared.mine:
                tables[compared.mine == "b"] = classes
            common = CommonClasses.of(*tables)
            labels, origins = maps
            own = _own(compared, self._document.project, labels, origins)
            a = common.from_a(own if compared.mine == "a" else pair[0].labels())
            b = common.from_b(own if compared.mine == "b" else pair[1].labels())
            if not a.shape == b.shape == labels.shape:
                raise RequestError(f"The labels of {name} are not of one size: compare them anew.")
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The differences could not be read"))
            self._relay.post(self._miss, token, name, failure)
            return
        found = PictureDifference(name, a, b, common, compared.mine, compared.unlabelled_counts)
        self._read_last = found
        self._relay.post(self._take, token, found, found.share)

    def _take(self, token: object, found: PictureDifference, share: float) -> None:
        if token is self._token:
            self._current = found
            self.differenceChanged.emit(found)
            self.shareChanged.emit(share)

    def _miss(self, token: object, name: str, failure: UserError | None) -> None:
        if token is self._token:
            if failure is not None:
                self.failed.emit(failure)
            self.missed.emit(name)

    def _follow(self, box: Box) -> None:
        """The open project's labels have changed."""
        document, compared = self._document, self._compared
        if compared is None or not compared.mine:
            return
        if document.labels is not self._shown:
            self._load()
            return
        self._changes += 1
        # Behind the reading that may be under way, on the same thread.
        self._thread.submit(self._update, self._token, compared, box, self._changes)

    def _update(self, token: object, compared: Compared, box: Box, change: int) -> None:
        """On the thread."""
        labels, origins, found = self._shown, self._document.origins, self._read_last
        if token is not self._token or found is None or labels is None or origins is None:
            return
        own = _own(compared, self._document.project, labels[box.slices], origins[box.slices])
        if found.mine == "a":
            found.a[box.slices] = found.common.from_a(own)
        else:
            found.b[box.slices] = found.common.from_b(own)
        self._relay.post(self._tell_box, token, box)
        if change == self._changes:  # the last one for now
            self._relay.post(self._tell_share, token, found.share)

    def _tell_box(self, token: object, box: Box) -> None:
        if token is self._token:
            self.boxChanged.emit(box)

    def _tell_share(self, token: object, share: float) -> None:
        if token is self._token:
            self.shareChanged.emit(share)


def _own(
    compared: Compared, project: Project | None, labels: LabelMap, origins: LabelMap
) -> LabelMap:
    """What counts of the open project's labels."""
    if project is None or compared.said_by == "anyone":
        return labels
    rows = np.zeros(256, np.bool_)
    rows[[row.id for row in project.origin_rows if row.kind == compared.said_by]] = True
    return np.where(rows[origins], labels, np.iinfo(labels.dtype).max).astype(labels.dtype)


def _pair_of(
    compared: Compared, name: str, names: Sequence[str]
) -> tuple[LabelledPicture, LabelledPicture] | None:
    """Both sides' pictures of a name that the session has; None where it was not compared."""
    from segcore.comparison import match_pictures

    place = 1 if compared.mine == "b" else 0
    pairs = {pair[place]: pair for pair in compared.report.matched.pairs}
    found = pairs.get(name)
    if found is None and not compared.mine:
        found = pairs.get(dict(match_pictures(names, list(pairs)).pairs).get(name, ""))
    if found is None:
        return None
    return _picture(compared.a, found[0]), _picture(compared.b, found[1])


def _picture(side: Side, name: str) -> LabelledPicture:
    return next(picture for picture in side.labelled.pictures if picture.name == name)
