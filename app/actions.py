"""Every action of the window, as data: name, words, keys, icon and menu."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP as NOOP
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from app.i18n import translate
from app.theme import ICON_PROPERTY

CONTEXT = "actions"
SEPARATOR = "-"


@dataclass(frozen=True)
class ActionInfo:
    """One action: `name` is the object name without `action.`, keys are portable sequences."""

    name: str
    text: str
    menu: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    group: str = ""
    checkable: bool = False

    @property
    def object_name(self) -> str:
        """The stable name that tests, scripts and settings use."""
        return f"action.{self.name}"

    @property
    def label(self) -> str:
        """The text in the language of the window, its number put in where it has one."""
        return translate(CONTEXT, self.text).format(self.name.rsplit("_", 1)[-1])

    @property
    def title(self) -> str:
        """The label without mnemonic and dots, for lists of actions."""
        return self.label.replace("&", "").rstrip("…")


MENUS = (
    ("file", NOOP("actions", "&File")),
    ("edit", NOOP("actions", "&Edit")),
    ("view", NOOP("actions", "&View")),
    ("model", NOOP("actions", "&Model")),
    ("label", NOOP("actions", "&Label")),
    ("inspect", NOOP("actions", "&Inspect")),
    ("help", NOOP("actions", "&Help")),
)

_FILE = (
    ActionInfo(
        "open_files",
        NOOP("actions", "&Open Pictures…"),
        "file",
        ("Ctrl+O",),
        "mdi6.image-plus-outline",
        NOOP("actions", "Open one picture or several"),
    ),
    ActionInfo(
        "open_folder",
        NOOP("actions", "Open &Folder…"),
        "file",
        ("Ctrl+Shift+O",),
        "mdi6.folder-open-outline",
        NOOP("actions", "Open a folder of pictures with its subfolders"),
    ),
    ActionInfo(
        "open_project",
        NOOP("actions", "Open &Project…"),
        "file",
        ("Ctrl+Alt+O",),
        "mdi6.briefcase-outline",
        NOOP("actions", "Open a project folder"),
    ),
    ActionInfo("open_samples", NOOP("actions", "Open the S&ample Street"), "file"),
    ActionInfo(SEPARATOR, "", "file"),
    ActionInfo("previous", NOOP("actions", "Pre&vious Picture"), "file", ("A",), "mdi6.arrow-left"),
    ActionInfo("next", NOOP("actions", "&Next Picture"), "file", ("D",), "mdi6.arrow-right"),
    ActionInfo(SEPARATOR, "", "file"),
    ActionInfo(
        "save",
        NOOP("actions", "&Save"),
        "file",
        ("Ctrl+S",),
        "mdi6.content-save-outline",
        NOOP("actions", "Write the label map now; edits are on disk within a second anyhow"),
    ),
    ActionInfo(
        "save_project_as",
        NOOP("actions", "Save as Pro&ject…"),
        "file",
        ("Ctrl+Shift+S",),
        tip=NOOP("actions", "Keep these pictures' labels in a project folder of your own"),
    ),
    ActionInfo(SEPARATOR, "", "file"),
    ActionInfo("quit", NOOP("actions", "&Quit"), "file", ("Ctrl+Q",)),
)

_EDIT = (
    ActionInfo("undo", NOOP("actions", "&Undo"), "edit", ("Ctrl+Z",), "mdi6.undo"),
    ActionInfo("redo", NOOP("actions", "&Redo"), "edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "mdi6.redo"),
    ActionInfo(SEPARATOR, "", "edit"),
    ActionInfo(
        "settings", NOOP("actions", "&Settings…"), "edit", ("Ctrl+,",), "mdi6.cog-outline"
    ),
    ActionInfo("shortcuts", NOOP("actions", "&Keyboard Shortcuts…"), "edit", ("F1",)),
)

_VIEW = (
    ActionInfo(
        "zoom_in",
        NOOP("actions", "Zoom &In"),
        "view",
        ("Ctrl++", "Ctrl+=", "+"),
        "mdi6.magnify-plus-outline",
    ),
    ActionInfo(
        "zoom_out", NOOP("actions", "Zoom &Out"), "view", ("Ctrl+-", "-"), "mdi6.magnify-minus-outline"
    ),
    ActionInfo(
        "fit",
        NOOP("actions", "&Fit Picture"),
        "view",
        ("F",),
        "mdi6.fit-to-page-outline",
        NOOP("actions", "Show the whole picture"),
    ),
    ActionInfo("actual_size", NOOP("actions", "&Actual Size"), "view", ("Ctrl+1",)),
    ActionInfo(SEPARATOR, "", "view"),
    ActionInfo(
        "toggle_overlay",
        NOOP("actions", "Show &Overlay"),
        "view",
        ("V",),
        "mdi6.layers-outline",
        NOOP("actions", "Show or hide what lies over the picture"),
        checkable=True,
    ),
    ActionInfo(
        "overlay_labels",
        NOOP("actions", "&Labels"),
        "view",
        ("Shift+1",),
        group="overlay",
        checkable=True,
        tip=NOOP("actions", "Lay the classes over the picture"),
    ),
    ActionInfo(
        "overlay_confidence",
        NOOP("actions", "&Confidence"),
        "view",
        ("Shift+2",),
        group="overlay",
        checkable=True,
        tip=NOOP("actions", "Lay the model's confidence over the picture"),
    ),
    ActionInfo(
        "overlay_heat",
        NOOP("actions", "&Heat Map"),
        "view",
        ("Shift+3",),
        group="overlay",
        checkable=True,
        tip=NOOP("actions", "Lay the chosen attention or receptive field over the picture"),
    ),
    ActionInfo(
        "toggle_contours",
        NOOP("actions", "Cont&ours"),
        "view",
        ("Shift+C",),
        "mdi6.vector-polyline",
        NOOP("actions", "Draw a line where two classes meet"),
        checkable=True,
    ),
    ActionInfo(SEPARATOR, "", "view"),
    ActionInfo("full_screen", NOOP("actions", "F&ull Screen"), "view", ("F11",), checkable=True),
)

_MODEL = (
    ActionInfo(
        "predict",
        NOOP("actions", "&Predict"),
        "model",
        ("Ctrl+Return",),
        "mdi6.play",
        NOOP("actions", "Run the model on this picture"),
    ),
    ActionInfo(
        "predict_all",
        NOOP("actions", "Predict &All"),
        "model",
        ("Ctrl+Shift+Return",),
        "mdi6.play-box-multiple-outline",
        NOOP("actions", "Run the model on every picture, in the background"),
    ),
    ActionInfo(
        "cancel",
        NOOP("actions", "&Cancel"),
        "model",
        ("Esc",),
        "mdi6.close",
        NOOP("actions", "Stop what is being drawn or computed"),
    ),
    ActionInfo(SEPARATOR, "", "model"),
    ActionInfo("open_model_file", NOOP("actions", "Model from &File…"), "model"),
    ActionInfo("open_model_folder", NOOP("actions", "Model from F&older…"), "model"),
    ActionInfo("model_info", NOOP("actions", "Model &Information…"), "model", ("Ctrl+I",)),
)

_LABEL = (
    ActionInfo(
        "tool_pan",
        NOOP("actions", "&Move"),
        "label",
        ("H",),
        "mdi6.cursor-move",
        NOOP("actions", "Drag the picture; the middle button or Space does so with every tool"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_brush",
        NOOP("actions", "&Brush"),
        "label",
        ("B",),
        "mdi6.brush",
        NOOP("actions", "Paint the active class; Ctrl+drag erases"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_eraser",
        NOOP("actions", "&Eraser"),
        "label",
        ("E",),
        "mdi6.eraser",
        NOOP("actions", "Make pixels unlabelled"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_fill",
        NOOP("actions", "&Fill"),
        "label",
        ("G",),
        "mdi6.format-color-fill",
        NOOP("actions", "Give a whole region of one class the active class"),
        "tool",
        checkable=True,
    ),
    ActionInfo(SEPARATOR, "", "label"),
    ActionInfo("brush_smaller", NOOP("actions", "&Smaller Brush"), "label", ("[",)),
    ActionInfo("brush_larger", NOOP("actions", "&Larger Brush"), "label", ("]",)),
    ActionInfo(SEPARATOR, "", "label"),
    *(
        ActionInfo(f"class_{number}", NOOP("actions", "Class {}"), "label/class", (str(number % 10),))
        for number in range(1, 11)
    ),
)

_INSPECT = (
    ActionInfo(
        "tool_query",
        NOOP("actions", "&Query"),
        "inspect",
        ("Q",),
        "mdi6.crosshairs-question",
        NOOP("actions", "Click a pixel to see what the model looks at to decide it"),
        "tool",
        checkable=True,
    ),
    ActionInfo("clear_query", NOOP("actions", "&Clear Query"), "inspect", ("Shift+Q",)),
    ActionInfo(SEPARATOR, "", "inspect"),
    *(
        ActionInfo(
            f"stage_{stage}",
            NOOP("actions", "Stage &{}"),
            "inspect",
            (f"Alt+{stage}",),
            group="stage",
            checkable=True,
        )
        for stage in range(1, 5)
    ),
    ActionInfo("block_previous", NOOP("actions", "&Previous Block"), "inspect", ("Alt+Left",)),
    ActionInfo("block_next", NOOP("actions", "&Next Block"), "inspect", ("Alt+Right",)),
)

_HELP = (
    ActionInfo("open_log_folder", NOOP("actions", "Open &Log Folder"), "help"),
    ActionInfo(SEPARATOR, "", "help"),
    ActionInfo(
        "about", NOOP("actions", "&About SegFormer Studio"), "help", icon="mdi6.information-outline"
    ),
)

ACTIONS: tuple[ActionInfo, ...] = (*_FILE, *_EDIT, *_VIEW, *_MODEL, *_LABEL, *_INSPECT, *_HELP)


class Actions:
    """The window's actions by name; `actions["predict"]` is a QAction."""

    def __init__(self, parent: QWidget, overrides: Mapping[str, list[str]] | None = None) -> None:
        self.infos: dict[str, ActionInfo] = {
            info.name: info for info in ACTIONS if info.name != SEPARATOR
        }
        self._actions: dict[str, QAction] = {}
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

    def set_keys(self, overrides: Mapping[str, list[str]]) -> None:
        """Give every action its own keys, or those that `overrides` has for its object name."""
        for name, info in self.infos.items():
            keys = effective_keys(info, overrides)
            action = self._actions[name]
            action.setShortcuts([QKeySequence(key) for key in keys])
            action.setToolTip(_tool_tip(info, action))

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


def _tool_tip(info: ActionInfo, action: QAction) -> str:
    """The tip with the keys behind it: what a person hovers to learn."""
    words = translate(CONTEXT, info.tip) if info.tip else info.title
    native = QKeySequence.SequenceFormat.NativeText
    keys = ", ".join(sequence.toString(native) for sequence in action.shortcuts())
    return f"{words}  ({keys})" if keys else words
