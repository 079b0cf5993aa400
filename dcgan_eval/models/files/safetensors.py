"""Our own format: safetensors with a JSON model card in the file's metadata.

The card says what weights do not: ``family`` and ``options`` (or ``geometry``), ``role``,
``preprocess`` or the generator's spec, and for people ``name``, ``source``, ``licence``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from safetensors import safe_open
from safetensors.torch import save

from dcgan_eval.core import (
    CheckpointError,
    distrusted,
    located,
    open_regular,
    parse_json,
    write_bytes,
)
from dcgan_eval.models.files import CheckpointFormat, Loaded
from dcgan_eval.models.parts import choose_part
from dcgan_eval.models.weights import Tensors, is_counter

# The key of the card in the file's metadata, whose values are texts.
_CARD = "dcgan_eval_card"


class Safetensors(CheckpointFormat):
    """See the module."""

    suffixes: ClassVar[tuple[str, ...]] = (".safetensors",)
    several: ClassVar[bool] = True

    def read(self, path: Path, role: str | None = None, part: str | None = None) -> Loaded:
        """Read tensors and card; of several networks under prefixes one."""
        with (
            distrusted(CheckpointError, "not a whole safetensors file"),
            safe_open(path, framework="pt", device="cpu") as file,
        ):
            metadata = file.metadata() or {}
            names = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
        nested, chosen = choose_part({"": tensors}, role, part) if tensors else (None, tensors)
        return Loaded(chosen, card=_card(metadata.get(_CARD, "{}")), nested=nested)


def read_card(path: Path) -> dict[str, Any]:
    """The card of a file without its weights; empty in files of other tools.

    Raises
    ------
    CheckpointError
        Not a whole safetensors file, a card that is none.
    """
    with located(path):
        with distrusted(CheckpointError, "not a whole safetensors file"):
            open_regular(path).close()
            with safe_open(path, framework="pt", device="cpu") as file:
                metadata = file.metadata() or {}
        return _card(metadata.get(_CARD, "{}"))


def _card(text: str) -> dict[str, Any]:
    """The card in a file's metadata; files of other tools have none."""
    with distrusted(CheckpointError, "its model card is not JSON"):
        card = parse_json(text)
    if not isinstance(card, dict):
        raise CheckpointError("its model card is no mapping of keys")
    return card


def save_checkpoint(path: Path, tensors: Tensors, card: Mapping[str, Any]) -> None:
    """Write weights in our own format.

    Parameters
    ----------
    path
        Ending in ``.safetensors``; written whole or not at all.
    tensors
        A state dict; counters of batches are left out.
    card
        JSON values: what the weights do not say.
    """
    kept = {n: t.detach().cpu().contiguous() for n, t in tensors.items() if not is_counter(n)}
    write_bytes(path, save(kept, {_CARD: json.dumps(card, sort_keys=True)}))


FORMAT = Safetensors()
