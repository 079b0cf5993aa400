"""How trainings went, as the cards of their checkpoints say: a table in Markdown.

    python results/trainings.py runs/guidelines/mnist/*/guidelines_generator_0010.safetensors

A row is a folder's name without the number at its end, which is a seed's: ``paper_0``, ``paper_1``.
Of each number the mean over seeds, and its least and greatest; docs/commands.md says what they are.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from dcgan_eval.models import read_card

COLUMNS = {
    "distinct": "distinct samples",
    "contrast": "contrast",
    "loss_D": "loss of D",
    "loss_G": "loss of G",
    "accuracy_real": "D right about real",
    "accuracy_fake": "about fake",
}


def spread(values: list[float | None]) -> str:
    """Mean, and range where there are several."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    mean = f"{sum(known) / len(known):.2f}"
    return mean if len(known) == 1 else f"{mean} ({min(known):.2f} to {max(known):.2f})"


def table(cards: dict[str, list[dict[str, Any]]]) -> str:
    """The table of cards by method."""
    lines = [
        f"| training | seeds | {' | '.join(COLUMNS.values())} | failed |",
        f"| --- | --- | {' | '.join('---' for _ in COLUMNS)} | --- |",
    ]
    for method, of in cards.items():
        cells = [spread([card["watched"][column] for card in of]) for column in COLUMNS]
        words = [line.split(":")[0] for card in of for line in card["watched"]["failed"]]
        failed = ", ".join(f"{words.count(word)} {word}" for word in sorted(set(words))) or "none"
        lines.append(f"| {' | '.join([method, str(len(of)), *cells, failed])} |")
    return "\n".join(lines)


def main() -> None:
    """Read cards and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, help="checkpoints")
    cards: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in parser.parse_args().files:
        card = read_card(path)
        if "watched" not in card:
            parser.error(f"{path}: its card says nothing of a training; give `train`'s own files")
        cards[re.sub(r"_\d+$", "", path.parent.name)].append(card)
    print(table(cards))


if __name__ == "__main__":
    main()
