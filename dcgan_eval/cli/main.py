"""The command ``dcgan-eval``: verbs from their folder, one line for every error."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated, Any, cast

import typer

from dcgan_eval import __version__
from dcgan_eval.cli import verbs
from dcgan_eval.core import DcganEvalError, printable

_INTERRUPTED = 130
# What a wrong command line raises: click's UsageError, or that of the click inside newer typers.
_UsageError = cast(type[typer.BadParameter], typer.BadParameter.__bases__[0])


def make_app() -> typer.Typer:
    """Collect the verbs: each module of ``cli/verbs`` has a function ``verb``, or an ``app``."""
    app = typer.Typer(
        name="dcgan-eval",
        help="How good is what this network has learned?",
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_options)
    for module in sorted(pkgutil.iter_modules(verbs.__path__), key=lambda one: one.name):
        loaded = importlib.import_module(f"{verbs.__name__}.{module.name}")
        name = module.name.rstrip("_")
        if hasattr(loaded, "app"):
            app.add_typer(loaded.app, name=name)
        else:
            app.command(name)(loaded.verb)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 failure at work, 2 a user's mistake, 130 interrupted.

    Parameters
    ----------
    arguments
        In place of the process's own. ``--debug``, anywhere, shows tracebacks.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [argument for argument in given if argument != "--debug"]
    warnings.showwarning = _show_warning
    try:
        code = make_app()(args=given or ["--help"], prog_name="dcgan-eval", standalone_mode=False)
        sys.stdout.flush()
        if code == _INTERRUPTED:  # typer makes this of a KeyboardInterrupt
            raise KeyboardInterrupt
        sys.exit(code if isinstance(code, int) else 0)
    except _UsageError as error:
        _fail(error.format_message(), 2)
    except DcganEvalError as error:
        if debug:
            raise
        _fail(str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        # A verification keeps nothing of what it had done.
        how = "begins anew" if given[:1] == ["verify"] else "goes on from here"
        _fail(f"interrupted; the same command {how}", _INTERRUPTED)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; nothing more can be said on stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError as error:
        if debug:
            raise
        _fail(f"out of memory: {error}; use fewer layers or a smaller set", 1)
    except Exception as error:  # the last line of defence: say it in one line, exit 1
        if debug:
            raise
        kind = type(error).__name__
        _fail(f"{kind}: {error} (a bug; run again with --debug for the traceback)", 1)


def _say_version(asked: bool) -> None:
    if asked:
        print(f"dcgan-eval {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_say_version, is_eager=True),
    ] = False,
) -> None:
    """Options that go without a verb."""


def _fail(message: str, code: int) -> None:
    """One line on stderr, without what a terminal would take for a command."""
    print(f"dcgan-eval: {printable(message)}", file=sys.stderr)
    sys.exit(code)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: Any = None,
    line: str | None = None,
) -> None:
    """One line for each warning."""
    print(f"dcgan-eval: warning: {printable(str(message))}", file=sys.stderr)
