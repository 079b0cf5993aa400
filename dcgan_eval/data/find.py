"""Where the files of a data set lie, and which reader they are for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dcgan_eval.core import DataError, SettingsError, did_you_mean, located
from dcgan_eval.data.known import KNOWN
from dcgan_eval.data.readers import READERS
from dcgan_eval.data.readers.rooms import RoomsSource
from dcgan_eval.data.settings import DataSettings
from dcgan_eval.data.sources import Reader, Source


def find(settings: DataSettings, split: str, roots: Sequence[Path]) -> Source | None:
    """Find one part of a data set; None when it is nowhere.

    Raises
    ------
    DataError
        Files of several kinds fit, or a path that was given is missing or of no known kind.
    """
    if settings.made is not None:
        return RoomsSource(settings.made, split)
    readers = _readers(settings)
    given = settings.train if split == "train" else settings.test
    if given is not None:
        return _open_given(given, split, readers, roots, settings)
    # None stands for data that come with code; what lies on disk goes before it.
    for root in [*_roots(settings, roots), None]:
        fitting = [
            (name, reader, place)
            for name, reader in readers.items()
            for place in reader.places(root, settings.name, split)
            if _fits(reader, place)
        ]
        kinds = sorted({name for name, _, _ in fitting})
        if len(kinds) > 1:
            raise DataError(
                f"{settings.name}/{split}: files for several readers fit in {root}:"
                f" {', '.join(kinds)}; choose one with reader"
            )
        if fitting:
            _, reader, place = fitting[0]
            return _opened(reader, place, split, settings)
    return None


def find_or_explain(settings: DataSettings, split: str, roots: Sequence[Path]) -> Source:
    """Find one part of a data set, or say where it was looked for and how to get it."""
    source = find(settings, split, roots)
    if source is not None:
        return source
    tried = [
        str(place)
        for root in _roots(settings, roots)
        for reader in _readers(settings).values()
        for place in reader.places(root, settings.name, split)
    ]
    raise DataError(
        f"{settings.name}/{split}: no such data; looked for {', '.join(tried) or 'nothing'};"
        f" {_how_to_get(settings)}"
    )


def _how_to_get(settings: DataSettings) -> str:
    """What to do about absent data."""
    name = settings.name
    if name in KNOWN and KNOWN[name].downloadable:
        return (
            f"get it with: dcgan-eval data prepare {name} --root DIR, then give DIR as root,"
            " --data-root or DCGAN_EVAL_DATA"
        )
    hint = "" if name in KNOWN else f"{did_you_mean(name, KNOWN)}; "
    return f"{hint}give root, --data-root, DCGAN_EVAL_DATA, or train and test"


def _readers(settings: DataSettings) -> dict[str, Reader]:
    """The readers to try: the one that was asked for, or all."""
    names = READERS.names() if settings.reader is None else [settings.reader]
    with located("data.reader"):
        return {name: READERS.load(name) for name in names}


def _roots(settings: DataSettings, roots: Sequence[Path]) -> list[Path]:
    """Folders to look in, in order, each once."""
    given = settings.root
    if given is None:
        found = [Path(), *roots]
    elif given.is_absolute():
        found = [given]
    else:
        found = [given, *(root / given for root in roots)]
    return list(dict.fromkeys(path.expanduser().absolute() for path in found))


def _opened(reader: Reader, place: Path, split: str, settings: DataSettings) -> Source:
    """The source of a place, with the labels that are wanted."""
    source, column = reader.open(place, split), settings.label_column
    return source if column is None else source.with_label_column(column)


def _fits(reader: Reader, place: Path) -> bool:
    """Whether a reader can read a place; a folder that may not be entered is an error."""
    try:
        return reader.fits(place)
    except OSError as error:
        raise DataError(f"{place}: cannot be read: {error.strerror}") from None


def _open_given(
    given: Path,
    split: str,
    readers: dict[str, Reader],
    roots: Sequence[Path],
    settings: DataSettings,
) -> Source:
    """Open the path that the settings name for a part."""
    places = [given] if given.is_absolute() else [given, *(root / given for root in roots)]
    tried = [place.expanduser().absolute() for place in places]
    for place in tried:
        fitting = [name for name, reader in readers.items() if _fits(reader, place)]
        if len(fitting) > 1:
            raise DataError(f"{place}: fits readers {', '.join(fitting)}; choose one with reader")
        if fitting:
            return _opened(readers[fitting[0]], place, split, settings)
        if place.exists():
            raise SettingsError(
                f"data.{split}: {place}: of no kind that is read here ({', '.join(readers)})"
            )
    raise DataError(
        f"{settings.name}/{split}: no such file; looked for {', '.join(map(str, tried))}"
    )
