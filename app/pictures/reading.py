"""Reading pictures with their labels, ahead of time where they are likely to be asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.lay_under import LabelMap, Origins
from app.pictures.claims import Claims
from app.priority import step_behind_the_window
from segcore.edits import warm_up
from segcore.errors import ImageError
from segcore.images import read_image
from segcore.project import Project
from segcore.project.origins import NOBODY

READ_AHEAD_BYTES = 512 << 20
"""Of pictures and labels kept decoded beside the open one."""

HUGE = 50_000_000
"""Pixels from which the memory that strokes work in is taken when the picture is read."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture and its labels, as they were at change number `changes`."""

    image: npt.NDArray[np.uint8]
    labels: LabelMap
    origins: Origins
    labelled: bool
    changes: int

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return self.image.nbytes + self.labels.nbytes + self.origins.nbytes


class PictureReader:
    """Reads the pictures of one project, keeping the newest within a number of bytes.

    `read` may be called from every thread; a picture that is being read ahead is waited for, not
    read twice.
    """

    def __init__(self, project: Project, claims: Claims, budget: int = READ_AHEAD_BYTES) -> None:
        self._project = project
        self._claims = claims
        self._budget = budget
        self._kept: OrderedDict[str, Picture] = OrderedDict()
        self._under_way: dict[str, Future[Picture]] = {}
        self._lock = threading.Lock()
        self._ahead = ThreadPoolExecutor(1, "read-ahead", step_behind_the_window)

    def read(self, name: str) -> Picture:
        """The picture, with labels of its own that the caller may change.

        Raises:
            SegcoreError: it cannot be read; the sentence names it.
        """
        picture = self._arrived(name) or read_picture(self._project, self._claims, name)
        fresh = self._with_fresh_labels(name, picture)
        with self._lock:
            self._kept.pop(name, None)
        self._keep(name, self._without_labels(fresh))
        return fresh

    def read_ahead(self, names: list[str]) -> None:
        """Read these in the background; what was asked for before and has not begun is dropped."""
        with self._lock:
            for name, future in list(self._under_way.items()):
                if name not in names and future.cancel():
                    del self._under_way[name]
            for name in names:
                if name not in self._under_way and not self._is_ready(name):
                    self._under_way[name] = self._ahead.submit(self._read_into_store, name)

    def close(self) -> None:
        """Drop everything; what is being read ends by itself."""
        self._ahead.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._kept.clear()
            self._under_way.clear()

    def _arrived(self, name: str) -> Picture | None:
        with self._lock:
            under_way = self._under_way.pop(name, None)
            if under_way is None or under_way.cancel():
                return self._kept.get(name)
        return under_way.result()

    def _is_ready(self, name: str) -> bool:
        kept = self._kept.get(name)
        return kept is not None and kept.changes == self._claims.changes(name)

    def _read_into_store(self, name: str) -> Picture:
        with self._lock:
            kept = self._kept.get(name)
        if kept is None:
            picture = read_picture(self._project, self._claims, name)
        else:
            picture = with_labels(self._project, self._claims, name, kept.image)
        self._keep(name, picture)
        with self._lock:
            self._under_way.pop(name, None)
        return picture

    def _with_fresh_labels(self, name: str, picture: Picture) -> Picture:
        if picture.changes == self._claims.changes(name) and picture.labels.size:
            return picture
        return with_labels(self._project, self._claims, name, picture.image)

    def _without_labels(self, picture: Picture) -> Picture:
        """What stays of a picture that was handed out: its labels now belong to the caller."""
        nothing = np.zeros((0, 0), np.uint8)
        return Picture(picture.image, nothing, nothing, picture.labelled, -1)

    def _keep(self, name: str, picture: Picture) -> None:
        with self._lock:
            self._kept[name] = picture
            self._kept.move_to_end(name)
            while len(self._kept) > 1 and sum(p.nbytes for p in self._kept.values()) > self._budget:
                self._kept.popitem(last=False)


def read_picture(project: Project, claims: Claims, name: str) -> Picture:
    """Decode a picture and its labels."""
    return with_labels(project, claims, name, read_image(project.image_path(name)))


def with_labels(
    project: Project, claims: Claims, name: str, image: npt.NDArray[np.uint8]
) -> Picture:
    """A decoded picture with its labels as the project has them now.

    Raises:
        ImageError: the labels are of another size than the picture.
    """
    changes = claims.changes(name)
    labelled = project.has_labels(name)
    size = (image.shape[0], image.shape[1])
    if not labelled:
        classes = project.classes
        labels = np.full(size, classes.ignore, classes.dtype)
        # Written and not np.zeros: the pages are taken here rather than under the first strokes.
        origins = np.full(size, NOBODY, np.uint8)
    else:
        maps = project.maps(name)
        labels, origins = maps.labels, maps.origins
    if labels.shape != size:
        raise ImageError(
            f"{name} is {size[1]} x {size[0]} pixels but its labels are {labels.shape[1]} x "
            f"{labels.shape[0]}: put the picture back that they were made on."
        )
    if labels.size > HUGE:
        warm_up()
    return Picture(image, labels, origins, labelled=labelled, changes=changes)
