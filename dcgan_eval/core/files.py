"""Files that are whole or absent: private temporary file, flush to disk, rename."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dcgan_eval.core.errors import StorageError

# What comes with the package: the demo's pipeline and its weights.
BUNDLED = Path(__file__).parents[1] / "bundled"

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}
# What is being written is called so, and is locked by whoever writes it.
_PREFIX, _SUFFIX = ".dcgan-eval-", ".tmp"
# Folders in which this process has looked for what others left.
_cleaned: set[Path] = set()


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write `path` into one line that says what to do."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        if error.errno in _FULL:
            advice = "the disk is full; free space or choose another folder"
        elif error.errno in _CLOSED:
            advice = "it cannot be written to; choose another folder or change its permissions"
        elif error.errno == errno.ENOTDIR or isinstance(
            error, FileExistsError | NotADirectoryError
        ):
            advice = "a file stands where a folder is needed; move it or choose another folder"
        else:
            advice = error.strerror or str(error)
        raise StorageError(f"{path}: {advice}") from error


def writable_folder(path: Path) -> Path:
    """Create a folder and prove by a small file that it can be written to."""
    with storage_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as probe:
            probe.write(b"0")
            probe.flush()
    return path


def make_private(parent: Path, *, folder: bool = False) -> tuple[Path, int]:
    """Make a file or folder under a name of its own, locked as long as its handle is open.

    Before the first in a folder, what killed processes left there is removed: nobody has it locked.

    Returns
    -------
    path, handle
    """
    if parent.absolute() not in _cleaned:
        _cleaned.add(parent.absolute())
        remove_leftovers(parent)
    while True:
        parent.mkdir(parents=True, exist_ok=True)
        # Not there any more: another process took it for a leftover before it was locked.
        with suppress(FileNotFoundError):
            if folder:
                path = Path(tempfile.mkdtemp(_SUFFIX, _PREFIX, parent))
                handle = os.open(path, os.O_RDONLY)
            else:
                handle, name = tempfile.mkstemp(_SUFFIX, _PREFIX, parent)
                path = Path(name)
            with suppress(OSError):  # where nothing can be locked nothing is a leftover
                fcntl.flock(handle, fcntl.LOCK_EX)
            if path.exists():
                return path, handle
            os.close(handle)


def remove_leftovers(parent: Path) -> None:
    """Remove what killed processes were writing in a folder."""
    for leftover in parent.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            handle = os.open(leftover, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if leftover.is_dir():
                    shutil.rmtree(leftover, ignore_errors=True)
                else:
                    leftover.unlink()
            finally:
                os.close(handle)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A private temporary path beside `path` that takes its place when the block ends well.

    Whoever reads `path` sees the old file or the new one, never a part. When the block fails the
    temporary file is removed and `path` is untouched.
    """
    with storage_errors(path):
        temporary, handle = make_private(path.parent)
        try:
            yield temporary
            os.fsync(handle)
            os.fchmod(handle, 0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
            os.close(handle)
    sync_folder(path.parent)


def _umask() -> int:
    """The process's umask (only readable by setting it)."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def sync_folder(path: Path) -> None:
    """Flush a folder's entries to disk, so that a rename survives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a whole UTF-8 text file atomically; what is no Unicode in it stands there escaped."""
    write_bytes(path, content.encode(errors="backslashreplace"))


def write_json(path: Path, value: object) -> None:
    """Write JSON atomically, as `json_text` has it."""
    write_text(path, json_text(value))


def json_text(value: object) -> str:
    """JSON with sorted keys, two spaces, one newline at the end."""
    return json.dumps(value, sort_keys=True, indent=2, allow_nan=False) + "\n"


def reserve(handle: int, size: int, path: Path) -> None:
    """Take `size` bytes of disk for an open file now, so that a full disk is found before work.

    A disk that cannot hold the file is left as it was.
    """
    with storage_errors(path):
        before = os.fstat(handle).st_size
        disk = os.fstatvfs(handle)
        if size - before > disk.f_bavail * disk.f_frsize:
            # Asking for it all the same would fill the disk first and fail then.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        try:
            os.posix_fallocate(handle, 0, max(1, size))
        except OSError:
            os.ftruncate(handle, before)
            raise
        os.ftruncate(handle, size)


def named_folders(variable: str) -> tuple[Path, ...]:
    """Folders of an environment variable: ``DCGAN_EVAL_DATA``, ``DCGAN_EVAL_CHECKPOINTS``."""
    return tuple(Path(part) for part in os.environ.get(variable, "").split(os.pathsep) if part)


def slug(name: str) -> str:
    """A name as a part of a file name: letters, digits, ``-`` and ``_`` only, never empty."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:60] or "unnamed"
