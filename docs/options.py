"""The options of every verb in ``docs/commands.md``, from the commands themselves.

python docs/options.py    # writes them into the page, between its marks
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from dcgan_eval.cli.main import make_app

PAGE = Path(__file__).with_name("commands.md")
_MARK = re.compile(r"<!-- (dcgan-eval [a-z ]+) -->.*?<!-- end -->", re.DOTALL)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, such as ``dcgan-eval data list``, with what parses it."""

    def below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        if not hasattr(command, "commands"):
            yield name, command
            return
        for verb, inner in sorted(command.commands.items()):
            yield from below(f"{name} {verb}", inner)

    yield from below("dcgan-eval", typer.main.get_command(make_app()))


def options(command: Any) -> str:
    """Sentence and table of one command."""
    rows = [
        (_written(parameter), _default(parameter), " ".join((parameter.help or "").split()))
        for parameter in command.params
        if parameter.name != "help"
    ]
    lines = [" ".join(command.help.split())]
    if rows:
        lines += ["", "| | default | |", "| --- | --- | --- |"]
        lines += [f"| `{name}` | {default} | {text} |" for name, default, text in rows]
    return "\n".join(lines)


def filled(page: str) -> str:
    """The page with sentence and table of every command that it has marks for."""
    known = dict(commands())
    return _MARK.sub(
        lambda mark: f"<!-- {mark[1]} -->\n\n{options(known[mark[1]])}\n\n<!-- end -->", page
    )


def marks(page: str) -> list[str]:
    """The commands that a page has marks for."""
    return [mark[1] for mark in _MARK.finditer(page)]


def _written(parameter: Any) -> str:
    """As it is typed: ``--only``, or ``PIPELINE`` of an argument."""
    if parameter.param_type_name == "argument":
        return parameter.name.upper() + ("…" if parameter.nargs != 1 else "")
    return ", ".join([*parameter.opts, *parameter.secondary_opts])


def _default(parameter: Any) -> str:
    """The default; nothing for flags and where there is none."""
    if parameter.required:
        return "required"
    # Where the default is that of settings, it is known by its text alone.
    shown = parameter.show_default
    value = shown if isinstance(shown, str) else parameter.default
    flag = getattr(parameter, "is_flag", False) and not parameter.secondary_opts
    if flag or callable(value) or value in (None, (), []):
        return ""
    if isinstance(value, bool):
        return f"`{parameter.opts[0] if value else parameter.secondary_opts[0]}`"
    return f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
