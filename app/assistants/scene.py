"""What an assistant is given, and what it hands back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from app.gesture import Gesture
from app.tool_options import Options
from segcore.classes import ClassTable
from segcore.edits import Proposal
from segcore.geometry import Point, Size
from segcore.progress import CancelToken

if TYPE_CHECKING:
    from app.inference.inquiry import Inquiry
    from app.inference.requests import ModelInfo

T = TypeVar("T")


class Memo:
    """What assistants keep of one picture for the next gesture; used on their two threads alone."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[Hashable, Any]] = {}
        self._lock = threading.Lock()

    def keep(self, name: Hashable, key: Hashable, make: Callable[[], T]) -> T:
        """The value made under a name for this key; another key makes it anew and drops the old.

        Put what the value depends on beside the picture into the key: options, or
        `scene.changes` where it depends on the labels.
        """
        kept = self._kept.get(name)
        if kept is None or kept[0] != key:
            made = make()
            with self._lock:  # two threads that made it at once go on with the same value
                kept = self._kept.get(name)
                if kept is None or kept[0] != key:
                    kept = self._kept[name] = (key, made)
        value: T = kept[1]
        return value


@dataclass(frozen=True, eq=False)
class LastPicture:
    """The picture that was open before: its name, and its (H, W) class ids."""

    name: str
    labels: npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Scene:
    """The picture as it was when the hand asked; nothing of it may be written to.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        labels: (H, W) class ids, the document's own array.
        origins: (H, W) uint8 rows of the origin table, the document's own array.
        classes: the project's classes.
        class_id: the active class; -1 when there is none.
        changes: counts the changes of labels and origins.
        cancel: raised when nobody wants the answer any more.
        memo: what is kept of this picture.
        models: rows of the origin table that stand for models.
        model: the model in use, whose `spec` a question to it needs; None until one is loaded.
        ask: puts a question to the model and waits for the answer; raises `Cancelled` when nobody
            wants it any more, or the model refuses.
        hidden: class ids that the overlay leaves out.
        last: reads the labels of the picture that was open before; None where there was none.
    """

    image: npt.NDArray[np.uint8]
    labels: npt.NDArray[Any]
    origins: npt.NDArray[np.uint8]
    classes: ClassTable
    class_id: int
    changes: int
    cancel: CancelToken
    memo: Memo
    models: frozenset[int]
    model: ModelInfo | None
    ask: Callable[[Inquiry], Any]
    hidden: frozenset[int] = frozenset()
    last: Callable[[], LastPicture | None] = lambda: None

    @property
    def size(self) -> Size:
        """(height, width) of the picture."""
        return self.labels.shape[0], self.labels.shape[1]

    @property
    def ignore(self) -> int:
        """The id of unlabelled pixels."""
        return int(np.iinfo(self.labels.dtype).max)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What an assistant proposes.

    Attributes:
        proposal: the pixels, None when there are none.
        note: what to say of it in the bar above the canvas, beside the number of pixels.
        path: a line to be drawn, whole image pixels, the way that scissors found for example.
        propagated: another picture says so, rather than the person.
        model: name and hash of the model that says so, rather than the person; empty for none.
    """

    proposal: Proposal | None = None
    note: str = ""
    path: tuple[Point, ...] = field(default=())
    propagated: bool = False
    model: tuple[str, str] | None = None


class Work(Protocol):
    """What an assistant does."""

    def __call__(self, scene: Scene, gesture: Gesture, options: Options, /) -> Outcome | None:
        """What is proposed for a gesture; None for nothing."""
        ...


class GetReady(Protocol):
    """What an assistant works out before the first gesture."""

    def __call__(self, scene: Scene, point: Point, options: Options, /) -> None:
        """The pointer is at a pixel of the picture: have at hand what gestures there will need."""
        ...


@dataclass(frozen=True)
class Assistant:
    """One row of the table.

    Attributes:
        work: the function.
        title: what the undo menu calls its edits.
        standing: it needs no hand: it is asked as soon as its tool is chosen.
        follows_class: what it proposes depends on the active class.
        rough: says roughly and at once what `work` will say, to be shown meanwhile; on a thread of
            its own, where it must not ask the model.
        get_ready: called when the tool is in hand and the pointer rests on the picture.
    """

    work: Work
    title: str
    standing: bool = False
    follows_class: bool = False
    rough: Work | None = None
    get_ready: GetReady | None = None
