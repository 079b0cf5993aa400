"""Named seeds: every random choice is a pure function of named coordinates.

``rng_for("svhn1000", "draw", 17)`` is the same stream in every process, on every machine and
whatever was drawn before it, so draw 17 alone equals draw 17 of 100.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np


def seed_for(*coordinates: str | int) -> int:
    """A 64-bit seed from the coordinates of a random choice.

    Parameters
    ----------
    *coordinates
        What the choice is, from the general to the particular: strings and integers.

    Returns
    -------
    int
        In [0, 2**63), so that it fits torch's generators too.
    """
    text = json.dumps(coordinates, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def rng_for(*coordinates: str | int) -> np.random.Generator:
    """A NumPy generator (PCG64) of its own for these coordinates."""
    return np.random.Generator(np.random.PCG64(seed_for(*coordinates)))
