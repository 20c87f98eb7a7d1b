"""Motion between the frames of a video: where each pixel was, cuts, labels carried along, flicker.

Without torch and without Qt: optical flow is OpenCV's, the rest NumPy.
"""

from segcore.motion.carry import Carried, Carrier
from segcore.motion.cuts import is_cut
from segcore.motion.flicker import Flicker, flicker
from segcore.motion.flow import Motion, motion_between

__all__ = ["Carried", "Carrier", "Flicker", "Motion", "flicker", "is_cut", "motion_between"]
