"""The command ``dcgan-eval``: verbs from their folder, one line for every error."""

from __future__ import annotations

import errno
import importlib
import io
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
# Of files the package's own writers say it.
_NOT_WRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
# How libraries say that there is none.
_NO_MEMORY = ("allocate memory", "out of memory", "map segment", "start new thread")
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
    _prepare_streams()
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
        _leave_stdout()
        sys.exit(1)
    except Exception as error:  # the last line of defence: say it in one line, exit 1
        if debug:
            raise
        _fail(_words(error), 1)


def _prepare_streams() -> None:
    """Refuse a closed stdout, and write what its encoding lacks as escapes."""
    if sys.stdout is None:
        # The next file that is opened would take its place.
        _fail("stdout is closed; send it to /dev/null to see nothing", 2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _leave_stdout() -> None:
    """Let go of what could not be written, which would fail once more at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _words(error: Exception) -> str:
    """What nobody expected, in one line: a lack of memory, what the system says, or a bug."""
    text = str(error)
    if isinstance(error, MemoryError) or any(word in text.lower() for word in _NO_MEMORY):
        return f"out of memory ({text}); use fewer layers, a smaller set or a larger machine"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError) and error.errno in _NOT_WRITTEN:
        _leave_stdout()
        return f"stdout: {error.strerror}; nothing but the output is lost"
    return f"{type(error).__name__}: {text} (a bug; run again with --debug for the traceback)"


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
