"""Mask, overlay and view into files and to the clipboard, without holding up the window."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication, QImage

from app.convert import to_array, to_qimage
from app.document import Document
from app.relay import Relay
from app.user_error import UserError, user_error
from app.view_state import ViewState
from segcore.classes import ClassTable
from segcore.errors import Cancelled, RequestError
from segcore.labels import LabelMap, write_label_map
from segcore.picture_files import checked_kind, explained, write_picture
from segcore.progress import CancelToken
from segcore.render import blend, class_colours

Pixels = npt.NDArray[np.uint8]

MOST_COPIED = 100_000_000
"""Pixels of a picture that still goes to the clipboard; programs that paste take no more."""


@dataclass(frozen=True, eq=False)
class _Shown:
    """What is written: references to what was shown when it was asked for."""

    image: Pixels
    labels: LabelMap
    classes: ClassTable
    opacity: float
    hidden: frozenset[int]
    outlined: bool

    def mask(self) -> Pixels:
        """(H, W, 3) RGB in the classes' colours."""
        return class_colours(self.labels, self.classes)

    def overlay(self) -> Pixels:
        """(H, W, 3) RGB: the picture with the classes over it as on the screen."""
        return blend(
            self.image,
            self.labels,
            self.classes,
            self.opacity,
            hidden=self.hidden,
            outlined=self.outlined,
        )


class PicturesOut(QObject):
    """Writes and copies one picture after the other on a thread of its own.

    Signals: `workChanged(id, title)` when one begins, and with an empty title when it has ended.
    """

    workChanged = Signal(int, str)
    saved = Signal(str)
    notice = Signal(str)
    failed = Signal(object)

    def __init__(
        self, document: Document, view_state: ViewState, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._state = view_state
        self._relay = Relay(self)
        self._thread = ThreadPoolExecutor(1, "pictures-out")
        self._numbers = itertools.count(1)
        self._token = CancelToken()

    def save_mask(self, path: Path) -> None:
        """Write the class ids as an indexed PNG (16-bit grey above 255 classes)."""

        def write(shown: _Shown, _cancel: CancelToken) -> None:
            checked_kind(path, (".png",))
            with explained(path):
                write_label_map(path, shown.labels.copy(), shown.classes)

        self._save(path, write)

    def save_overlay(self, path: Path) -> None:
        """Write the picture at its full size with the classes over it, as PNG or JPEG."""
        self._save(path, lambda shown, cancel: write_picture(path, shown.overlay(), cancel))

    def save_view(self, path: Path, view: QImage) -> None:
        """Write what is in sight, as PNG or JPEG."""
        title = self._saving(path)
        self._begin(title, lambda cancel: write_picture(path, to_array(view), cancel), path)

    def copy_mask(self) -> None:
        """Put the mask on the clipboard, in the classes' colours."""
        self._copy(_Shown.mask)

    def copy_overlay(self) -> None:
        """Put the picture at its full size with the classes over it on the clipboard."""
        self._copy(_Shown.overlay)

    def copy_view(self, view: QImage) -> None:
        """Put what is in sight on the clipboard."""
        self._lay_on_clipboard(view.copy())

    def cancel(self) -> None:
        """Give up what is being written or waits; what was there before stays."""
        self._token.cancel()
        self._token = CancelToken()

    def shutdown(self) -> None:
        """Finish what is being written."""
        self._thread.shutdown(wait=True)
        self._relay.close()

    def _shown(self) -> _Shown | None:
        document, state = self._document, self._state
        if document.image is None or document.labels is None:
            return None
        return _Shown(
            document.image,
            document.labels,
            document.classes,
            state.overlay_opacity,
            state.hidden_classes,
            state.contours,
        )

    def _save(self, path: Path, write: Callable[[_Shown, CancelToken], None]) -> None:
        shown = self._shown()
        if shown is not None:
            self._begin(self._saving(path), lambda cancel: write(shown, cancel), path)

    def _copy(self, colours: Callable[[_Shown], Pixels]) -> None:
        shown = self._shown()
        if shown is None:
            return
        if shown.labels.size > MOST_COPIED:
            sentence = self.tr("This picture is too large for the clipboard: save it instead.")
            self.failed.emit(UserError(sentence))
            return

        def copy(cancel: CancelToken) -> None:
            image = to_qimage(colours(shown))
            cancel.raise_if_cancelled()
            self._relay.post(self._lay_on_clipboard, image)

        self._begin(self.tr("Copying"), copy)

    def _begin(
        self, title: str, work: Callable[[CancelToken], None], path: Path | None = None
    ) -> None:
        number, token = next(self._numbers), self._token
        self.workChanged.emit(number, title)
        self._thread.submit(self._run, number, title, work, token, path)

    def _run(
        self,
        number: int,
        title: str,
        work: Callable[[CancelToken], None],
        token: CancelToken,
        path: Path | None,
    ) -> None:
        try:
            token.raise_if_cancelled()
            work(token)
        except Cancelled:
            pass
        except MemoryError:
            error = RequestError("There is not enough memory for this: close other programs.")
            self._relay.post(self.failed.emit, user_error(error, title))
        except Exception as error:  # noqa: BLE001 - told to the person; the thread goes on
            self._relay.post(self.failed.emit, user_error(error, title))
        else:
            if path is not None:
                self._relay.post(self._tell_saved, path)
        finally:
            self._relay.post(self.workChanged.emit, number, "")

    def _saving(self, path: Path) -> str:
        return self.tr("Saving {}").format(path.name)

    def _tell_saved(self, path: Path) -> None:
        self.saved.emit(str(path))
        self.notice.emit(self.tr("Saved {}").format(path))

    def _lay_on_clipboard(self, image: QImage) -> None:
        QGuiApplication.clipboard().setImage(image)
