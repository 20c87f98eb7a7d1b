"""Everything that writes into an open project: its lock, its two threads, its index."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from segcore.classes import ClassTable
from segcore.edits import Edit
from segcore.errors import ImageError, ProjectError
from segcore.project.folding import Folding, file_digest
from segcore.project.history import Histories, HistoryState
from segcore.project.history_records import Move
from segcore.project.index import IndexRow
from segcore.project.journal import Record, Rectangle, last_sequence
from segcore.project.known_labels import KnownLabels
from segcore.project.lock import FolderLock
from segcore.project.maps import (
    MapFiles,
    Maps,
    map_header,
    read_maps,
    write_maps,
)
from segcore.project.names import check_stays_inside, history_path
from segcore.project.pictures import PictureList
from segcore.project.removal import bring_back, put_away, reconcile
from segcore.project.states import StatesContent, line
from segcore.project.tidying import left_journals, tidied_states
from segcore.project.writer import Writer

FOLD_BYTES = 8 << 20
FOLD_RECORDS = 1000
FOLD_SHARE = 8
"""A journal is folded when it has a byte for every so many pixels, but at `FOLD_BYTES` at least:
folding writes the whole map, seconds of work at 400 megapixels."""
CLOSING_SECONDS = 10.0

PutInPlace = Callable[[Path, Callable[[Sequence[str]], None]], None]


class Recorder:
    """The writing half of a project; `Project` checks what goes in.

    Edits are numbered here, picture by picture, and each number is larger than any in the
    picture's PNG files and journal.
    """

    def __init__(
        self,
        folder: Path,
        states: StatesContent,
        pictures: PictureList,
        *,
        lock: FolderLock,
        classes: ClassTable,
        foreign_origin: Callable[[], int],
        on_trouble: Callable[[str], None],
    ) -> None:
        """Clean up after a kill, start the threads; the lock is released with the recorder.

        Raises:
            ProjectError: the folder cannot be written.
        """
        self.notes: list[str] = []
        self._folder, self._pictures, self._classes = folder, pictures, classes
        self._foreign_origin = foreign_origin
        self._on_trouble = on_trouble
        self._numbers: dict[str, int] = {}
        self._unfolded: dict[str, int] = {}
        self._fold_bytes: dict[str, int] = {}
        self._arriving: set[str] = set()  # between their journal and the index
        self._guard = threading.Lock()
        self._one_fold = threading.Lock()
        self._lock = lock
        length = tidied_states(folder, states, pictures)
        self.notes += reconcile(folder, pictures.names, pictures.removed)
        self._known = KnownLabels(folder, pictures)
        self._histories = Histories()
        self._writer = Writer(folder, length, self._histories, on_trouble)
        self._folding = Folding(self._fold, on_trouble)
        left, notes = left_journals(pictures)
        self._unfolded.update(dict.fromkeys(left, 1))
        self.notes += notes
        atexit.register(self._at_exit)

    @property
    def last_saved(self) -> float | None:
        """When the last edit reached the disk, seconds since the epoch; None before the first."""
        return self._writer.last_saved

    def check(self) -> None:
        """Raise ProjectError for what went wrong in the background and was not yet said here."""
        self._writer.check()
        trouble = self._folding.take_trouble()
        if trouble is not None:
            raise ProjectError(trouble)

    def record(self, name: str, rectangles: Iterable[Rectangle], move: Move | None = None) -> int:
        """Queue an edit; it is in memory when this returns and on disk a moment later.

        Returns its number. What `move` says of it decides what can be undone.
        """
        rectangles = tuple(rectangles)
        with self._guard:
            number = self._last_number(name) + 1
            self._writer.submit_record(name, Record(number, rectangles), move)
            self._numbers[name] = number
            waiting = self._unfolded[name] = self._unfolded.get(name, 0) + 1
        enough = self._fold_bytes.get(name, FOLD_BYTES)
        if waiting % FOLD_RECORDS == 0 or self._writer.journal_length(name) > enough:
            self._folding.request(name)
        return number

    def history(self, name: str) -> HistoryState:
        """What can be undone of a picture and done again.

        Raises:
            ProjectError: the disk refuses edits of before, or the picture's files are damaged.
        """
        self._writer.flush()
        with self._guard:
            number = self._last_number(name)
            history = self._histories.known(name)
            if history is None:
                return HistoryState()
            if not self._writer.pending(name):
                history.settle(number)
        return history.state()

    def edit_of(self, name: str, sequence: int) -> Edit:
        """The edit that a step of the history names.

        Raises:
            LookupError: it is not there any more.
            ProjectError: it cannot be read.
        """
        history = self._histories.known(name)
        if history is None:
            raise LookupError(sequence)
        return history.edit(sequence)

    def keeps(self, name: str, sequence: int) -> bool:
        """Whether a step of the history is on disk."""
        history = self._histories.known(name)
        return history is not None and history.keeps(sequence)

    def write_first(self, name: str, whole: Rectangle) -> bool:
        """Put the first labels of a picture straight into its PNG files, without a journal.

        False, and nothing is done, where the picture has labels or edits, or the disk refuses: the
        journal is the way then. The label map comes last: before it is there, the picture has no
        labels, and afterwards both maps are whole.
        """
        with self._one_fold:
            files = MapFiles.of(self._folder, name)
            with self._guard:
                if name in self._unfolded or files.labels.exists():
                    return False
                if whole.labels.dtype != self._classes.dtype:
                    return False  # the classes have outgrown them meanwhile
                number = self._numbers[name] = self._last_number(name) + 1
            try:
                write_maps(files, Maps(whole.labels, whole.origins, number), self._classes)
            except OSError:
                return False  # the journal keeps them in memory, and says why
        self._known.note(IndexRow(name, number, self._digest(name)))
        return True

    def pending(self, name: str) -> list[Record]:
        """Edits of a picture that are not on disk yet."""
        return self._writer.pending(name)

    def remove(self, name: str) -> None:
        """Put a picture's files away, after what is under way for them.

        Raises:
            ProjectError: the disk refuses.
        """
        self._move(name, put_away)

    def restore(self, name: str) -> None:
        """Bring the files of a picture that was removed back; raises as `remove`."""
        self._move(name, bring_back)

    def _move(self, name: str, move: Callable[[Path, str], None]) -> None:
        self._writer.flush()
        with self._one_fold, self._guard:
            try:
                move(self._folder, name)
            except OSError as error:
                raise ProjectError(
                    f"The labels of {name} cannot be moved ({error.strerror or error}): make the "
                    "folder writable and open the project again, they are moved then."
                ) from error
            self._forget(name)

    def _forget(self, name: str) -> None:
        """Look at a picture's files anew when they are next asked for: they are others now."""
        self._numbers.pop(name, None)
        self._unfolded.pop(name, None)
        self._histories.forget(name)
        if MapFiles.of(self._folder, name).journal.exists():
            self._unfolded[name] = 1

    def next_number(self, name: str) -> int:
        """The number of a picture's next edit; the picture need not be listed yet."""
        with self._guard:
            return self._last_number(name) + 1

    def log_length(self, name: str) -> int:
        """Bytes of a picture's undo history; -1 where it cannot be read."""
        with self._guard:
            number = self._last_number(name)
            history = self._histories.known(name)
            if history is None:
                return -1
            history.settle(number)
            return history.length

    def replace_files(self, rows: Iterable[IndexRow], classes: ClassTable, put: PutInPlace) -> None:
        """Let `put` replace the files of pictures and list them, while no journal is folded.

        Raises:
            ProjectError: the disk refuses.
        """
        with self._one_fold:
            put(self._folder, self._writer.list_now)
            self._classes = classes
            for row in rows:
                with self._guard:
                    self._forget(row.image)
                self._known.note(row)

    def submit(self, lines: Iterable[str], *, hurry: bool = True) -> None:
        """Queue lines for the picture list; without `hurry` they wait a moment for more."""
        self._writer.submit_lines(lines, hurry=hurry)

    def has_edits(self, name: str) -> bool:
        """Whether a picture has edits that are not in its PNG files."""
        return name in self._unfolded or name in self._arriving

    def fold(self, name: str) -> None:
        """Bring a picture's journal into its PNG files soon."""
        self._folding.request(name)

    def flush(self, *, folded: bool = False) -> None:
        """Wait until every edit is on disk; with `folded`, until journals asked for are in PNGs.

        Raises:
            ProjectError: the disk refuses.
        """
        self._writer.flush()
        if folded:
            self._folding.wait()
            self.check()

    def labelled(self) -> list[str]:
        """Names of the pictures with labels, in the order of the list."""
        with self._guard:
            waiting = set(self._unfolded) | self._arriving
        return self._known.names(waiting)

    def set_classes(self, classes: ClassTable, path: Path) -> None:
        """Write another class table; label maps go by it from here on.

        Raises:
            ProjectError: it cannot be written; everything is then as it was.
        """
        self._writer.flush()
        with self._one_fold:
            try:
                classes.write(path)
            except OSError as error:
                raise ProjectError(
                    f"{path} cannot be written ({error.strerror or error}): make room, or make "
                    "the folder writable."
                ) from error
            self._classes = classes

    def rewrite_all(self) -> None:
        """Write every label map anew, for classes that need more bits.

        Maps of 8 bits are widened as they are read, so a kill in between loses nothing.

        Raises:
            ProjectError: one of them cannot be read or written.
        """
        for name in self.labelled():
            try:
                self._fold(name, always=True)
            except (OSError, ImageError) as error:
                raise ProjectError(
                    f"The labels of {name} could not be written with 16 bits ({error}): they are "
                    "safe as they are; put it right and save again."
                ) from error

    def close(self) -> None:
        """Bring everything to disk and let others write.

        Folding that would take long is left to the next time: the journals are on disk.

        Raises:
            ProjectError: the disk refuses the last edits; they stay in memory, and `close` may be
                called again.
        """
        self._writer.flush()
        with self._guard:
            waiting = list(self._unfolded)
        for name in waiting:
            self._folding.request(name)
        self._folding.wait(CLOSING_SECONDS)
        self._folding.stop()
        self._writer.flush()
        self.abandon()

    def abandon(self) -> None:
        """Stop without waiting for the disk; edits that it has refused are lost."""
        atexit.unregister(self._at_exit)
        self._folding.stop()
        self._writer.stop()
        self._known.close()
        self._lock.release()

    def _fold(self, name: str, always: bool = False) -> None:
        self._writer.flush()
        try:
            with self._one_fold:
                if not self._pictures.lists(name):
                    return  # it was removed meanwhile, its journal with it
                sequence = self._fold_journal(name, always)
            if not self._pictures.lists(name):
                return
            self._known.note(IndexRow(name, sequence, self._digest(name)))
        finally:
            with self._guard:
                self._arriving.discard(name)
        self._writer.trim_history(name)

    def _fold_journal(self, name: str, always: bool) -> int:
        """The number up to which the PNG files now hold everything; the index is not told yet."""
        with self._guard:
            waiting = self._unfolded.pop(name, 0)
            self._arriving.add(name)
        try:
            return self._write_pngs(name, MapFiles.of(self._folder, name), always)
        except BaseException:
            with self._guard:
                self._unfolded[name] = self._unfolded.get(name, 0) + waiting
            raise

    def _write_pngs(self, name: str, files: MapFiles, always: bool) -> int:
        """PNG files first, then the journal is cut up to what is in them."""
        size = self._pictures.size(name)
        maps = read_maps(files, size, self._classes, self._foreign_origin)
        self._fold_bytes[name] = max(FOLD_BYTES, maps.labels.size // FOLD_SHARE)
        if always or files.journal.exists():
            files.check_stay_inside(self._folder)
            write_maps(files, maps, self._classes)
            self._writer.cut_journal(name, files, maps.sequence)
        return maps.sequence

    def _digest(self, name: str) -> str:
        """The picture's hash, taken when its labels are first folded."""
        state = self._pictures.state(name)
        if not state.sha256:
            with suppress(OSError):  # the picture may be away; its labels are not
                path = self._pictures.path(name)
                state.sha256, state.bytes = file_digest(path), path.stat().st_size
                self.submit([line(name, sha256=state.sha256, bytes=str(state.bytes))], hurry=False)
        return state.sha256

    def _last_number(self, name: str) -> int:
        """The number of the last edit of a picture, from its files the first time."""
        if name not in self._numbers:
            files = MapFiles.of(self._folder, name)
            files.check_stay_inside(self._folder)
            headers = (map_header(files.labels), map_header(files.origins))
            numbers = [header[1] for header in headers if header is not None]
            journalled, length = last_sequence(files.journal)
            self._writer.know_journal(name, length)
            labels_at = headers[0][1] if headers[0] is not None else 0
            self._open_history(name, max(journalled, labels_at))
            self._numbers[name] = max(journalled, *numbers, 0)
        return self._numbers[name]

    def _open_history(self, name: str, sequence: int) -> None:
        """Cut what a kill left of the undo history before a number in it is given again."""
        path = history_path(self._folder, name)
        check_stays_inside(self._folder, path)
        try:
            self._histories.of(name, path, sequence)
        except ProjectError as error:
            self._on_trouble(str(error))  # without undo, labelling goes on

    def _at_exit(self) -> None:
        with suppress(ProjectError):
            self._writer.flush()
