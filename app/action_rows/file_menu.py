"""The rows of the File menu."""

from __future__ import annotations

from app.action_rows.row import SEPARATOR, ActionInfo
from app.i18n import QT_TRANSLATE_NOOP

FILE = (
    ActionInfo(
        "open_files",
        QT_TRANSLATE_NOOP("actions", "&Open Pictures…"),
        "file",
        ("Ctrl+O",),
        "image-plus-outline",
        QT_TRANSLATE_NOOP("actions", "Open one picture or several"),
    ),
    ActionInfo(
        "open_video",
        QT_TRANSLATE_NOOP("actions", "Open &Video…"),
        "file",
        ("Ctrl+Alt+N",),
        "filmstrip",
        QT_TRANSLATE_NOOP("actions", "Open the frames of videos, animations or stacks"),
    ),
    ActionInfo(
        "open_live",
        QT_TRANSLATE_NOOP("actions", "Open Ca&mera or Stream…"),
        "file",
        (),
        "webcam",
        QT_TRANSLATE_NOOP("actions", "Watch a camera or stream with the model's labels over it"),
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
    ActionInfo(
        "find_missing",
        QT_TRANSLATE_NOOP("actions", "Find Missing Pict&ures…"),
        "file",
        tip=QT_TRANSLATE_NOOP(
            "actions", "Choose the folder that pictures of this project were moved to"
        ),
    ),
    ActionInfo(SEPARATOR, "", "file"),
    ActionInfo(
        "add_pictures",
        QT_TRANSLATE_NOOP("actions", "&Add Pictures…"),
        "file",
        tip=QT_TRANSLATE_NOOP("actions", "Add pictures to the open project"),
    ),
    ActionInfo(
        "add_folder",
        QT_TRANSLATE_NOOP("actions", "Add a Folde&r…"),
        "file",
        tip=QT_TRANSLATE_NOOP("actions", "Add a folder of pictures to the open project"),
    ),
    ActionInfo(
        "remove_pictures",
        QT_TRANSLATE_NOOP("actions", "Remo&ve the Chosen Pictures"),
        "file",
        ("Ctrl+Del",),
        tip=QT_TRANSLATE_NOOP(
            "actions", "Take the chosen pictures out of the project; their labels are kept"
        ),
    ),
    ActionInfo(
        "removed_pictures",
        QT_TRANSLATE_NOOP("actions", "Re&moved Pictures…"),
        "file",
        tip=QT_TRANSLATE_NOOP("actions", "Bring pictures back that were removed"),
    ),
    ActionInfo(SEPARATOR, "", "file"),
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
    ActionInfo(
        "save_mask",
        QT_TRANSLATE_NOOP("actions", "Save &Mask…"),
        "file",
        ("Ctrl+Alt+M",),
        "image-filter-none",
        QT_TRANSLATE_NOOP("actions", "Write the class ids as an indexed PNG"),
    ),
    ActionInfo(
        "save_overlay",
        QT_TRANSLATE_NOOP("actions", "Save Over&lay…"),
        "file",
        ("Ctrl+Alt+L",),
        "image-multiple-outline",
        QT_TRANSLATE_NOOP("actions", "Write the whole picture with the classes over it"),
    ),
    ActionInfo(
        "save_view",
        QT_TRANSLATE_NOOP("actions", "Save Vie&w…"),
        "file",
        ("Ctrl+Alt+V",),
        "monitor-screenshot",
        QT_TRANSLATE_NOOP("actions", "Write what is in sight, as it is on the screen"),
    ),
    ActionInfo(SEPARATOR, "", "file"),
    ActionInfo(
        "import_labels",
        QT_TRANSLATE_NOOP("actions", "&Import Labels…"),
        "file",
        ("Ctrl+Shift+I",),
        tip=QT_TRANSLATE_NOOP("actions", "Take labels of another program into a project"),
    ),
    ActionInfo(
        "export_labels",
        QT_TRANSLATE_NOOP("actions", "&Export Labels…"),
        "file",
        ("Ctrl+Shift+E",),
        tip=QT_TRANSLATE_NOOP("actions", "Write the labels in the files of another program"),
    ),
    ActionInfo(SEPARATOR, "", "file"),
    ActionInfo("quit", QT_TRANSLATE_NOOP("actions", "&Quit"), "file", ("Ctrl+Q",)),
)
