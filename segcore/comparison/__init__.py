"""Two label sets side by side: person and model, two people, two models. Never needs torch.

- `sides`: whose labels are compared: a project's, a folder's of any format, what a model says.
- `matching`: which pictures and which classes of the two belong together.
- `comparing`: agreement, IoU, confusion, boundary F and kappa, picture by picture.
- `report`: what was found, as JSON and CSV.
- `differences`: the regions of a picture in which the two differ, the largest first.
- `drawing`: a picture of the differences.
"""

from segcore.comparison.comparing import Comparison, PictureComparison, compare_sides
from segcore.comparison.differences import DifferingRegion, differing_regions
from segcore.comparison.matching import CommonClasses, MatchedPictures, match_pictures
from segcore.comparison.report import ComparisonReport
from segcore.comparison.sides import (
    SAID_BY,
    SaidBy,
    Side,
    side_of_path,
    side_of_predictions,
    side_of_project,
)

__all__ = [
    "SAID_BY",
    "CommonClasses",
    "Comparison",
    "ComparisonReport",
    "DifferingRegion",
    "MatchedPictures",
    "PictureComparison",
    "SaidBy",
    "Side",
    "compare_sides",
    "differing_regions",
    "match_pictures",
    "side_of_path",
    "side_of_predictions",
    "side_of_project",
]
