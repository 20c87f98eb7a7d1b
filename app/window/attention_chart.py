"""The chart of all heads: drawn on a thread of its own, small in the page and large in a window."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from app.controllers.attention import AttentionController, SpreadShown
from app.dialogs.chart import ChartDialog
from app.panels.attention_spread import CHART, SpreadView
from app.relay import Relay
from app.theme import Tones
from app.user_error import user_error

if TYPE_CHECKING:
    from app.window.inspect_pages import Surroundings

_DOTS_PER_INCH = 100


class AttentionChart(QObject):
    """Shows what the controller has measured; draws and saves off the GUI thread."""

    def __init__(
        self, view: SpreadView, controller: AttentionController, surroundings: Surroundings
    ) -> None:
        super().__init__(view)
        self._view = view
        self._theme = surroundings.theme
        self._window = surroundings.window
        self._shown: SpreadShown | None = None
        self._dialog: ChartDialog | None = None
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "attention-chart")
        view.measureRequested.connect(view.wait)
        view.measureRequested.connect(controller.measure_spread)
        view.enlargeRequested.connect(self._enlarge)
        controller.spreadFound.connect(self._take)
        controller.spreadRefused.connect(view.say)
        self._theme.changed.connect(self._draw)
        view.destroyed.connect(lambda: self._thread.shutdown(wait=False, cancel_futures=True))

    def _take(self, shown: SpreadShown | None) -> None:
        self._shown = shown
        if shown is None:
            self._view.clear()
            if self._dialog is not None:
                self._dialog.close()
        else:
            self._draw()

    def _draw(self) -> None:
        if self._shown is None:
            return
        ratio = self._view.devicePixelRatioF()
        size = (round(CHART.width() * ratio), round(CHART.height() * ratio))
        self._submit(size, ratio, self._view.set_chart)
        if self._dialog is not None:
            self._draw_large()

    def _draw_large(self) -> None:
        dialog = self._dialog
        if dialog is not None and self._shown is not None:
            ratio = dialog.devicePixelRatioF()
            size = dialog.chart_size
            pixels = (round(size.width() * ratio), round(size.height() * ratio))
            self._submit(pixels, ratio, self._show_large)

    def _show_large(self, image: QImage) -> None:
        if self._dialog is not None:
            self._dialog.set_chart(image)

    def _submit(
        self, pixels: tuple[int, int], ratio: float, show: Callable[[QImage], None]
    ) -> None:
        shown, tones = self._shown, self._theme.tones
        assert shown is not None
        self._thread.submit(self._draw_on_thread, shown, tones, pixels, ratio, show)

    def _draw_on_thread(
        self,
        shown: SpreadShown,
        tones: Tones,
        pixels: tuple[int, int],
        ratio: float,
        show: Callable[[QImage], None],
    ) -> None:
        self._relay.post(self._show_if_new, shown, show, _image_of(shown, tones, pixels, ratio))

    def _show_if_new(
        self, shown: SpreadShown, show: Callable[[QImage], None], image: QImage
    ) -> None:
        if shown is self._shown:
            show(image)

    def _enlarge(self) -> None:
        if self._shown is None:
            return
        if self._dialog is None:
            self._dialog = ChartDialog(self._window)
            self._dialog.drawRequested.connect(self._draw_large)
            self._dialog.saveRequested.connect(self._save)
        title = self.tr("How far each head of {} looks: {}")
        self._dialog.setWindowTitle(title.format(self._shown.model, self._shown.image_name))
        self._dialog.show()
        self._dialog.activateWindow()

    def _save(self, path: str) -> None:
        if self._shown is not None:
            self._thread.submit(self._save_on_thread, self._shown, Path(path))

    def _save_on_thread(self, shown: SpreadShown, path: Path) -> None:
        from segcore.inspection.attention_chart import write_spread

        try:
            write_spread(path, shown.spreads, shown.size, title=_title_of(shown))
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            failure = user_error(error, self.tr("The chart could not be saved"))
            self._relay.post(self._tell, failure.sentence)
        else:
            self._relay.post(self._tell, self.tr("Saved as {}").format(path.name))

    def _tell(self, sentence: str) -> None:
        if self._dialog is not None:
            self._dialog.say(sentence)


def _title_of(shown: SpreadShown) -> str:
    return f"{shown.model}: {Path(shown.image_name).name}"


def _image_of(shown: SpreadShown, tones: Tones, pixels: tuple[int, int], ratio: float) -> QImage:
    """Drawn by matplotlib, as many pixels as asked for."""
    from segcore.inspection.attention_chart import spread_figure

    dots = _DOTS_PER_INCH * ratio
    figure = spread_figure(
        shown.spreads,
        shown.size,
        text=tones.text,
        background=tones.panel,
        inches=(pixels[0] / dots, pixels[1] / dots),
        dots_per_inch=dots,
    )
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return QImage.fromData(stream.getvalue())
