"""Our own format: safetensors with a JSON model card in the file's metadata.

The card says what weights do not: ``family`` and ``options`` (or ``geometry``), ``role``,
``preprocess`` or the generator's spec, and for people ``name``, ``source``, ``licence``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from safetensors import SafetensorError, safe_open

from dcgan_eval.core import CheckpointError, located
from dcgan_eval.models.formats import CheckpointFormat, Loaded

# The key of the card in the file's metadata, whose values are texts.
CARD = "dcgan_eval_card"


class Safetensors(CheckpointFormat):
    """See the module."""

    suffixes: ClassVar[tuple[str, ...]] = (".safetensors",)

    def read(self, path: Path, role: str | None = None, part: str | None = None) -> Loaded:
        """Read tensors and card."""
        with located(path):
            try:
                with safe_open(path, framework="pt", device="cpu") as file:
                    metadata = file.metadata() or {}
                    names = file.keys()
                    tensors = {name: file.get_tensor(name) for name in names}
            except (SafetensorError, OSError) as error:
                reason = " ".join(str(error).split())[:120]
                raise CheckpointError(f"not a whole safetensors file ({reason})") from None
            return Loaded(tensors, card=_card(metadata.get(CARD)))


def _card(text: str | None) -> dict[str, Any] | None:
    """The card in a file's metadata; files of other tools have none."""
    if text is None:
        return None
    try:
        card = json.loads(text)
    except json.JSONDecodeError as error:
        raise CheckpointError(f"its model card is not JSON ({error})") from None
    if not isinstance(card, dict):
        raise CheckpointError("its model card is no mapping of keys")
    return card


FORMAT = Safetensors()
