"""Reversible changes of a label map: strokes, fills, selections, predictions laid under them.

Label maps and origin maps are C-contiguous (H, W) arrays; labels are uint8 or uint16 class ids with
the largest value of the width as `ignore`, origins are uint8. An `Edit` holds what a change did,
tile by tile, so it can be applied, undone exactly, packed and recorded in a project's journal.
"""

from segcore.edits.fill import class_at, fill, region_at
from segcore.edits.patch import Edit, PackedEdit, Patch, tiles_of
from segcore.edits.protection import GROUNDS, Ground, Protection
from segcore.edits.region import label_region, relabel_region
from segcore.edits.replace import replace_all
from segcore.edits.selection import Proposal, Relabelling, Selection, proposed_edit
from segcore.edits.shapes import box_selection, polygon_selection
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
    "box_selection",
    "class_at",
    "fill",
    "label_region",
    "polygon_selection",
    "proposed_edit",
    "region_at",
    "relabel_region",
    "replace_all",
    "tiles_of",
    "warm_up",
]
