"""What one action is made of."""

from __future__ import annotations

from dataclasses import dataclass

from app.i18n import translate

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
