"""What a terminal shows: the few commands that a live display gives it, carried out."""

from __future__ import annotations

import re

# A command (with its number and its letter), or one character.
_PIECES = re.compile(r"\x1b\[\??([\d;]*)([A-Za-z])|([^\x1b])", re.DOTALL)


def screen(written: str) -> list[str]:
    """Lines of a terminal that is wider than every line and as high as it must be."""
    lines, row, column = [""], 0, 0
    for number, command, character in _PIECES.findall(written):
        if command == "A":
            row -= int(number or 1)
        elif command == "K":
            assert number == "2", "only whole lines are erased"
            lines[row] = ""
        elif command:
            assert command in "mhl", command  # colours; the cursor hidden or shown
        elif character == "\r":
            column = 0
        elif character == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        else:
            lines[row] = lines[row][:column].ljust(column) + character + lines[row][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines if line.strip()]
