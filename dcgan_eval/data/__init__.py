"""Images with labels: named sets, readers, conversions, splits."""

from __future__ import annotations

from dcgan_eval.data.held import as_data
from dcgan_eval.data.held_arrays import FloatMeaning
from dcgan_eval.data.items import ImageSet, Items, check_ids, with_pixels
from dcgan_eval.data.known import KNOWN, KnownSet
from dcgan_eval.data.labels import load_labels
from dcgan_eval.data.load import load_dataset, load_images, load_items
from dcgan_eval.data.notes import notes_on
from dcgan_eval.data.pictures import read_picture
from dcgan_eval.data.prepare import check, prepare
from dcgan_eval.data.readers.rooms import Room, make_room
from dcgan_eval.data.settings import DataSettings, LabelFiles, Made, Resize
from dcgan_eval.data.sources import Item, Picture, Reader, Source, integer_labels
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
    "FloatMeaning",
    "ImageSet",
    "Item",
    "Items",
    "KnownSet",
    "LabelFiles",
    "Made",
    "Picture",
    "Reader",
    "Resize",
    "Room",
    "Source",
    "Split",
    "as_data",
    "authors_split",
    "check",
    "check_ids",
    "draw_per_class",
    "grouped_part",
    "integer_labels",
    "load_dataset",
    "load_images",
    "load_items",
    "load_labels",
    "make_room",
    "notes_on",
    "prepare",
    "read_picture",
    "stratified",
    "stratified_folds",
    "stratified_subset",
    "with_pixels",
]
