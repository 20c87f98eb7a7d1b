"""From a heat map to labels: the cells that hold a share of it become one class.

The outline is its preview; what becomes an edit goes the way of every proposal.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from app.assistants.scene import Assistant, Outcome, Scene
from app.controllers.assisting import AssistingController
from app.controllers.inspection import InspectionController
from app.gesture import Gesture
from app.i18n import QT_TRANSLATE_NOOP
from app.relay import Relay
from app.tool_options import Options
from segcore.edits import Selection
from segcore.geometry import Box
from segcore.heatmap import HeatMap
from segcore.outline import cell_outline

FIRST_SHARE = 0.5


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


class RegionController(QObject):
    """Outlines the region of the heat map that lies over the picture, and labels it when told.

    `regionChanged` carries a `Region` or None, `availableChanged` whether there is a heat map.
    The outline is worked out on a thread; the newest counts.
    """

    regionChanged = Signal(object)
    availableChanged = Signal(bool)
    shareChanged = Signal(float)
    enabledChanged = Signal(bool)

    def __init__(
        self,
        inspection: InspectionController,
        assisting: AssistingController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._assisting = assisting
        self._heat_map: HeatMap | None = None
        self._share = FIRST_SHARE
        self._enabled = False
        self._outlined: HeatMap | None = None
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "region")
        inspection.heatMapChosen.connect(self._take_heat_map)
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
        """Give the outlined region the active class, as one step of the undo stack."""
        if not self.can_label or self._heat_map is None:
            return
        heat_map, share = self._heat_map, self._share

        def work(scene: Scene, _gesture: Gesture, _options: Options) -> Outcome:
            return Outcome(Selection(*heat_map.region_in_box(share, scene.size)))

        title = QT_TRANSLATE_NOOP("assistants", "Label Region")
        self._assisting.ask(Gesture("heat_region"), Assistant(work, title))
        self._assisting.accept()

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
