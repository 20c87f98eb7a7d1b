"""`formats`: which files of labels are read and written."""

from __future__ import annotations

from rich.table import Table

from app.cli.options import JsonFlag
from app.cli.terminal import Terminal


def formats(as_json: JsonFlag = False) -> None:
    """List the formats that import and export know."""
    from segcore.formats.table import FORMATS

    terminal = Terminal()
    if as_json:
        terminal.say_json(
            [
                {
                    "name": form.name,
                    "title": form.title,
                    "most_classes": form.most_classes,
                    "names_classes": form.own_names,
                    "losses": form.losses,
                }
                for form in FORMATS.values()
            ]
        )
        return
    rows = Table("format", "files", "classes", "what is lost", box=None)
    for form in FORMATS.values():
        limit = "any" if form.most_classes is None else f"to {form.most_classes}"
        rows.add_row(form.name, form.title, limit, form.losses or "-")
    terminal.table(rows)
