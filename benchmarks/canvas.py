"""How long the canvas keeps a person waiting: strokes, panning, zooming, opening a picture.

    python benchmarks/canvas.py [--side 20000] [--moves 200] [--batch MODEL] [--compare] [--protect]
        [--json]

The real `Canvas` and the real `segcore.edits.Stroke` on a square label map, in a view of
1600 x 1000, with the minimap. A stroke's move is timed from the mouse event to painted pixels: the
edit, filling the damaged tiles, and the repaint, on the GUI thread. `--batch` predicts with a model
in another thread meanwhile, as "Predict all" does; `--compare` also paints side by side and beside
the line of a swipe, and moves that line; `--protect` locks two classes and what people said.
Milliseconds of wall time; beside them the processor time of the GUI thread, which tells what the
canvas costs from what a busy machine adds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from app.canvas.canvas import Canvas
from app.priority import step_behind_the_window
from segcore.classes import ClassTable
from segcore.display import DisplayCurve
from segcore.edits import Protection, Stroke, warm_up

VIEW = (1600, 1000)
BRUSH = 500
FRAME = 16.0
LONGEST_MOVE = 300.0
CLASSES = ClassTable.from_names([f"class {i}" for i in range(19)])
NOTHING_PROTECTED = Protection()
PROTECTED = Protection(frozenset({3, 12}), ground="untouched", models=frozenset({1}))
"""Strokes here are of origin 1, so that they go over their own pixels as they do unprotected."""
Row = dict[str, float | str]


class Watch:
    """Wall time and processor time of this thread, from its making on."""

    def __init__(self) -> None:
        self._began = self._now()

    def read(self) -> np.ndarray:
        """(wall, processor) seconds."""
        return self._now() - self._began

    @staticmethod
    def _now() -> np.ndarray:
        return np.array([time.perf_counter(), time.thread_time()])


class Painter:
    """What a labelling controller does with the canvas's strokes."""

    def __init__(
        self, canvas: Canvas, labels: np.ndarray, origins: np.ndarray, protection: Protection
    ) -> None:
        self.canvas, self.labels, self.origins = canvas, labels, origins
        self.protection = protection
        self.edit = np.zeros(2)
        self._stroke: Stroke | None = None
        self._last = (0, 0)
        canvas.strokeBeginRequested.connect(self.begin)
        canvas.strokeMoveRequested.connect(self.move)
        canvas.strokeAbortRequested.connect(self.abort)

    def begin(self, x: int, y: int, _erase: bool) -> None:
        self._stroke = Stroke(
            self.labels,
            self.origins,
            paintable=self.protection.id_table(self.labels.dtype),
            paintable_origins=self.protection.origin_table(),
            origins_later=True,
        )
        self._last = (x, y)
        self.move(x, y)

    def move(self, x: int, y: int) -> None:
        if self._stroke is None:
            return
        watch = Watch()
        box = self._stroke.paint_segment(self._last, (x, y), BRUSH, 7, 1)
        self.edit = watch.read()
        self._last = (x, y)
        self.canvas.update_labels(box)

    def rest(self) -> None:
        """What the window does once the labels are on the screen."""
        if self._stroke is not None:
            self._stroke.settle()

    def abort(self) -> None:
        if self._stroke is not None:
            self.canvas.update_labels(self._stroke.abort())
            self._stroke = None


def send(canvas: Canvas, kind: QEvent.Type, at: tuple[float, float]) -> None:
    """A mouse event as Qt would deliver it, the left button held."""
    point = QPointF(*at)
    left = Qt.MouseButton.LeftButton
    button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else left
    held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else left
    event = QMouseEvent(kind, point, point, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(canvas, event)


def path(moves: int, seed: int = 0, view: tuple[int, int] = VIEW) -> Iterator[tuple[float, float]]:
    """Points in a (width, height) view, each up to 300 screen pixels from the one before.

    Every tenth is as far away as that.
    """
    rng = np.random.default_rng(seed)
    at = np.array(view) / 2
    for index in range(moves):
        length = LONGEST_MOVE if index % 10 == 0 else rng.uniform(2, LONGEST_MOVE)
        for _ in range(100):
            angle = rng.uniform(0, 2 * np.pi)
            to = at + length * np.array([np.cos(angle), np.sin(angle)])
            if 0 <= to[0] < view[0] and 0 <= to[1] < view[1]:
                break
        at = np.clip(to, 0, np.array(view) - 1)
        yield float(at[0]), float(at[1])


def stroke_row(name: str, canvas: Canvas, painter: Painter, moves: int) -> list[Row]:
    """Time the moves of one long stroke; and, of the same moves, what is not the edit."""
    send(canvas, QEvent.Type.MouseButtonPress, (VIEW[0] / 2, VIEW[1] / 2))
    QApplication.processEvents()
    whole, own = [], []
    for at in path(moves):
        watch = Watch()
        send(canvas, QEvent.Type.MouseMove, at)
        QApplication.processEvents()
        whole.append(watch.read())
        own.append(whole[-1] - painter.edit)
        painter.rest()
    canvas.abort_stroke()
    QApplication.processEvents()
    return [row(f"stroke, {name}", whole), row(f"  of it canvas, {name}", own, reach=None)]


def frame_row(name: str, frames: int, step: Callable[[int], None]) -> Row:
    """Time a change of the view and the repaint after it."""
    taken = []
    for index in range(frames):
        watch = Watch()
        step(index)
        QApplication.processEvents()
        taken.append(watch.read())
    return row(name, taken)


def row(name: str, taken: list[np.ndarray], *, reach: float | None = FRAME) -> Row:
    """Median, 95th percentile and maximum of wall time; the first two of processor time."""
    wall, cpu = np.array(taken).T * 1e3
    p50, p95, most = (float(np.percentile(wall, part)) for part in (50, 95, 100))
    result: Row = {"what": name, "p50": p50, "p95": p95, "max": most}
    result |= {"cpu p50": float(np.percentile(cpu, 50)), "cpu p95": float(np.percentile(cpu, 95))}
    return result if reach is None else result | {"reach": reach}


def label_map(side: int) -> np.ndarray:
    """Smooth regions of 19 classes, as large as asked for."""
    coarse = cv2.GaussianBlur(np.random.default_rng(1).random((200, 200)), (0, 0), 4)
    ranks = coarse.ravel().argsort().argsort().reshape(coarse.shape)
    ids = (ranks * len(CLASSES) // ranks.size).astype(np.uint8)
    return cv2.resize(ids, (side, side), interpolation=cv2.INTER_NEAREST)


def picture(side: int) -> np.ndarray:
    """(side, side, 3) uint8 RGB with detail at every scale."""
    tile = np.random.default_rng(2).integers(0, 255, (500, 500, 3)).astype(np.uint8)
    detail = cv2.GaussianBlur(tile, (0, 0), 1.5)
    return np.tile(detail, (-(-side // 500), -(-side // 500), 1))[:side, :side].copy()


@contextmanager
def predicting(model: str | None) -> Iterator[None]:
    """Predict one picture after the other in another thread."""
    if model is None:
        yield
        return
    import segcore

    predictor = segcore.Predictor.load(model)
    image = picture(1000)
    stop = threading.Event()

    def run() -> None:
        step_behind_the_window()
        while not stop.is_set():
            predictor.predict(image)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def comparing_rows(canvas: Canvas, painter: Painter, moves: int) -> list[Row]:
    """Strokes in both ways of comparing, and the line of the swipe moved."""
    rows: list[Row] = []
    for kind in ("side_by_side", "swipe"):
        canvas.set_comparison(kind, 0.4)
        for name, look in (("1:1", lambda: canvas.zoom_to(1.0)), ("fit", canvas.fit)):
            look()
            QApplication.processEvents()
            rows += stroke_row(f"{kind}, {name}", canvas, painter, moves)
    for name, look in (("1:1", lambda: canvas.zoom_to(1.0)), ("fit", canvas.fit)):
        look()
        QApplication.processEvents()
        rows.append(
            frame_row(
                f"line of the swipe, {name}",
                60,
                lambda i: canvas.set_comparison("swipe", 0.5 + 0.4 * math.sin(i / 5)),
            )
        )
    canvas.set_comparison("overlay")
    return rows


def measure(
    side: int, moves: int, *, compare: bool = False, protection: Protection = NOTHING_PROTECTED
) -> list[Row]:
    """All rows."""
    canvas = Canvas()
    canvas.resize(*VIEW)
    canvas.show()
    labels = label_map(side)
    origins = np.full(labels.shape, 0, np.uint8)
    warm_up()  # as the program does when it reads a huge picture
    canvas.set_classes(CLASSES)
    canvas.set_image(picture(side))
    canvas.set_labels(labels)
    canvas.set_brush(BRUSH, (255, 0, 0))
    canvas.set_tool("brush")
    QApplication.processEvents()
    canvas.wait_until_smooth()
    QApplication.processEvents()
    painter = Painter(canvas, labels, origins, protection)
    rows = []
    for name, look in (("1:1", lambda: canvas.zoom_to(1.0)), ("fit", canvas.fit)):
        look()
        QApplication.processEvents()
        rows += stroke_row(name, canvas, painter, moves)
    if compare:
        rows += comparing_rows(canvas, painter, moves)
    canvas.fit()
    QApplication.processEvents()
    rows.append(frame_row("pan by 25, fit", 60, lambda i: canvas.pan_by(25 * (-1) ** (i // 8), 9)))
    canvas.zoom_to(1.0)
    rows.append(frame_row("pan by 25, 1:1", 60, lambda _: canvas.pan_by(25, 9)))
    zooms = [1.0 * 2 ** (-i / 12) for i in range(48)]
    rows.append(frame_row("zoom by 1/12", len(zooms), lambda i: canvas.zoom_to(zooms[i])))
    rows.append(opening_row(canvas))
    canvas.wait_until_smooth()
    rows.append(display_row(canvas))
    canvas.close()
    return rows


def opening_row(canvas: Canvas) -> Row:
    """Another picture of 12 megapixels, until it is first on the screen."""
    pictures = [picture(3464) for _ in range(2)]
    labels = [label_map(3464) for _ in range(2)]

    def show(index: int) -> None:
        canvas.set_image(pictures[index % 2])
        canvas.set_labels(labels[index % 2])

    opened = frame_row("open 12 megapixels, on screen", 10, show)
    opened["reach"] = 50.0
    return opened


def display_row(canvas: Canvas) -> Row:
    """The slider of the contrast under a picture of 12 megapixels that fits into the view."""
    canvas.fit()
    QApplication.processEvents()
    tables = [DisplayCurve(contrast=1 + i / 40).table() for i in range(1, 60)]
    return frame_row(
        "contrast of 12 megapixels, fit", len(tables), lambda i: canvas.set_display(tables[i])
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--side", type=int, default=20_000, help="pixels a side of the picture")
    parser.add_argument("--moves", type=int, default=200, help="mouse moves of each stroke")
    parser.add_argument("--batch", metavar="MODEL", help="predict with it meanwhile")
    parser.add_argument("--compare", action="store_true", help="also side by side and swipe")
    parser.add_argument("--protect", action="store_true", help="some pixels may not be changed")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QApplication.instance() or QApplication([])
    with predicting(arguments.batch):
        rows = measure(
            arguments.side,
            arguments.moves,
            compare=arguments.compare,
            protection=PROTECTED if arguments.protect else NOTHING_PROTECTED,
        )
    del application
    if arguments.json:
        print(json.dumps({"side": arguments.side, "batch": arguments.batch, "rows": rows}))
        return
    columns = ("p50", "p95", "max", "cpu p50", "cpu p95")
    print(f"{'ms':34}" + "".join(f"{title:>9}" for title in (*columns, "reach")))
    for measured in rows:
        figures = "".join(f"{measured[key]:9.1f}" for key in columns)
        reach = f"{measured['reach']:9.0f}" if "reach" in measured else ""
        print(f"{measured['what']:34}{figures}{reach}")


if __name__ == "__main__":
    main()
