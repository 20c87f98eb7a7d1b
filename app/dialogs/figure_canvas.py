"""A matplotlib figure in Qt, drawn on another thread than the window's.

Importing this module brings in matplotlib's Qt backend, which takes a while: it is imported on an
I/O thread when the first figure is to be shown, and never at the start.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.backends.backend_qt import NavigationToolbar2QT
from matplotlib.backends.backend_qtagg import FigureCanvasQTAgg
from matplotlib.figure import Figure
from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.relay import Relay

_HANDS = frozenset(
    (
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.KeyPress,
        QEvent.Type.KeyRelease,
        QEvent.Type.Enter,
        QEvent.Type.Leave,
    )
)

_FEWEST_DOTS = 30.0
"""Dots per inch below which a figure is not made smaller."""


class ThreadedCanvas(FigureCanvasQTAgg):
    """matplotlib's canvas, whose pixels are made by `thread`, which has one thread.

    A figure is not safe to change while it is drawn. So what hands do meanwhile waits, in order,
    and of mouse moves only the newest; Qt's own loop is never held up.
    """

    drawn = Signal()

    def __init__(self, figure: Figure, thread: Executor) -> None:
        self._thread = thread
        self._waiting: deque[tuple[QEvent.Type, Callable[[], object]]] = deque()
        self._pixels: npt.NDArray[np.uint8] | None = None
        self._ratio = 1.0
        self._drawing = False
        self._draw_wanted = False
        self._inches = tuple(figure.get_size_inches())
        super().__init__(figure=figure)  # type: ignore[no-untyped-call]
        self._relay = Relay(self)

    @property
    def inches(self) -> tuple[float, float]:
        """Width and height for which the figure was made."""
        return self._inches[0], self._inches[1]

    @property
    def is_settled(self) -> bool:
        """Whether what is seen is the figure as it stands."""
        return self._pixels is not None and not (self._drawing or self._draw_wanted)

    def draw(self) -> None:
        """matplotlib: as `draw_idle`, for who wants it now waits all the same."""
        self.draw_idle()

    def draw_idle(self) -> None:
        """matplotlib: have it drawn, as soon as what is being drawn is done."""
        self._draw_wanted = True
        self._begin()

    def when_free(self, change: Callable[[], object]) -> None:
        """Call `change`, which changes the figure, at once or when it is not being drawn."""
        if self._drawing:
            self._waiting.append((QEvent.Type.None_, change))
        else:
            change()

    def event(self, event: QEvent) -> bool:
        """Qt: let hands at the figure wait while it is drawn."""
        kind = event.type()
        if not self._drawing or kind not in _HANDS:
            return bool(super().event(event))
        if kind == QEvent.Type.MouseMove and self._waiting and self._waiting[-1][0] == kind:
            self._waiting.pop()
        later = event.clone()
        self._waiting.append((kind, lambda: self._handle(later)))
        event.accept()
        return True

    def _handle(self, event: QEvent) -> None:
        super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: the figure takes the new size once it is not being drawn."""
        self.when_free(lambda: self._take_size(event.size()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Qt: paint what was drawn last, and the rectangle that is being drawn by hand."""
        painter = QPainter(self)
        if self._pixels is None:
            painter.fillRect(self.rect(), self.palette().window())
        else:
            height, width = self._pixels.shape[:2]
            image = QImage(
                self._pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888
            )
            image.setDevicePixelRatio(self._ratio)
            painter.drawImage(0, 0, image)
            self._draw_rect_callback(painter)  # type: ignore[no-untyped-call]
        painter.end()

    def close_for_good(self) -> None:
        """Take nothing more from the thread."""
        self._waiting.clear()
        self._draw_wanted = False
        self._relay.close()

    def _take_size(self, size: Any) -> None:
        if size != self.size():
            return  # another size came meanwhile
        # As large as it fits, with its letters in proportion, instead of in a corner or crowded.
        fit = min(size.width() / self._inches[0], size.height() / self._inches[1])
        self.figure.dpi = max(fit, _FEWEST_DOTS) * self.device_pixel_ratio
        super().resizeEvent(QResizeEvent(size, size))  # type: ignore[no-untyped-call]

    def _begin(self) -> None:
        if self._drawing or not self._draw_wanted or min(self.width(), self.height()) <= 0:
            return
        self._drawing, self._draw_wanted = True, False
        self._thread.submit(self._draw, self.device_pixel_ratio)

    def _draw(self, ratio: float) -> None:
        """On the thread: the figure's pixels as they are now."""
        pixels: npt.NDArray[np.uint8] | None = None
        try:
            width, height = (max(round(side), 1) for side in self.figure.bbox.size)
            renderer: Any = RendererAgg(width, height, self.figure.dpi)  # type: ignore[no-untyped-call]
            self.figure.draw(renderer)
            pixels = np.array(renderer.buffer_rgba(), np.uint8)
        finally:
            self._relay.post(self._take, pixels, ratio)

    def _take(self, pixels: npt.NDArray[np.uint8] | None, ratio: float) -> None:
        if pixels is not None:
            self._pixels, self._ratio = pixels, ratio
            self.update()
        self._drawing = False
        while self._waiting and not self._drawing:
            self._waiting.popleft()[1]()
        self._begin()
        if self.is_settled:
            self.drawn.emit()


class Toolbar(NavigationToolbar2QT):
    """matplotlib's toolbar; saving is asked for, so that it can happen elsewhere."""

    toolitems = [  # noqa: RUF012 - as matplotlib declares it
        item for item in NavigationToolbar2QT.toolitems if item[0] not in ("Subplots", "Customize")
    ]
    saveRequested = Signal()

    def __init__(self, canvas: ThreadedCanvas, parent: QWidget | None = None) -> None:
        super().__init__(canvas, parent)  # type: ignore[no-untyped-call]
        self._free = canvas.when_free
        self.setObjectName("figure.toolbar")

    def home(self, *_args: object) -> None:
        """matplotlib: the whole figure again."""
        self._free(super().home)

    def back(self, *_args: object) -> None:
        """matplotlib: the view before."""
        self._free(super().back)

    def forward(self, *_args: object) -> None:
        """matplotlib: the view after."""
        self._free(super().forward)

    def save_figure(self, *_args: object) -> None:
        """matplotlib: ask where to."""
        self.saveRequested.emit()
