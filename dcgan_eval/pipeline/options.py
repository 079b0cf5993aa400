"""How a pipeline is run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from dcgan_eval.core import Progress, SettingsError, Work, check_device, located, named_folders
from dcgan_eval.pipeline.executors import free_memory
from dcgan_eval.subjects import Place

_OVERWRITE = ("never", "always", "failed")


@dataclass(frozen=True)
class Options:
    """How a pipeline is run; nothing of it but `limit` decides what comes out.

    Attributes
    ----------
    data_roots, checkpoint_roots
        Folders in which relative names are looked for, after the working folder.
    cache
        Folder of decoded images, features and journals.
    journals
        Folder of journals, where it is not that of the cache.
    results
        In place of the pipeline's own folder.
    limit
        Use only the first `limit` images a set (a smoke run, marked so in the record).
    only
        (i, n): run every n-th unit (a file or a seed) beginning with the i-th, from 1.
    overwrite
        ``never`` skips what is done, ``always`` does it again, ``failed`` does again what has a
        record that is damaged or edited, or lacks what was saved beside it.
    device
        Torch device of everything that is computed by torch.
    allow_code
        Whether ``module:`` may run the user's code.
    allow_download
        Whether weights that a library offers may be downloaded.
    command
        What a user would type to make the records again.
    """

    cache: Path
    journals: Path | None = None
    data_roots: tuple[Path, ...] = ()
    checkpoint_roots: tuple[Path, ...] = ()
    results: Path | None = None
    limit: int | None = None
    only: tuple[int, int] | None = None
    overwrite: str = "never"
    device: str = "cpu"
    allow_code: bool = False
    allow_download: bool = False
    command: str = ""

    def check(self) -> None:
        """Refuse what cannot be, before any work.

        Raises
        ------
        SettingsError
            An unknown way to overwrite, or a device that is not there.
        """
        if self.overwrite not in _OVERWRITE:
            raise SettingsError(
                f"overwrite {self.overwrite!r}: expected one of {', '.join(_OVERWRITE)}"
            )
        with located(f"device {self.device}"):
            check_device(self.device)

    def place(self, beside: Path | None = None) -> Place:
        """Where subjects are made; `beside` is the folder of the pipeline's file."""
        roots = self.checkpoint_roots if beside is None else (beside, *self.checkpoint_roots)
        return Place(roots, self.allow_code, self.allow_download, self.cache, beside)

    def work(self, progress: Progress, anew: set[str] | None = None) -> Work:
        """What goes along with the work of this process, with its share of what is free."""
        return Work(self.cache, self.device, progress, memory=free_memory(), anew=anew)


def default_cache() -> Path:
    """``DCGAN_EVAL_CACHE``, or the user's cache folder."""
    from platformdirs import user_cache_path

    given = os.environ.get("DCGAN_EVAL_CACHE")
    return Path(given) if given else user_cache_path("dcgan-eval", appauthor=False)


def usual_options() -> Options:
    """What the environment says."""
    return Options(
        cache=default_cache(),
        data_roots=named_folders("DCGAN_EVAL_DATA"),
        checkpoint_roots=named_folders("DCGAN_EVAL_CHECKPOINTS"),
    )
