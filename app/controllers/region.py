"""From a heat map to labels: the cells that hold a share of it become one class."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from app.controllers.inspection import InspectionController
from app.document import Document
from app.lay_under import LabelMap, Origins
from app.relay import Relay
from app.user_error import UserError, user_error
from app.view_state import ViewState
from segcore.edits import Edit, label_region
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.outline import cell_outline

FIRST_SHARE = 0.5
STROKE_PAUSE = 30
"""Milliseconds until an edit tries again to get between strokes."""


@dataclass(frozen=True, eq=False)
class Region:
    """A region of the picture.

    Attributes:
        pieces: its outline, (n, 4) as `cell_outline` gives it, in parts of `box`.
        box: the image pixels that the heat map lies over.
        part: its part of the heat map's cells, 0 to 1.
    """

    pieces: npt.NDArray[np.float64]
    box: Box
    part: float


@dataclass(frozen=True, eq=False)
class _Ground:
    """What a region is to be labelled in, as it was at one moment."""

    labels: LabelMap
    origins: Origins
    changes: int
    class_id: int
    person: int
    heat_map: HeatMap
    share: float


class RegionController(QObject):
    """Outlines the region of the heat map that lies over the picture, and labels it when told.

    `regionChanged` carries a `Region` or None, `availableChanged` whether there is a heat map.
    Outline and edit are worked out on a thread; for every other map the newest counts.
    """

    regionChanged = Signal(object)
    availableChanged = Signal(bool)
    shareChanged = Signal(float)
    enabledChanged = Signal(bool)
    failed = Signal(object)

    def __init__(
        self,
        document: Document,
        view_state: ViewState,
        inspection: InspectionController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._view_state = view_state
        self._heat_map: HeatMap | None = None
        self._share = FIRST_SHARE
        self._enabled = False
        self._changes = 0
        self._outlined: HeatMap | None = None
        self._labelling: Future[None] | None = None
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "region")
        inspection.heatMapChosen.connect(self._take_heat_map)
        document.labelsChanged.connect(self._note_change)
        document.imageLeaving.connect(self._finish)
        self.destroyed.connect(lambda: self._thread.shutdown(wait=False, cancel_futures=True))

    @property
    def share(self) -> float:
        """The share of the heat map's sum that the region holds, above 0, up to 1."""
        return self._share

    @property
    def enabled(self) -> bool:
        """Whether a region is outlined at all."""
        return self._enabled

    @property
    def can_label(self) -> bool:
        """Whether there is a region to be labelled."""
        return self._enabled and self._heat_map is not None

    def set_share(self, share: float) -> None:
        """Let the region hold another share."""
        if share != self._share:
            self._share = share
            self.shareChanged.emit(share)
            self._outline()

    def set_enabled(self, enabled: bool) -> None:
        """Outline a region, or none."""
        if enabled != self._enabled:
            self._enabled = enabled
            self.enabledChanged.emit(enabled)
            self._outline()

    def label(self) -> None:
        """Give the region the active class, as one step of the undo stack."""
        document = self._document
        if not self.can_label or document.labels is None or not document.may_be_changed():
            return
        class_id = self._view_state.active_class
        if not 0 <= class_id < len(document.classes):
            self.failed.emit(UserError(self.tr("There is no active class: choose one first.")))
            return
        assert self._heat_map is not None
        self._submit(self._heat_map, self._share, class_id)

    def _submit(self, heat_map: HeatMap, share: float, class_id: int) -> None:
        document = self._document
        if document.labels is None or document.origins is None:
            return
        ground = _Ground(
            document.labels,
            document.origins,
            self._changes,
            class_id,
            document.person,
            heat_map,
            share,
        )
        self._labelling = self._thread.submit(self._work_out, ground)

    def _work_out(self, ground: _Ground) -> None:
        labels = ground.labels
        try:
            size = (labels.shape[0], labels.shape[1])
            place, region = ground.heat_map.region_in_box(ground.share, size)
            edit = label_region(
                labels,
                ground.origins,
                place,
                region,
                class_id=ground.class_id,
                origin=ground.person,
            )
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The region could not be labelled"))
            self._relay.post(self.failed.emit, failure)
        else:
            self._relay.post(self._make, ground, edit)

    def _make(self, ground: _Ground, edit: Edit | None) -> None:
        document = self._document
        if document.labels is not ground.labels:
            return
        if document.stroke_under_way:
            QTimer.singleShot(STROKE_PAUSE, self, lambda: self._make(ground, edit))
        elif self._changes != ground.changes:
            self._submit(ground.heat_map, ground.share, ground.class_id)
        elif edit is not None:
            document.push(edit, applied=False, text=self.tr("Label Region"))

    def _finish(self) -> None:
        """The picture is left: what was told to be labelled is labelled first."""
        while self._labelling is not None and not self._document.stroke_under_way:
            labelling, self._labelling = self._labelling, None
            wait([labelling])
            self._relay.deliver_all()

    def _note_change(self, _box: Box) -> None:
        self._changes += 1

    def _take_heat_map(self, heat_map: HeatMap | None) -> None:
        had = self._heat_map is not None
        self._heat_map = heat_map
        if had != (heat_map is not None):
            self.availableChanged.emit(heat_map is not None)
        self._outline()

    def _outline(self) -> None:
        if not self.can_label:
            self._outlined = None
            self.regionChanged.emit(None)
            return
        assert self._heat_map is not None
        self._outlined = self._heat_map
        self._thread.submit(self._outline_on_thread, self._heat_map, self._share)

    def _outline_on_thread(self, heat_map: HeatMap, share: float) -> None:
        if not self._is_wanted(heat_map, share):
            return
        cells = heat_map.cells_of_share(share)
        region = Region(cell_outline(cells), heat_map.box, float(cells.mean()))
        self._relay.post(self._show, region, heat_map, share)

    def _is_wanted(self, heat_map: HeatMap, share: float) -> bool:
        return heat_map is self._outlined and share == self._share

    def _show(self, region: Region, heat_map: HeatMap, share: float) -> None:
        if self._is_wanted(heat_map, share):
            self.regionChanged.emit(region)
