"""Every error and warning of the package, in one tree.

DcganEvalError
├── UserError                 a user's mistake                      exit 2
│   ├── SettingsError         a pipeline, recipe or option
│   ├── DataError             images or labels
│   ├── CheckpointError       a file with weights
│   ├── CodeRefusedError      code of the user's, not allowed to run
│   ├── RecordError           a stored record or a results folder
│   └── DoesNotFitError       more memory or disk than there is
└── WorkError                 a failure at work                     exit 1
    └── StorageError          the disk is full, read-only, or gone

DcganEvalWarning
├── CacheWarning              something in the cache was wrong and was made again
├── LayoutWarning             a map looks as if it were in another layout than it is read in
├── RecordWarning             a stored record cannot be used and is skipped
└── ConvergenceWarning        a fit ended before its tolerance

The message of each is one line: what was given, what was expected, what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class DcganEvalError(Exception):
    """Base of all errors that the package raises on purpose."""

    exit_code = 1


class UserError(DcganEvalError):
    """What was asked for cannot be done as it was asked for."""

    exit_code = 2


class SettingsError(UserError, ValueError):
    """A pipeline, a recipe or an option is wrong."""


class DataError(UserError, ValueError):
    """Images or labels are missing, damaged or unsuitable."""


class CheckpointError(UserError, ValueError):
    """A file with weights is missing, damaged, or does not fit its network."""


class CodeRefusedError(UserError):
    """The user's own code was named but not allowed to run."""


class RecordError(UserError, ValueError):
    """A stored record or a results folder cannot be used."""


class DoesNotFitError(UserError, MemoryError):
    """The work needs more memory or disk than there is; the message has the numbers."""


class WorkError(DcganEvalError):
    """The work itself failed."""


class StorageError(WorkError, OSError):
    """Writing failed: the disk is full, read-only or gone."""


class DcganEvalWarning(UserWarning):
    """Base of all warnings that the package gives on purpose."""


class CacheWarning(DcganEvalWarning):
    """An entry of the cache was damaged or outdated and is made again."""


class LayoutWarning(DcganEvalWarning):
    """A map looks as if its axes were in another order than the one they are read in."""


class RecordWarning(DcganEvalWarning):
    """A stored record cannot be used and is skipped."""


class ConvergenceWarning(DcganEvalWarning):
    """A fit ended before it reached its tolerance."""


@contextmanager
def located(where: object) -> Iterator[None]:
    """Put where it happened in front of what the package's own errors say.

    A function that computes with values need not be told whose they are: whoever knows says it
    here. The class stays, and with it the exit code; other exceptions pass untouched.

    Parameters
    ----------
    where
        A file, a data set, an option: what stands before the colon.
    """
    try:
        yield
    except DcganEvalError as error:
        raise _saying(error, f"{where}: {error}") from error.__cause__


@contextmanager
def distrusted(error: type[Exception], what: str) -> Iterator[None]:
    """Say in one line whatever a stranger's file does to whoever reads it.

    Errors of the package, and of `error`, pass; so does a lack of memory, which may be anybody's.

    Parameters
    ----------
    error
        What is raised.
    what
        What the file is not, such as ``not a whole .npz archive``; the reason stands behind it.
    """
    try:
        yield
    except (DcganEvalError, MemoryError, error):
        raise
    except Exception as problem:
        reason = problem.strerror if isinstance(problem, OSError) else None
        words = " ".join((reason or str(problem) or type(problem).__name__).split())[:120]
        raise error(f"{what} ({words})") from None


def _saying(error: DcganEvalError, message: str) -> DcganEvalError:
    """An error like another one with a message of its own."""
    # Past the constructor, which in a subclass may want anything. Python lays OSError out in memory
    # otherwise than the rest.
    base = OSError if isinstance(error, OSError) else BaseException
    changed: DcganEvalError = base.__new__(type(error))
    changed.__dict__.update(error.__dict__)
    changed.args = (message,)
    return changed.with_traceback(error.__traceback__)
