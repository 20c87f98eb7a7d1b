"""Ties differences of two label sets to the canvas, to their bar, and to a walk through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.canvas.difference import SHOWN, DifferenceSource
from app.controllers.comparing import Compared
from app.controllers.difference import DifferenceController, PictureDifference
from app.controllers.difference_walk import DifferenceWalk
from app.controllers.region_walk import WalkState
from app.panels.difference_bar import DifferenceBar
from app.window.core import Core
from app.window.region_walk_link import RegionWalkLink, WalkKeys

if TYPE_CHECKING:
    from segcore.comparison import DifferingRegion


class DifferenceLink(RegionWalkLink):
    """Lays the differences over the picture while they are wanted; T takes what the others say, Y
    shows either side or both.

    `shownChanged` says whether they are wanted.
    """

    controller: DifferenceWalk
    shownChanged = Signal(bool)

    def __init__(
        self, bar: DifferenceBar, actions: Actions, core: Core, *, canvas: Canvas, keys: WalkKeys
    ) -> None:
        self.difference = DifferenceController(core.document, core.session)
        walk = DifferenceWalk(
            core.document,
            core.session,
            core.view_state,
            difference=self.difference,
            assisting=core.assisting,
        )
        super().__init__(bar, walk, keys, core, canvas)
        self.difference.setParent(self)
        core.add_ending(self.difference.shutdown)
        self._difference_bar = bar
        self._shown = SHOWN[0]
        self._share: float | None = None
        self._actions = actions
        actions["difference_take"].triggered.connect(walk.take)
        actions["difference_shown"].triggered.connect(self._show_next)
        self.difference.differenceChanged.connect(self._show_difference)
        self.difference.boxChanged.connect(canvas.update_labels)
        self.difference.shareChanged.connect(self._show_share)
        self.difference.missed.connect(self._show_missed)
        walk.regionChanged.connect(self._show_region)
        walk.outlined.connect(canvas.set_outline)
        bar.takeRequested.connect(walk.take)
        bar.walkRequested.connect(self.walk)
        bar.shownRequested.connect(self._set_shown)
        bar.closeRequested.connect(self.close)
        keys.escaped.connect(self.close)
        self._show_abilities()

    @property
    def is_shown(self) -> bool:
        """Whether differences are wanted over the picture."""
        return self.difference.compared is not None

    def show(self, compared: Compared) -> None:
        """Lay the differences of a comparison over its pictures."""
        if self.difference.compared is not compared:
            self._set_shown(SHOWN[0])
            report = compared.report
            self._difference_bar.set_sides(report.title_a, report.title_b, compared.mine)
            self.difference.show(compared)
            self.shownChanged.emit(self.is_shown)
        self._core.view_state.overlay_visible = True
        self._bar.show()
        self._show_abilities()

    def close(self) -> None:
        """Show the labels again as they were shown."""
        if self.is_shown:
            self.controller.stop()
            self.difference.show(None)
            self._bar.hide()
            self._show_abilities()
            self.shownChanged.emit(self.is_shown)

    def walk(self) -> None:
        """Go through the regions that differ, the picture where the two agree least first."""
        compared = self.difference.compared
        positions: list[int] = []
        if compared is not None:
            places = compared.positions(self._core.session.names)
            positions = [
                places[each.picture]
                for each in compared.report.pictures
                if each.disagreed and each.picture in places
            ]
        self.take_hand()
        self.controller.start(positions)

    def _show_difference(self, found: PictureDifference | None) -> None:
        source = None
        if found is not None:
            source = DifferenceSource(
                found.a,
                found.b,
                found.classes,
                shown=self._shown,
                unlabelled_counts=found.unlabelled_counts,
            )
        self._canvas.set_difference(source)

    def _show_share(self, share: float) -> None:
        self._share = share
        self._difference_bar.set_share(share)

    def _show_missed(self, _name: str) -> None:
        self._share = None
        self._difference_bar.set_share(None)

    def _show_next(self) -> None:
        self._set_shown(SHOWN[(SHOWN.index(self._shown) + 1) % len(SHOWN)])

    def _set_shown(self, shown: str) -> None:
        self._shown = shown
        self._difference_bar.set_shown(shown)
        self._show_difference(self.difference.current)

    def _show_state(self, state: WalkState | None) -> None:
        bar = self._difference_bar
        bar.set_walking(walking=state is not None)
        super()._show_state(state)
        if state is None:
            bar.set_share(self._share)
        elif not state.regions:
            bar.clear_region(self.tr("Looking for where the two differ…"))
        self._show_abilities()

    def _show_region(self, region: DifferingRegion | None) -> None:
        found = self.difference.current
        if region is None or found is None:
            return
        first, second = self.controller.classes_of(region)
        self._difference_bar.set_region(first, second, found.mine, region.selection.area)
        self.look_at(region.selection.place)

    def _show_abilities(self) -> None:
        idle = self.tr("No walk through differences is under way.")
        self._actions.allow("difference_take", "" if self.controller.active else idle)
        hidden = self.tr("No differences are shown: open one from Compare Labels.")
        self._actions.allow("difference_shown", "" if self.is_shown else hidden)
