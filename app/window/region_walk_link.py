"""What the links of all walks share: bar, keys, and bringing a region near."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.controllers.region_walk import RegionWalk, WalkState
from app.panels.review_bar import WalkBar
from app.window.core import Core
from segcore.geometry import Box

HAND = "pan"
"""The tool of a walk: with any other in hand, keys mean that tool."""

_ROOM = 3.0
"""How many times as large as a region the view is that shows it."""
_NEAREST = 12.0
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class WalkKeys(QObject):
    """Enter accepts, a digit corrects, S skips, N leaves the picture, Backspace goes back.

    The keys are those of the walk that is under way; of several walks one is. `escaped` says that
    Esc was pressed while there was none.
    """

    escaped = Signal()

    def __init__(self, actions: Actions, core: Core, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._actions = actions
        self._core = core
        self._canvas = canvas
        self._walks: list[RegionWalk] = []
        actions["walk_correct"].triggered.connect(self.correct)
        actions["walk_next"].triggered.connect(self._next_picture)
        actions["walk_back"].triggered.connect(self._back)
        actions["cancel"].triggered.connect(self._cancel)
        for number in range(1, 11):
            actions[f"class_{number}"].triggered.connect(self._correct_by_digit)
        core.view_state.toolChanged.connect(self._follow_tool)
        canvas.installEventFilter(self)
        self._show_abilities()

    def add(self, walk: RegionWalk) -> None:
        """Give the keys to another walk whenever it is under way."""
        self._walks.append(walk)
        walk.stateChanged.connect(self._follow)

    @property
    def walk(self) -> RegionWalk | None:
        """The walk under way whose keys count: the hand holds no tool of its own."""
        if self._core.view_state.tool != HAND:
            return None
        return next((walk for walk in self._walks if walk.active), None)

    def correct(self) -> None:
        """Give the region the active class."""
        if self.walk is not None:
            self.walk.correct(self._core.view_state.active_class)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: S means skip while a walk is under way, and not a tool; Enter accepts the region."""
        if watched is self._canvas and isinstance(event, QKeyEvent) and self.walk is not None:
            key = Qt.Key(event.key())
            plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            skips = plain and key == Qt.Key.Key_S
            accepts = plain and key in _ENTER and not self._core.assisting.is_active
            if (skips or accepts) and event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if (skips or accepts) and event.type() == QEvent.Type.KeyPress:
                if skips:
                    self.walk.go_on()
                else:
                    self.walk.accept()
                return True
        return super().eventFilter(watched, event)

    def _follow(self, state: WalkState | None) -> None:
        """Where one walk begins, the others end."""
        walk = self.sender()
        if state is not None:
            for other in self._walks:
                if other is not walk:
                    other.stop()
        self._show_abilities()

    def _next_picture(self) -> None:
        for walk in self._walks:
            walk.next_picture()

    def _back(self) -> None:
        for walk in self._walks:
            walk.back()

    def _correct_by_digit(self) -> None:
        action, walk = self.sender(), self.walk
        shown = self._core.document.classes.shown
        if walk is not None and isinstance(action, QAction) and int(action.data()) < len(shown):
            walk.correct(shown[int(action.data())].id)

    def _cancel(self) -> None:
        """Esc ends the walk, unless the hand does something of its own."""
        if self.walk is not None:
            self.walk.stop()
        elif self._core.view_state.tool == HAND:
            self.escaped.emit()

    def _follow_tool(self, tool: str) -> None:
        """Back from another tool: the region is shown again."""
        if tool == HAND and self.walk is not None:
            self.walk.show_again()

    def _show_abilities(self) -> None:
        active = any(walk.active for walk in self._walks)
        idle = self.tr("No walk is under way: begin one in this menu.")
        for name in ("walk_correct", "walk_next", "walk_back"):
            self._actions.allow(name, "" if active else idle)


class RegionWalkLink(QObject):
    """Ties a walk to its bar; what a region is said to be is up to a subclass."""

    def __init__(
        self, bar: WalkBar, walk: RegionWalk, keys: WalkKeys, core: Core, canvas: Canvas
    ) -> None:
        super().__init__(bar)
        self._bar = bar
        self._core = core
        self._canvas = canvas
        self.controller: RegionWalk = walk
        keys.add(walk)
        walk.setParent(self)
        core.add_ending(walk.shutdown)
        walk.stateChanged.connect(self._show_state)
        bar.acceptRequested.connect(walk.accept)
        bar.correctRequested.connect(keys.correct)
        bar.skipRequested.connect(walk.go_on)
        bar.backRequested.connect(walk.back)
        bar.nextPictureRequested.connect(walk.next_picture)
        bar.endRequested.connect(walk.stop)
        core.view_state.activeClassChanged.connect(self._show_class)
        core.document.classesChanged.connect(self._show_class)
        self._show_class()

    def take_hand(self) -> None:
        """The keys are about to mean the walk."""
        self._core.view_state.tool = HAND
        self._canvas.setFocus()

    def look_at(self, box: Box) -> None:
        """Bring a region near."""
        view = self._canvas.viewport
        height, width = view.view_size
        scale = min(width / (_ROOM * box.width), height / (_ROOM * box.height), _NEAREST)
        self._canvas.zoom_to(max(scale, view.fit_scale))
        self._canvas.centre_on((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)

    def _show_state(self, state: WalkState | None) -> None:
        if state is not None:
            self._bar.set_progress(
                picture=state.picture + 1,
                pictures=state.pictures,
                region=state.region + 1,
                regions=state.regions,
            )

    def _show_class(self) -> None:
        classes, active = self._core.document.classes, self._core.view_state.active_class
        known = 0 <= active < len(classes)
        self._bar.set_active_class(classes[active].name if known else "")
        self._bar.set_icon(classes[active].color if known else None)
