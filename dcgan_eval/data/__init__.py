"""Images with labels: named sets, readers, conversions, splits."""

from __future__ import annotations

from dcgan_eval.data.imageset import ImageSet
from dcgan_eval.data.known import KNOWN, KnownSet
from dcgan_eval.data.load import load_dataset, load_images
from dcgan_eval.data.prepare import check, prepare
from dcgan_eval.data.settings import DataSettings, Resize
from dcgan_eval.data.splits import (
    Split,
    authors_split,
    draw_per_class,
    grouped_part,
    stratified,
    stratified_folds,
    stratified_subset,
)

__all__ = [
    "KNOWN",
    "DataSettings",
    "ImageSet",
    "KnownSet",
    "Resize",
    "Split",
    "authors_split",
    "check",
    "draw_per_class",
    "grouped_part",
    "load_dataset",
    "load_images",
    "prepare",
    "stratified",
    "stratified_folds",
    "stratified_subset",
]
