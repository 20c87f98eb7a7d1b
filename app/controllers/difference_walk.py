"""A walk through the regions in which two sides differ, the largest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QObject, Signal

from app.controllers.assisting import AssistingController
from app.controllers.difference import DifferenceController, PictureDifference
from app.controllers.region_walk import Region, RegionWalk
from app.document import Document
from app.i18n import QT_TRANSLATE_NOOP
from app.session import Session
from app.view_state import ViewState
from segcore.classes import ClassInfo, ClassTable
from segcore.geometry import Box
from segcore.outline import cell_outline

if TYPE_CHECKING:
    from segcore.comparison import DifferingRegion

_TAKE = QT_TRANSLATE_NOOP("assistants", "Take Other Labels")


class DifferenceWalk(RegionWalk):
    """Goes through differing regions; `regionChanged` carries a `DifferingRegion` or None.

    `outlined` carries the outline of the region, (pieces, box), or None.

    Attributes:
        lines: also lines along boundaries.
        by_rarity: regions of rare classes come first.
    """

    tool: ClassVar[str] = "difference"
    outlined = Signal(object)

    def __init__(
        self,
        document: Document,
        session: Session,
        view_state: ViewState,
        *,
        difference: DifferenceController,
        assisting: AssistingController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(document, session, view_state, assisting, parent)
        self._difference = difference
        self._found_in: PictureDifference | None = None
        self.lines = False
        self.by_rarity = False
        difference.differenceChanged.connect(self._ask)
        difference.missed.connect(self._pass_by)

    def start(self, positions: Sequence[int]) -> None:
        """Begin a walk through these pictures of the session, in this order."""
        compared = self._difference.compared
        if compared is None:
            self._refuse(self.tr("Nothing is compared yet: compare labels first."))
        elif not compared.mine:
            self._refuse(
                self.tr(
                    "A walk changes the labels of the open project, which is neither of the two "
                    "sides: compare it with one of them."
                )
            )
        elif not positions:
            self._refuse(self.tr("The two sides agree on every picture that is listed."))
        else:
            self._begin(positions)

    def classes_of(self, region: DifferingRegion) -> tuple[ClassInfo | None, ClassInfo | None]:
        """What the two sides say, A first; None for unlabelled."""
        table = ClassTable(()) if self._found_in is None else self._found_in.classes
        first, second = (
            table[class_id] if class_id < len(table) else None for class_id in (region.a, region.b)
        )
        return first, second

    def take(self) -> None:
        """The other side is right: its label becomes the person's; the next region comes."""
        region, found = self.region, self._found_in
        if region is None or found is None:
            return
        first, second = self.classes_of(region)  # type: ignore[arg-type]
        info = second if found.mine == "a" else first
        self._relabel(region, self._own_id(info), _TAKE)

    def _own_id(self, info: ClassInfo | None) -> int:
        """The id that a class of the other side has in the project, which is given it if new."""
        document = self._document
        if info is None:
            return document.classes.ignore
        known = document.classes.id_of(info.name)
        if known is None:
            document.set_classes(document.classes.with_class(info.name, info.color))
            known = document.classes.id_of(info.name)
        return document.classes.ignore if known is None else known

    def _find_regions(self) -> object | None:
        from segcore.comparison import differing_regions
        from segcore.comparison.differences import line_width

        found = self._difference.current
        if found is None or found.name != self._name:
            return None  # it is on its way
        self._found_in = found
        thinnest = 1 if self.lines else line_width(found.a.shape)
        by_rarity = self.by_rarity

        def find() -> list[DifferingRegion]:
            return differing_regions(
                found.a,
                found.b,
                found.classes.ignore,
                unlabelled_counts=found.unlabelled_counts,
                thinnest=thinnest,
                by_rarity=by_rarity,
            )

        asked = object()
        self._search(asked, find)
        return asked

    def _pass_by(self, name: str) -> None:
        """A picture of the walk has no differences to be read: the next one comes."""
        if self.active and name == self._name:
            self.next_picture()

    def _present(self, region: Region) -> None:
        """An outline, worked out behind the window; nothing is proposed."""

        def work() -> None:
            place, mask = region.selection
            self._relay.post(self._show_outline, region, (cell_outline(mask), place))

        self._thread.submit(work)

    def _show_outline(self, region: Region, outline: tuple[object, Box]) -> None:
        if region is self.region:
            self.outlined.emit(outline)

    def _forget_regions(self) -> None:
        super()._forget_regions()
        self.outlined.emit(None)
