"""Settings of a data set: its name, where it lies, and how its images are converted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import field_validator, model_validator

from dcgan_eval.core import Settings, execution, identity


class Resize(Settings):
    """How images are brought to one size.

    Attributes
    ----------
    side
        Height and width in pixels afterwards.
    how
        ``stretch`` changes the aspect; ``center_crop`` scales the shorter side and cuts the middle
        out. Scaling is bilinear, widened over the pixels it merges (Pillow's).
    """

    side: int = identity(ge=1, le=4096)
    how: Literal["stretch", "center_crop"] = identity("center_crop")


class LabelFiles(Settings):
    """Labels of a data set without its images.

    Attributes
    ----------
    train, test
        See `dcgan_eval.data.load_labels`.
    """

    train: Path = execution(strict=False)
    test: Path = execution(strict=False)


class Made(Settings):
    """A set that is made by code.

    Attributes
    ----------
    seed
        Another one, another set.
    train, test
        Numbers of images.
    """

    seed: int = identity(0, ge=0)
    train: int = identity(10_000, ge=1, le=1_000_000)
    test: int = identity(2_000, ge=1, le=1_000_000)


class DataSettings(Settings):
    r"""A data set with a training and a test part.

    Attributes
    ----------
    name
        ``cifar10``, ``svhn``, ``digits`` …: the folder below a root in which the data lie.
    root
        Folder that holds ``<name>/``; relative paths are looked for from the working directory,
        then in the roots that the caller gives.
    reader
        Which reader is meant where files of several kinds fit.
    channels
        ``as_is``, or every image made ``grey`` (ITU-R 601 luma) or ``rgb``.
    resize
        How images are brought to one size; without it they must have one.
    item_groups
        Regular expression whose first group, searched in an item's path, names the item's group,
        such as ``photo(\d+)``.
    class_names
        Names of the classes in the order of their labels, where the data do not say them or where
        another order is wanted.
    classes
        Names of classes: their images alone are used, numbered in this order.
    dedup
        Record of ``dcgan-eval study dedup`` of these images: of each group of near-duplicates in
        the training part the first is used. The test part stays whole.
    train, test
        Files or folders to read in place of ``<root>/<name>/…``; both or neither.
    made
        Of the set ``rooms``, which is made by code: ``seed``, and numbers of images (``train``,
        ``test``).
    labels
        Labels alone, in place of images: for features that were computed elsewhere.
    label_column
        Column of the labels in a Parquet file, such as ``coarse_label``; ``label``, or else
        ``fine_label``, when not given.
    subset
        Why this is not the whole published set, where it is not: stands in every record and table.

    Notes
    -----
    Where files lie, who reads them, which column and which near-duplicates are left out is
    execution: what was read is in the fingerprint.
    """

    name: str = identity()
    root: Path | None = execution(None, strict=False)
    reader: str | None = execution(None)
    channels: Literal["as_is", "grey", "rgb"] = identity("as_is")
    resize: Resize | None = identity(None)
    item_groups: str | None = identity(None)
    class_names: tuple[str, ...] | None = identity(None)
    classes: tuple[str, ...] | None = identity(None, later=True)
    dedup: Path | None = execution(None, strict=False)
    train: Path | None = execution(None, strict=False)
    test: Path | None = execution(None, strict=False)
    made: Made | None = identity(None, later=True)
    labels: LabelFiles | None = execution(None)
    label_column: str | None = execution(None)
    subset: str | None = identity(None)

    @field_validator("name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        # The name becomes a folder below a root, so it may not lead out of it.
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
            raise ValueError(
                "a data set's name has letters, digits, '_', '-' and '.' only; for data elsewhere"
                " give root, or train and test"
            )
        return name

    @field_validator("item_groups")
    @classmethod
    def _has_group(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        if not groups:
            raise ValueError(r"expected a group in parentheses, such as photo(\d+)")
        return pattern

    @field_validator("class_names")
    @classmethod
    def _distinct(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if names is not None and (len(names) < 2 or len(set(names)) < len(names)):
            raise ValueError("expected at least two names, all different")
        return names

    @field_validator("classes")
    @classmethod
    def _some(cls, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if names is not None and (not names or len(set(names)) < len(names)):
            raise ValueError("expected at least one name, all different")
        return names

    @model_validator(mode="after")
    def _both_or_neither(self) -> DataSettings:
        if (self.train is None) != (self.test is None):
            raise ValueError("give both train and test, or neither")
        if self.train is not None and self.root is not None:
            raise ValueError("give root, or train and test, not both")
        if self.made is not None and self.name != "rooms":
            raise ValueError(f"made: {self.name} is no set that is made by code; name rooms")
        if self.made is not None and (self.root or self.reader or self.train):
            raise ValueError("made is not read from files: remove root, reader, train and test")
        chosen = ("resize", "item_groups", "train", "classes", "dedup", "label_column", "made")
        of_images = ("root", "reader", *chosen)
        beside = [key for key in of_images if getattr(self, key) is not None]
        if self.labels is not None and (beside or self.channels != "as_is"):
            raise ValueError(f"labels has no images: remove {', '.join(beside) or 'channels'}")
        return self
