"""What the person is told when something fails."""

from __future__ import annotations

import traceback
from dataclasses import dataclass

from segcore.errors import SegcoreError


@dataclass(frozen=True)
class UserError:
    """A sentence to read, and details to copy into a report."""

    sentence: str
    details: str = ""


def user_error(error: BaseException, doing: str) -> UserError:
    """What to say of an exception; `doing` says what failed, where it does not say so itself."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, SegcoreError):
        return UserError(str(error), details)
    text = str(error).strip() or type(error).__name__
    return UserError(f"{doing}: {text.splitlines()[0]}.", details)
