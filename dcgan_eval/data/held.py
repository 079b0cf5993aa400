"""What people hold in memory becomes a data set like one of files: `as_data`.

This is the only place that looks at types of data. Whatever it is, it becomes a `Source`, is
decoded once into the cache, and is named from then on by the settings of a data set: the same
images give the same fingerprint as from files, and whoever reads the settings finds them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dcgan_eval.core import DataError, Progress, Silent, build, keep_array, located
from dcgan_eval.data.decoded import decode, entry_path
from dcgan_eval.data.held_arrays import FloatMeaning, as_array, labels_array
from dcgan_eval.data.held_sources import ArraySource, DatasetSource, HeldSource, SetSource
from dcgan_eval.data.items import ImageSet
from dcgan_eval.data.load import load_images
from dcgan_eval.data.readers.decoded import GROUPS
from dcgan_eval.data.settings import DataSettings

_EXPECTED = (
    "(images, labels), a torch or Hugging Face data set, an ImageSet, or the name of a data set"
)


# What data without a name are called.
NO_NAME = "images"


def as_data(
    train: object,
    test: object,
    *,
    name: str = NO_NAME,
    pixels: FloatMeaning | None = None,
    roots: Sequence[Path | str] = (),
    cache: Path,
    progress: Progress | None = None,
) -> DataSettings:
    """Settings of the data set that somebody holds.

    Parameters
    ----------
    train, test
        ``(images, labels)`` or ``(images, labels, groups)``: uint8 arrays N×H×W×C or N×H×W (of
        tensors also N×C×H×W), labels as whole numbers or texts. A data set of torch or
        torchvision, or a `Subset` of one, without random transforms. A Hugging Face ``Dataset``.
        An `ImageSet`. The name of a data set, such as ``"cifar10"``.
        Labels alone, (n,), of both: where features were computed elsewhere.
    name
        What tables call it, where it has no name of its own: both parts of a set that was loaded
        by name have.
    pixels
        ``"unit"``: floats are pixels in [0, 1]; without it floats are refused.
    roots
        Where named data sets are looked for.
    cache
        Where the images are kept; `load_dataset` finds them there again.
    progress
        Told about the decoding.

    Raises
    ------
    DataError
        What is held is none of these; no images; another number of labels than of images; floats
        without `pixels`, or outside [0, 1]; images that change each time they are asked for.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from dcgan_eval.data import as_data, load_dataset
    >>> X, y = np.zeros((20, 8, 8), np.uint8), np.arange(20) % 2
    >>> cache = tempfile.mkdtemp()
    >>> settings = as_data((X, y), (X[:10], y[:10]), cache=cache)
    >>> load_dataset(settings, cache=cache)[1].image_shape
    (8, 8, 1)
    """
    cache = Path(cache)
    if pixels not in (None, "unit"):
        raise DataError(f"pixels: found {pixels!r}; expected 'unit' (floats in [0, 1]) or None")
    if isinstance(train, str) and train == test:
        if name != NO_NAME or pixels is not None:
            raise DataError(
                f"data set {train!r} has its name and its pixels; leave out dataset and pixels"
            )
        with located("data"):
            return build(DataSettings, {"name": train})
    if name == NO_NAME:
        name = _name_of_sets(train, test) or name
    values: dict[str, Any] = {"name": name}
    if _is_labels(train) and _is_labels(test):
        kept = {
            part: keep_array(labels_array(held), cache / "given").relative_to(cache)
            for part, held in (("train", train), ("test", test))
        }
        return build(DataSettings, {**values, "labels": {k: str(v) for k, v in kept.items()}})
    parts: tuple[tuple[Literal["train", "test"], object], ...] = (("train", train), ("test", test))
    sources = {}
    for part, held in parts:
        with located(part):
            if isinstance(held, str):
                held = load_images(held, part, roots=roots, cache=cache, progress=progress)
            sources[part] = _as_source(held, pixels)
            sources[part].content()
    grouped = [part for part, source in sources.items() if source.groups() is not None]
    if len(grouped) == 1:
        raise DataError(f"{grouped[0]} alone has groups; give groups of both parts, or of neither")
    if grouped:
        values["item_groups"] = GROUPS
    with located("data"):
        chosen = build(DataSettings, values)
    for part, source in sources.items():
        decode(source, chosen, f"{name}/{part}", cache, progress or Silent())
        values[part] = str(entry_path(source, chosen))
    return build(DataSettings, values)


def _name_of_sets(train: object, test: object) -> str | None:
    """The name of the data set that two image sets are the parts of."""
    if not (isinstance(train, ImageSet) and isinstance(test, ImageSet)):
        return None
    name, part, _ = train.name.rpartition("/train")
    return name if part and test.name == f"{name}/test" else None


def _as_source(held: object, pixels: FloatMeaning | None) -> HeldSource:
    """One part, whatever it is."""
    if isinstance(held, ImageSet):
        return SetSource(held)
    if isinstance(held, tuple | list) and len(held) in (2, 3) and _is_array(held[0]):
        return ArraySource(as_array(held[0], pixels), *held[1:])
    if hasattr(held, "batch_sampler") and hasattr(held, "dataset"):
        raise DataError("is a DataLoader; give its data set: loader.dataset")
    if _is_array(held):
        raise DataError("is an array without labels; give (images, labels)")
    if isinstance(held, str | bytes | Mapping) or not (
        hasattr(held, "__getitem__") and hasattr(held, "__len__")
    ):
        raise DataError(f"is {type(held).__name__}; expected {_EXPECTED}")
    return DatasetSource(held, pixels)


def _is_labels(held: object) -> bool:
    """Whether something is labels alone: flat, and no images."""
    if isinstance(held, list | tuple):
        return bool(held) and all(isinstance(one, int | str | np.integer) for one in held)
    return _is_array(held) and len(getattr(held, "shape", ())) == 1


def _is_array(held: object) -> bool:
    """Whether something is an array, a tensor, or nested lists of numbers."""
    return isinstance(held, np.ndarray) or (hasattr(held, "shape") and hasattr(held, "dtype"))
