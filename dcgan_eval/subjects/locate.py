"""Where checkpoints lie: a file, a folder or a pattern, below the working folder or the roots."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dcgan_eval.core import BUNDLED, CheckpointError, DataError, SettingsError
from dcgan_eval.models import checkpoint_suffixes, read_card
from dcgan_eval.subjects.settings import Place


def find_checkpoints(text: str, place: Place) -> list[Path]:
    """Look a path or pattern up from the working folder, then in the roots.

    The name of a file that comes with the package is found behind them.

    Raises
    ------
    CheckpointError
        Nothing is there; the message lists all places tried.
    """
    tried = [Path(text)] if Path(text).is_absolute() else []
    if not tried:
        tried = [Path(text), *(root / text for root in place.checkpoint_roots)]
    for candidate in tried:
        if candidate.is_file():
            return [candidate]
        if candidate.is_dir():
            found = sorted(p for p in candidate.iterdir() if p.suffix in checkpoint_suffixes())
        elif candidate.name:
            found = sorted(candidate.parent.glob(candidate.name))
            # A pattern of folders, where none has such a name.
            found = found or sorted(Path(candidate.anchor).glob(_below(candidate)))
        else:
            found = []
        if found:
            return sorted(found, key=lambda path: (_training_step(path) or 0, path.name))
    if Path(text).name == text and (BUNDLED / text).is_file():
        return [BUNDLED / text]
    places = ", ".join(str(path) for path in tried)
    raise CheckpointError(
        f"{text}: no checkpoint there (looked for: {places}); give its path, or a root "
        "(--checkpoint-root, DCGAN_EVAL_CHECKPOINTS)"
    )


def _below(path: Path) -> str:
    """A path from the root of the file system, or from the working folder."""
    return str(path.relative_to(path.anchor))


def find_checkpoint(text: str, place: Place) -> Path:
    """The one file that a path or pattern means; see `find_checkpoints`.

    Raises
    ------
    SettingsError
        It means several.
    """
    paths = find_checkpoints(text, place)
    if len(paths) > 1:
        raise SettingsError(f"{text}: {len(paths)} files, such as {paths[0].name}; name one")
    return paths[0]


def find_file(text: str, place: Place) -> Path:
    """Look a file up from the working folder, then in the roots and the cache.

    Raises
    ------
    DataError
        It is nowhere; the message lists all places tried.
    """
    cache = [] if place.cache is None else [place.cache]
    tried = [Path(text)]
    if not tried[0].is_absolute():
        tried += [root / text for root in (*place.checkpoint_roots, *cache)]
    for candidate in tried:
        if candidate.is_file():
            return candidate
    places = ", ".join(map(str, tried))
    raise DataError(f"{text}: no such file (looked for: {places}); give its path")


def _training_step(path: Path) -> int | None:
    """Read the training step in a file's name: its last number."""
    numbers = re.findall(r"\d+", path.stem)
    return int(numbers[-1]) if numbers else None


def _training_seed(path: Path) -> int | None:
    """The seed of its training, as the card of a checkpoint of ours says; None of others."""
    if path.suffix != ".safetensors":
        return None
    recipe = read_card(path).get("recipe")
    seed = recipe.get("seed") if isinstance(recipe, dict) else None
    return seed if isinstance(seed, int) else None


class Told(NamedTuple):
    """What tells one of several checkpoints from the others; see `dcgan_eval.core.Subject`."""

    name: str
    method: str | None
    seed: int | None
    step: int | None


def told_apart(paths: Sequence[Path], part: int, name: str | None) -> Told:
    """Name, method, seed and step of one of the checkpoints that a path means.

    Steps of one training are told by their files; trainings by their seeds, where the cards of all
    files say them and they differ.
    """
    path = paths[part]
    method = name or path.stem
    if len(paths) == 1:
        return Told(method, None, None, None)
    seeds = [_training_seed(one) for one in paths]
    seed = seeds[part] if len(set(seeds)) > 1 and None not in seeds else None
    words = [method, *([f"seed {seed}"] if seed is not None else [])]
    words += [path.stem] if len({one.stem for one in paths}) > 1 else []
    return Told(", ".join(words), method, seed, _training_step(path))
