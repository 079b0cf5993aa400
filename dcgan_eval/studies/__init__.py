"""Studies of a trained pair, one file a study: protocols that say whether an effect is there.

A study has settings, takes a subject, and gives metrics beside their controls, and exhibits: images
in rows, (rows, columns, height, width, channels), which reporting draws.
"""

from dcgan_eval.studies.boxes import PartBox, masks, read_boxes, refuse_outside, room_boxes
from dcgan_eval.studies.paths import linear, spherical
from dcgan_eval.studies.ratio import ratio_metric

__all__ = [
    "PartBox",
    "linear",
    "masks",
    "ratio_metric",
    "read_boxes",
    "refuse_outside",
    "room_boxes",
    "spherical",
]
