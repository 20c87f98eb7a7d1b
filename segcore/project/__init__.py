"""Projects: a folder with classes, pictures, label maps and their history."""

from segcore.project.history import HistoryState
from segcore.project.history_records import Kind, Move, Step, widened
from segcore.project.origins import NOBODY, Origin, OriginKind
from segcore.project.states import STATUSES
from segcore.project.store import PERSON, Project

__all__ = [
    "NOBODY",
    "PERSON",
    "STATUSES",
    "HistoryState",
    "Kind",
    "Move",
    "Origin",
    "OriginKind",
    "Project",
    "Step",
    "widened",
]
