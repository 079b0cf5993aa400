"""Studies of a trained pair, one file a study: protocols that say whether an effect is there.

A study has settings, takes a subject, and gives metrics beside their controls, and exhibits: images
in rows, (rows, columns, height, width, channels), which reporting draws.
"""

from dcgan_eval.studies.autoencoder import Autoencoder
from dcgan_eval.studies.boxes import PartBox, masks, read_boxes, refuse_outside, room_boxes
from dcgan_eval.studies.detector import Detector, DetectorSettings, trained_detector
from dcgan_eval.studies.drawing import NumberedSamples, of_z_alone
from dcgan_eval.studies.duplicates import find_duplicates
from dcgan_eval.studies.generator_study import GeneratorStudy, NumberedStudy
from dcgan_eval.studies.parts import Parts, parts_of
from dcgan_eval.studies.paths import linear, spherical
from dcgan_eval.studies.ratio import ratio_metric
from dcgan_eval.studies.threads import one_thread

__all__ = [
    "Autoencoder",
    "Detector",
    "DetectorSettings",
    "GeneratorStudy",
    "NumberedSamples",
    "NumberedStudy",
    "PartBox",
    "Parts",
    "find_duplicates",
    "linear",
    "masks",
    "of_z_alone",
    "one_thread",
    "parts_of",
    "ratio_metric",
    "read_boxes",
    "refuse_outside",
    "room_boxes",
    "spherical",
    "trained_detector",
]
