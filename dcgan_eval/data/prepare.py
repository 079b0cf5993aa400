"""Getting data sets and checking what lies on disk. The only place that downloads anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dcgan_eval.core import (
    DataError,
    Progress,
    Silent,
    build,
    did_you_mean,
    digest_file,
    distrusted,
    located,
    read_regular,
    storage_errors,
    writable_folder,
    write_text,
)
from dcgan_eval.data.find import find_or_explain
from dcgan_eval.data.items import ImageSet
from dcgan_eval.data.known import KNOWN
from dcgan_eval.data.load import load_dataset
from dcgan_eval.data.settings import DataSettings

_SUMS = "SHA256SUMS"
# Of a hundred thousand files.
_MOST_BYTES = 1 << 24

# torchvision's classes, with the arguments that name the parts.
_CLASSES: dict[str, tuple[str, tuple[dict[str, Any], ...]]] = {
    "cifar10": ("CIFAR10", ({},)),
    "cifar100": ("CIFAR100", ({},)),
    "mnist": ("MNIST", ({},)),
    "fashion-mnist": ("FashionMNIST", ({},)),
    "svhn": ("SVHN", ({"split": "train"}, {"split": "test"})),
}


def prepare(name: str, root: Path, progress: Progress | None = None) -> list[str]:
    """Download a published data set into ``<root>/<name>/`` by torchvision.

    torchvision compares each download with the MD5 sum that stands in its code; nobody publishes
    SHA-256 sums of these files. Ours are taken of what passed that comparison, written to
    ``<root>/<name>/SHA256SUMS`` (readable by ``sha256sum --check``), and compared by `check`.

    Returns
    -------
    list of str
        What was done, in lines.

    Raises
    ------
    DataError
        Not a set that can be downloaded, or the download failed.
    StorageError
        The folder cannot be written to.
    """
    if name == "digits":
        return ["digits: come with scikit-learn; nothing to prepare"]
    if name == "rooms":
        return ["rooms: are made by code; nothing to prepare"]
    if name not in _CLASSES:
        raise DataError(f"{name!r} cannot be downloaded; {did_you_mean(name, _CLASSES)}")
    folder = writable_folder(root / name)
    kind, parts = _CLASSES[name]
    _download(kind, parts, folder, progress or Silent())
    sums = _sums_of(folder)
    write_text(folder / _SUMS, "".join(f"{digest}  {path}\n" for path, digest in sums.items()))
    return [
        f"{name}: in {folder}, downloads compared with torchvision's MD5 sums",
        f"{name}: SHA-256 sums of {len(sums)} files written to {folder / _SUMS}",
    ]


def _download(
    kind: str, parts: tuple[dict[str, Any], ...], folder: Path, progress: Progress
) -> None:
    """Let torchvision download and unpack a set."""
    from dcgan_eval.data.readers.torchvision import import_datasets

    dataset: Callable[..., Any] = getattr(import_datasets(), kind)
    progress.say(f"downloading {kind} to {folder}")
    try:
        for part in parts:
            dataset(folder, download=True, **part)
    except (OSError, RuntimeError) as error:
        text = " ".join(str(error).split())[:200]
        raise DataError(
            f"{kind}: could not be downloaded to {folder} ({text}); check the network and the"
            " disk, then run the same command again"
        ) from None


def check(
    name: str, root: Path | None = None, *, roots: Sequence[Path] = (), cache: Path | None = None
) -> list[str]:
    """Read a data set whole and say what it is.

    Returns
    -------
    list of str
        For each part where it lies, its size, classes, fingerprint, and whether pixels and labels
        are those of the copy that the committed results were made with.

    Raises
    ------
    DataError
        The data are absent or damaged, or a file does not have the sum in ``SHA256SUMS``.
    """
    values = {"name": name} if root is None else {"name": name, "root": str(root)}
    with located("data"):
        settings = build(DataSettings, values)
    lines = []
    for split in ("train", "test"):
        source = find_or_explain(settings, split, roots)
        lines.append(f"{name}/{split}: {source.path}")
    lines.extend(_checked_sums(find_or_explain(settings, "train", roots).path))
    for images in load_dataset(settings, roots=roots, cache=cache):
        lines.extend(_described(name, images))
    return lines


def _described(name: str, images: ImageSet) -> list[str]:
    """What an image set is, in lines."""
    counts = np.bincount(images.y, minlength=len(images.class_names))
    height, width, channels = images.image_shape
    lines = [
        f"{images.name}: {len(images)} images of {height}×{width}×{channels},"
        f" {len(images.class_names)} classes of {counts.min()} to {counts.max()} images",
        f"{images.name}: fingerprint {images.fingerprint}",
    ]
    known = KNOWN.get(name)
    if known is None:
        return lines
    part = images.name.rpartition("/")[2]
    published = known.train if part == "train" else known.test
    if len(images) != published:
        lines.append(f"{images.name}: not the whole set, which has {published} images")
    elif part in known.fingerprints:
        same = known.fingerprints[part] == images.fingerprint
        lines.append(
            f"{images.name}: pixels, labels and order"
            f" {'equal' if same else 'DIFFER FROM'} the copy of the committed results"
        )
    return lines


def _sums_of(folder: Path) -> dict[str, str]:
    """SHA-256 sums of all files below a folder, by relative path."""
    with storage_errors(folder):
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != _SUMS)
        return {path.relative_to(folder).as_posix(): digest_file(path) for path in files}


def _checked_sums(path: Path) -> list[str]:
    """Compare files with the SHA256SUMS that lies beside them or in a folder above."""
    folder = next((f for f in list(path.parents)[:3] if (f / _SUMS).is_file()), None)
    if folder is None:
        return [f"{path.parent}: no {_SUMS} to compare files with"]
    with distrusted(DataError, f"{folder / _SUMS}: cannot be read"):
        lines = read_regular(folder / _SUMS, _MOST_BYTES).decode().splitlines()
    for line in lines:
        found = re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line)
        if found is None or not _is_file(folder / found[2]):
            raise DataError(f"{folder / _SUMS}: {line[:100]!r} does not name a file there")
        if digest_file(folder / found[2]) != found[1]:
            raise DataError(
                f"{folder / found[2]}: does not have the sum in {_SUMS}; prepare the data again"
            )
    return [f"{folder}: {len(lines)} files have the sums in {_SUMS}"]


def _is_file(path: Path) -> bool:
    """Whether there is such a file; there is none of a name that no file can have."""
    try:
        return path.is_file()
    except OSError:
        return False
