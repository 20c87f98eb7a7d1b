"""Reversible changes of a label map: brush strokes, bucket fills, predictions laid under them.

Label maps and origin maps are C-contiguous (H, W) arrays; labels are uint8 or uint16 class ids with
the largest value of the width as `ignore`, origins are uint8. An `Edit` holds what a change did,
tile by tile, so it can be applied, undone exactly, packed and recorded in a project's journal.
"""

from segcore.edits.fill import fill
from segcore.edits.patch import Edit, PackedEdit, Patch, tiles_of
from segcore.edits.protection import GROUNDS, Ground, Protection
from segcore.edits.region import label_region, relabel_region
from segcore.edits.replace import replace_all
from segcore.edits.selection import Proposal, Relabelling, Selection, proposed_edit
from segcore.edits.stroke import Stroke, warm_up

__all__ = [
    "GROUNDS",
    "Edit",
    "Ground",
    "PackedEdit",
    "Patch",
    "Proposal",
    "Protection",
    "Relabelling",
    "Selection",
    "Stroke",
    "fill",
    "label_region",
    "proposed_edit",
    "relabel_region",
    "replace_all",
    "tiles_of",
    "warm_up",
]
