"""Every action of the window, as data: name, words, keys, icon and menu."""

from __future__ import annotations

from dataclasses import dataclass

from app.i18n import QT_TRANSLATE_NOOP, translate

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
    ("file", QT_TRANSLATE_NOOP("actions", "&File")),
    ("edit", QT_TRANSLATE_NOOP("actions", "&Edit")),
    ("view", QT_TRANSLATE_NOOP("actions", "&View")),
    ("model", QT_TRANSLATE_NOOP("actions", "&Model")),
    ("label", QT_TRANSLATE_NOOP("actions", "&Label")),
    ("inspect", QT_TRANSLATE_NOOP("actions", "&Inspect")),
    ("help", QT_TRANSLATE_NOOP("actions", "&Help")),
)

_FILE = (
    ActionInfo(
        "open_files",
        QT_TRANSLATE_NOOP("actions", "&Open Pictures…"),
        "file",
        ("Ctrl+O",),
        "image-plus-outline",
        QT_TRANSLATE_NOOP("actions", "Open one picture or several"),
    ),
    ActionInfo(
        "open_folder",
        QT_TRANSLATE_NOOP("actions", "Open &Folder…"),
        "file",
        ("Ctrl+Shift+O",),
        "folder-open-outline",
        QT_TRANSLATE_NOOP("actions", "Open a folder of pictures with its subfolders"),
    ),
    ActionInfo(
        "open_project",
        QT_TRANSLATE_NOOP("actions", "Open &Project…"),
        "file",
        ("Ctrl+Alt+O",),
        "briefcase-outline",
        QT_TRANSLATE_NOOP("actions", "Open a project folder"),
    ),
    ActionInfo("open_samples", QT_TRANSLATE_NOOP("actions", "Open the S&ample Street"), "file"),
    ActionInfo(SEPARATOR, "", "file"),
    ActionInfo(
        "previous",
        QT_TRANSLATE_NOOP("actions", "Pre&vious Picture"),
        "file",
        ("A",),
        "arrow-left",
    ),
    ActionInfo(
        "next", QT_TRANSLATE_NOOP("actions", "&Next Picture"), "file", ("D",), "arrow-right"
    ),
    ActionInfo(SEPARATOR, "", "file"),
    ActionInfo(
        "save",
        QT_TRANSLATE_NOOP("actions", "&Save"),
        "file",
        ("Ctrl+S",),
        "content-save-outline",
        QT_TRANSLATE_NOOP(
            "actions", "Write the label map now; edits are on disk within a second anyhow"
        ),
    ),
    ActionInfo(
        "save_project_as",
        QT_TRANSLATE_NOOP("actions", "Save as Pro&ject…"),
        "file",
        ("Ctrl+Shift+S",),
        tip=QT_TRANSLATE_NOOP(
            "actions", "Keep these pictures' labels in a project folder of your own"
        ),
    ),
    ActionInfo(SEPARATOR, "", "file"),
    ActionInfo("quit", QT_TRANSLATE_NOOP("actions", "&Quit"), "file", ("Ctrl+Q",)),
)

_EDIT = (
    ActionInfo("undo", QT_TRANSLATE_NOOP("actions", "&Undo"), "edit", ("Ctrl+Z",), "undo"),
    ActionInfo(
        "redo",
        QT_TRANSLATE_NOOP("actions", "&Redo"),
        "edit",
        ("Ctrl+Shift+Z", "Ctrl+Y"),
        "redo",
    ),
    ActionInfo(SEPARATOR, "", "edit"),
    ActionInfo(
        "settings",
        QT_TRANSLATE_NOOP("actions", "&Settings…"),
        "edit",
        ("Ctrl+,",),
        "cog-outline",
    ),
    ActionInfo("shortcuts", QT_TRANSLATE_NOOP("actions", "&Keyboard Shortcuts…"), "edit", ("F1",)),
)

_VIEW = (
    ActionInfo(
        "zoom_in",
        QT_TRANSLATE_NOOP("actions", "Zoom &In"),
        "view",
        ("Ctrl++", "Ctrl+=", "+"),
        "magnify-plus-outline",
    ),
    ActionInfo(
        "zoom_out",
        QT_TRANSLATE_NOOP("actions", "Zoom &Out"),
        "view",
        ("Ctrl+-", "-"),
        "magnify-minus-outline",
    ),
    ActionInfo(
        "fit",
        QT_TRANSLATE_NOOP("actions", "&Fit Picture"),
        "view",
        ("F",),
        "fit-to-page-outline",
        QT_TRANSLATE_NOOP("actions", "Show the whole picture"),
    ),
    ActionInfo("actual_size", QT_TRANSLATE_NOOP("actions", "&Actual Size"), "view", ("Ctrl+1",)),
    ActionInfo(SEPARATOR, "", "view"),
    ActionInfo(
        "toggle_overlay",
        QT_TRANSLATE_NOOP("actions", "Show &Overlay"),
        "view",
        ("V",),
        "layers-outline",
        QT_TRANSLATE_NOOP("actions", "Show or hide what lies over the picture"),
        checkable=True,
    ),
    ActionInfo(
        "overlay_labels",
        QT_TRANSLATE_NOOP("actions", "&Labels"),
        "view",
        ("Shift+1",),
        group="overlay",
        checkable=True,
        tip=QT_TRANSLATE_NOOP("actions", "Lay the classes over the picture"),
    ),
    ActionInfo(
        "overlay_confidence",
        QT_TRANSLATE_NOOP("actions", "&Confidence"),
        "view",
        ("Shift+2",),
        group="overlay",
        checkable=True,
        tip=QT_TRANSLATE_NOOP("actions", "Lay the model's confidence over the picture"),
    ),
    ActionInfo(
        "overlay_heat",
        QT_TRANSLATE_NOOP("actions", "&Heat Map"),
        "view",
        ("Shift+3",),
        group="overlay",
        checkable=True,
        tip=QT_TRANSLATE_NOOP(
            "actions", "Lay the chosen attention or receptive field over the picture"
        ),
    ),
    ActionInfo(
        "toggle_contours",
        QT_TRANSLATE_NOOP("actions", "Cont&ours"),
        "view",
        ("Shift+C",),
        "vector-polyline",
        QT_TRANSLATE_NOOP("actions", "Draw a line where two classes meet"),
        checkable=True,
    ),
    ActionInfo(SEPARATOR, "", "view"),
    ActionInfo(
        "full_screen",
        QT_TRANSLATE_NOOP("actions", "F&ull Screen"),
        "view",
        ("F11",),
        checkable=True,
    ),
)

_MODEL = (
    ActionInfo(
        "predict",
        QT_TRANSLATE_NOOP("actions", "&Predict"),
        "model",
        ("Ctrl+Return",),
        "play",
        QT_TRANSLATE_NOOP("actions", "Run the model on this picture"),
    ),
    ActionInfo(
        "predict_all",
        QT_TRANSLATE_NOOP("actions", "Predict &All"),
        "model",
        ("Ctrl+Shift+Return",),
        "play-box-multiple-outline",
        QT_TRANSLATE_NOOP("actions", "Run the model on every picture, in the background"),
    ),
    ActionInfo(
        "cancel",
        QT_TRANSLATE_NOOP("actions", "&Cancel"),
        "model",
        ("Esc",),
        "close",
        QT_TRANSLATE_NOOP("actions", "Stop what is being drawn or computed"),
    ),
    ActionInfo(SEPARATOR, "", "model"),
    ActionInfo("open_model_file", QT_TRANSLATE_NOOP("actions", "Model from &File…"), "model"),
    ActionInfo("open_model_folder", QT_TRANSLATE_NOOP("actions", "Model from F&older…"), "model"),
    ActionInfo(
        "model_info", QT_TRANSLATE_NOOP("actions", "Model &Information…"), "model", ("Ctrl+I",)
    ),
)

_LABEL = (
    ActionInfo(
        "tool_pan",
        QT_TRANSLATE_NOOP("actions", "&Move"),
        "label",
        ("H",),
        "cursor-move",
        QT_TRANSLATE_NOOP(
            "actions", "Drag the picture; the middle button or Space does so with every tool"
        ),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_brush",
        QT_TRANSLATE_NOOP("actions", "&Brush"),
        "label",
        ("B",),
        "brush",
        QT_TRANSLATE_NOOP("actions", "Paint the active class; Ctrl+drag erases"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_eraser",
        QT_TRANSLATE_NOOP("actions", "&Eraser"),
        "label",
        ("E",),
        "eraser",
        QT_TRANSLATE_NOOP("actions", "Make pixels unlabelled"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "tool_fill",
        QT_TRANSLATE_NOOP("actions", "&Fill"),
        "label",
        ("G",),
        "format-color-fill",
        QT_TRANSLATE_NOOP("actions", "Give a whole region of one class the active class"),
        "tool",
        checkable=True,
    ),
    ActionInfo(SEPARATOR, "", "label"),
    ActionInfo("brush_smaller", QT_TRANSLATE_NOOP("actions", "&Smaller Brush"), "label", ("[",)),
    ActionInfo("brush_larger", QT_TRANSLATE_NOOP("actions", "&Larger Brush"), "label", ("]",)),
    ActionInfo(SEPARATOR, "", "label"),
    *(
        ActionInfo(
            f"class_{number}",
            QT_TRANSLATE_NOOP("actions", "Class {}"),
            "label/class",
            (str(number % 10),),
        )
        for number in range(1, 11)
    ),
)

_INSPECT = (
    ActionInfo(
        "tool_query",
        QT_TRANSLATE_NOOP("actions", "&Query"),
        "inspect",
        ("Q",),
        "crosshairs-question",
        QT_TRANSLATE_NOOP("actions", "Click a pixel to see what the model looks at to decide it"),
        "tool",
        checkable=True,
    ),
    ActionInfo(
        "clear_query", QT_TRANSLATE_NOOP("actions", "&Clear Query"), "inspect", ("Shift+Q",)
    ),
    ActionInfo(SEPARATOR, "", "inspect"),
    *(
        ActionInfo(
            f"stage_{stage}",
            QT_TRANSLATE_NOOP("actions", "Stage &{}"),
            "inspect",
            (f"Alt+{stage}",),
            group="stage",
            checkable=True,
        )
        for stage in range(1, 5)
    ),
    ActionInfo(
        "block_previous", QT_TRANSLATE_NOOP("actions", "&Previous Block"), "inspect", ("Alt+Left",)
    ),
    ActionInfo(
        "block_next", QT_TRANSLATE_NOOP("actions", "&Next Block"), "inspect", ("Alt+Right",)
    ),
)

_HELP = (
    ActionInfo("open_log_folder", QT_TRANSLATE_NOOP("actions", "Open &Log Folder"), "help"),
    ActionInfo(SEPARATOR, "", "help"),
    ActionInfo(
        "about",
        QT_TRANSLATE_NOOP("actions", "&About SegFormer Studio"),
        "help",
        icon="information-outline",
    ),
)

ACTIONS: tuple[ActionInfo, ...] = (*_FILE, *_EDIT, *_VIEW, *_MODEL, *_LABEL, *_INSPECT, *_HELP)
