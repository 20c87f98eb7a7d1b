"""The window's actions, made from their rows, and the keys that they have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from app.action_rows import ACTIONS, CONTEXT, SEPARATOR, ActionInfo
from app.i18n import translate
from app.theme import ICON_PROPERTY


class Actions:
    """The window's actions by name; `actions["predict"]` is a QAction."""

    def __init__(self, parent: QWidget, overrides: Mapping[str, list[str]] | None = None) -> None:
        self.infos: dict[str, ActionInfo] = {
            info.name: info for info in ACTIONS if info.name != SEPARATOR
        }
        self._actions: dict[str, QAction] = {}
        self._obstacles: dict[str, str] = {}
        self.groups: dict[str, QActionGroup] = {}
        for info in self.infos.values():
            self._actions[info.name] = self._build(info, parent)
        self.set_keys(overrides or {})

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions.values())

    def in_menu(self, menu: str) -> Iterator[ActionInfo]:
        """The rows of a menu in order, separators among them."""
        return (info for info in ACTIONS if info.menu == menu)

    def allow(self, name: str, obstacle: str = "") -> None:
        """Let an action be used, or dim it and say in the place of its tip what stands in the way.

        `obstacle` is a sentence for the person; without one the action can be used.
        """
        action, info = self._actions[name], self.infos[name]
        self._obstacles[name] = obstacle
        action.setEnabled(not obstacle)
        action.setStatusTip(obstacle or (translate(CONTEXT, info.tip) if info.tip else ""))
        action.setToolTip(_tool_tip(info, action, obstacle))

    def set_keys(self, overrides: Mapping[str, list[str]]) -> None:
        """Give every action its own keys, or those that `overrides` has for its object name."""
        for name, info in self.infos.items():
            keys = effective_keys(info, overrides)
            action = self._actions[name]
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setToolTip(_tool_tip(info, action, self._obstacles.get(name, "")))

    def key_of(self, name: str) -> str:
        """The first key of an action as it is written on this system; nothing where it has none."""
        return self._actions[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def _build(self, info: ActionInfo, parent: QWidget) -> QAction:
        action = QAction(info.label, parent)
        action.setObjectName(info.object_name)
        action.setCheckable(info.checkable)
        action.setStatusTip(translate(CONTEXT, info.tip) if info.tip else "")
        action.setProperty(ICON_PROPERTY, info.icon)
        # Menus of the platform must not move "Settings" and "About" by guessing at their words.
        action.setMenuRole(QAction.MenuRole.NoRole)
        if info.group:
            if info.group not in self.groups:
                self.groups[info.group] = QActionGroup(parent)
            self.groups[info.group].addAction(action)
        parent.addAction(action)
        return action


def effective_keys(info: ActionInfo, overrides: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The portable key sequences of an action, a person's choice before the program's."""
    return tuple(overrides.get(info.object_name, info.keys))


def key_conflicts(keys: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Key sequences that two actions or more claim: sequence to object names.

    `keys` maps object names to portable sequences; a sequence that begins another (`G` and
    `G, B`) is a conflict as well, since Qt could not tell them apart.
    """
    users: defaultdict[str, list[str]] = defaultdict(list)
    for name, sequences in keys.items():
        for sequence in sequences:
            users[_normal(sequence)].append(name)
    conflicts = {key: tuple(names) for key, names in users.items() if len(set(names)) > 1}
    for key, names in users.items():
        for longer, others in users.items():
            if longer.startswith(f"{key}, ") and set(names) != set(others):
                conflicts[key] = tuple(dict.fromkeys((*conflicts.get(key, names), *others)))
    return conflicts


def _normal(sequence: str) -> str:
    portable = QKeySequence.SequenceFormat.PortableText
    return QKeySequence(sequence, portable).toString(portable)


def _tool_tip(info: ActionInfo, action: QAction, obstacle: str) -> str:
    """The tip with the keys behind it: what a person hovers to learn; below, why it is dimmed."""
    words = translate(CONTEXT, info.tip) if info.tip else info.title
    native = QKeySequence.SequenceFormat.NativeText
    keys = ", ".join(sequence.toString(native) for sequence in action.shortcuts())
    words = f"{words}  ({keys})" if keys else words
    return f"{words}\n{obstacle}" if obstacle else words
