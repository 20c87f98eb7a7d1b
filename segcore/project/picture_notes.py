"""What is noted about pictures beside their labels: status, comment, uncertainty, time of edits."""

from __future__ import annotations

import math
from contextlib import suppress

from segcore.errors import ProjectError
from segcore.project.lifecycle import ProjectFolder
from segcore.project.maps import JOURNAL, LABELS
from segcore.project.states import STATUSES, PictureState, line


class PictureNotes(ProjectFolder):
    """The part of a project that knows how far the work on each picture is; see `Project`.

    Every call raises `ProjectError` where there is no such picture.
    """

    def state(self, name: str) -> PictureState:
        """Everything that is noted about a picture at once; to be read only."""
        return self._pictures.state(name)

    def status(self, name: str) -> str:
        """One of `STATUSES`."""
        return self._pictures.state(name).status

    def set_status(self, name: str, status: str) -> None:
        """Set the status; ProjectError when it is none of `STATUSES`."""
        if status not in STATUSES:
            raise ProjectError(f"{status!r} is no status: use {', '.join(STATUSES)}.")
        recorder = self._writable()
        self._pictures.state(name).status = status
        recorder.submit([line(name, status=status)])

    def comment(self, name: str) -> str:
        """What was noted about a picture."""
        return self._pictures.state(name).comment

    def set_comment(self, name: str, comment: str) -> None:
        """Note something about a picture."""
        recorder = self._writable()
        self._pictures.state(name).comment = comment
        recorder.submit([line(name, comment=comment)])

    def uncertainty(self, name: str) -> float:
        """How uncertain the last prediction of a picture was, 0 to 1; NaN before the first."""
        return self._pictures.state(name).uncertainty

    def set_uncertainty(self, name: str, uncertainty: float) -> None:
        """Note how uncertain a prediction was, to four digits; NaN says nothing and is left out."""
        recorder = self._writable()
        state, rounded = self._pictures.state(name), round(float(uncertainty), 4)
        if rounded == state.uncertainty or math.isnan(rounded):
            return
        state.uncertainty = rounded
        recorder.submit([line(name, uncertainty=rounded)], hurry=False)

    def edit_times(self) -> dict[str, float]:
        """When the labels of each labelled picture last changed, seconds since the epoch.

        From the files: the folder of labels is walked, which takes a second for 100,000 pictures.
        """
        times: dict[str, float] = {}
        for kind, ending in ((LABELS, ".png"), (JOURNAL, ".journal")):
            for name, path in self._pictures.with_file(kind, ending):
                with suppress(OSError):  # a journal that was folded meanwhile
                    times[name] = max(times.get(name, 0.0), path.stat().st_mtime)
        times.pop("", None)
        return times
