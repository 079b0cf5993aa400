"""Files that are whole or absent: private temporary file, flush to disk, rename."""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dcgan_eval.core.errors import StorageError

# What comes with the package: the demo's pipeline and its weights.
BUNDLED = Path(__file__).parents[1] / "bundled"

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}


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


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A private temporary path beside `path` that takes its place when the block ends well.

    Whoever reads `path` sees the old file or the new one, never a part. When the block fails the
    temporary file is removed and `path` is untouched.
    """
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            with temporary.open("rb+") as stream:
                os.fsync(stream.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
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
    """Write a whole UTF-8 text file atomically."""
    write_bytes(path, content.encode())


def write_json(path: Path, value: object) -> None:
    """Write JSON atomically: sorted keys, two spaces, one newline at the end."""
    write_text(path, json.dumps(value, sort_keys=True, indent=2, allow_nan=False) + "\n")


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
