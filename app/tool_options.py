"""The kinds of things that can be set about a tool; the bar above the canvas shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.i18n import translate

CONTEXT = "tool_options"

Value = bool | int | float | str
Options = Mapping[str, Value]


@dataclass(frozen=True)
class Option:
    """One thing to set.

    Attributes:
        name: of the value, unique within its tool.
        text: in front of it, or of the check box.
        tip: what it does, as a sentence.
    """

    name: str
    text: str
    tip: str = ""

    @property
    def label(self) -> str:
        """The text in the language of the window."""
        return translate(CONTEXT, self.text)

    @property
    def tool_tip(self) -> str:
        """The tip in the language of the window."""
        return translate(CONTEXT, self.tip) if self.tip else ""


@dataclass(frozen=True)
class Number(Option):
    """A whole number with its limits, both included."""

    lowest: int = 0
    highest: int = 100
    value: int = 0
    suffix: str = ""

    def kept(self, value: Value) -> Value:
        """A value within the limits; the default instead of what is no number."""
        if isinstance(value, bool | str):
            return self.value
        return min(max(round(value), self.lowest), self.highest)


@dataclass(frozen=True)
class Flag(Option):
    """Yes or no."""

    value: bool = False

    def kept(self, value: Value) -> Value:
        """The value where it is yes or no, else the default."""
        return value if isinstance(value, bool) else self.value


@dataclass(frozen=True)
class Choice(Option):
    """One of a few: `choices` are (value, text)."""

    choices: tuple[tuple[str, str], ...] = ()
    value: str = ""

    def kept(self, value: Value) -> Value:
        """The value where it is one of the choices, else the default."""
        return value if any(value == name for name, _ in self.choices) else self.value

    @property
    def labels(self) -> list[tuple[str, str]]:
        """(value, text in the language of the window) of each choice."""
        return [(name, translate(CONTEXT, text)) for name, text in self.choices]


@dataclass(frozen=True)
class Kept(Option):
    """A text that is set elsewhere, the name of a file for example; the bar does not show it."""

    value: str = ""

    def kept(self, value: Value) -> Value:
        """The value where it is a text, else the default."""
        return value if isinstance(value, str) else self.value


AnyOption = Number | Flag | Choice | Kept
