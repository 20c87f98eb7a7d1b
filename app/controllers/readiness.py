"""What the tool in hand will need is worked out before the hand asks, where the pointer rests."""

from __future__ import annotations

import logging
import math
from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QObject, QTimer

from app.assistants.scene import GetReady, Scene
from app.assistants.table import ASSISTANTS
from app.controllers.scene_maker import SceneMaker
from app.tool_options import Options
from app.view_state import ViewState
from segcore.errors import Cancelled, SegcoreError
from segcore.geometry import Box, Point

PAUSE = 120
"""Milliseconds from a movement of the pointer until what is under it is got ready."""
NEAR = 200
"""Pixels between two places that are served by the same preparation, most of the time."""

_log = logging.getLogger(__name__)


class Readiness(QObject):
    """Has assistants get ready, on their thread, one place at a time.

    What fails here fails again when the hand asks, and is said then.
    """

    def __init__(
        self,
        scenes: SceneMaker,
        view_state: ViewState,
        thread: ThreadPoolExecutor,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._scenes = scenes
        self._view_state = view_state
        self._thread = thread
        self._pointer: Point | None = None
        self._scene: Scene | None = None
        self._place: Point = (0, 0)
        self._future: Future[None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE)
        self._timer.timeout.connect(self.begin)

    def approach(self, x: int, y: int) -> None:
        """The pointer is over an image pixel."""
        self._pointer = (x, y)
        if not self._timer.isActive():
            self._timer.start()

    def begin(self) -> None:
        """Get the tool in hand ready where the pointer is; in the middle before it ever came."""
        row = ASSISTANTS.get(self._view_state.tool)
        if row is None or row.get_ready is None:
            return
        scene = self._scenes.scene()
        if scene is None:
            return
        height, width = scene.size
        point = self._pointer or (width // 2, height // 2)
        if not Box.of_size(scene.size).contains(point) or (self._is_busy and self._serves(point)):
            return
        self.cancel()
        options = self._view_state.options(self._view_state.tool)
        self._scene, self._place = scene, point
        self._future = self._thread.submit(_get_ready, row.get_ready, scene, point, options)

    def make_way(self, point: Point | None) -> None:
        """The hand asks for something at a pixel: end what would not serve it."""
        if point is None or not self._serves(point):
            self.cancel()

    def forget(self) -> None:
        """Another picture is open, or another tool in hand."""
        self.cancel()
        self._timer.stop()

    def cancel(self) -> None:
        """End what is under way."""
        if self._scene is not None:
            self._scene.cancel.cancel()
            self._scene = None
        if self._future is not None:
            self._future.cancel()
            self._future = None

    @property
    def _is_busy(self) -> bool:
        return self._future is not None and not self._future.done()

    def _serves(self, point: Point) -> bool:
        return math.dist(point, self._place) <= NEAR


def _get_ready(work: GetReady, scene: Scene, point: Point, options: Options) -> None:
    """On the thread."""
    try:
        scene.cancel.raise_if_cancelled()
        work(scene, point, options)
    except Cancelled:
        pass
    except SegcoreError as error:
        _log.info("A tool could not get ready: %s", error)
