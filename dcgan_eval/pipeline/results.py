"""`Results`: what a run leaves, as one object."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import DcganEvalError, build, located, write_text
from dcgan_eval.data import DataSettings, load_images
from dcgan_eval.records import Record, StoredRecord
from dcgan_eval.reporting import (
    ComparisonReport,
    Gathered,
    ImageFinder,
    compare,
    load_results,
    make_report,
    table,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False, eq=False)
class Results(Gathered, Sequence[StoredRecord]):
    """Stored records, in order; what is asked of them is computed from what was stored alone.

    Whatever takes a folder of results (`compare`, `table`, `make_report`) takes them, too.

    Attributes
    ----------
    records : tuple of StoredRecord
        Each id once, with its ``outcome``, ``run`` and ``path``.
    finders
        Find test images for reports; see `image_finder`.

    Examples
    --------
    >>> import tempfile
    >>> import dcgan_eval as de
    >>> on_digits = {"train": "digits", "test": "digits", "protocol": "full_labels"}
    >>> results = de.evaluate(
    ...     de.Pixels(), **on_digits, grid=[0.01], cache=tempfile.mkdtemp(), progress=False
    ... )
    >>> len(results), results.records[0].outcome.headline.name
    (1, 'accuracy')
    >>> sorted(set(results.frame()["representation"]))
    ['raw pixels']
    """

    finders: tuple[ImageFinder, ...] = ()

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the records lie."""
        places = (one.path.parent for one in self.records if one.path is not None)
        return tuple(dict.fromkeys(places))

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, at: int) -> StoredRecord: ...
    @overload
    def __getitem__(self, at: slice) -> Results: ...
    def __getitem__(self, at: int | slice) -> StoredRecord | Results:
        """One record, or results of some of them."""
        if isinstance(at, slice):
            return replace(self, records=self.records[at])
        return self.records[at]

    def __add__(self, other: Results) -> Results:
        """Both, each id once."""
        if not isinstance(other, Results):
            return NotImplemented
        records = {one.id: one for one in (*self, *other)}
        return Results(
            tuple(records.values()),
            (*self.problems, *other.problems),
            tuple(dict.fromkeys((*self.finders, *other.finders))),
        )

    def __repr__(self) -> str:
        where = ", ".join(map(str, self.folders)) or "memory"
        return f"<Results: {len(self)} record{'' if len(self) == 1 else 's'} in {where}>"

    def _repr_html_(self) -> str:
        shown = self.table("html") if self.records else ""
        return f"{shown}<p>{escape(repr(self)[1:-1])}</p>"

    def table(
        self,
        format: str = "md",
        *,
        style: str | PathLike[str] | None = None,
        **options: Any,
    ) -> str:
        """The table, as ``md``, ``csv``, ``latex`` or ``html``; see `dcgan_eval.table`."""
        return table(self, format, style=style, **options)

    def compare(
        self,
        *,
        metric: str | None = None,
        level: float = 0.95,
        mid_p: bool = False,
        bootstrap: bool = False,
        detect: float | None = None,
    ) -> ComparisonReport:
        """Which is better, and can the difference be believed; see `dcgan_eval.compare`."""
        return compare(
            self,
            metric=metric,
            level=level,
            mid_p=mid_p,
            bootstrap=bootstrap,
            detect=detect,
        )

    def report(
        self, path: Path | str, *, title: str | None = None, metrics: Sequence[str] = ()
    ) -> Path:
        """Write one self-contained HTML page; returns its path.

        Raises
        ------
        RecordError
            No records.
        StorageError
            The page cannot be written.
        """
        page = make_report(self, title=title, images=self._found, metrics=metrics)
        write_text(Path(path), page)
        return Path(path)

    def frame(self) -> pd.DataFrame:
        """One row a metric and repeat; see `dcgan_eval.load_results`."""
        return load_results(self)

    def _found(self, record: Record, rows: NDArray[np.integer]) -> NDArray[np.uint8] | None:
        """Test images, from the first place that has them."""
        found = (find(record, rows) for find in self.finders)
        return next((images for images in found if images is not None), None)


# Files, and a pattern to search with: images are the same without it, and it may never end.
_OWN = ("root", "train", "test", "labels", "dedup", "item_groups")


def _is_kept(path: object) -> bool:
    """Whether it is where data that somebody held lie in the cache."""
    return isinstance(path, str) and re.fullmatch(r"images/[0-9a-f]{64}", path) is not None


def image_finder(roots: Sequence[Path], cache: Path) -> ImageFinder:
    """Find test images by fingerprint: those of the data set that the record's pipeline named.

    Parameters
    ----------
    roots, cache
        Where data sets are looked for, and decoded.
    """

    def find(record: Record, rows: NDArray[np.integer]) -> NDArray[np.uint8] | None:
        said: Any = record.run.settings.get("data", record.outcome.data.name)
        values = said if isinstance(said, dict) else {"name": said}
        # A stranger's record opens no file but those of a set of this name, or of the cache.
        values = {key: values[key] for key in values if key not in _OWN or _is_kept(values[key])}
        try:
            with located("record"):
                settings = build(DataSettings, values, at="data")
            images = load_images(settings, "test", roots=roots, cache=cache)
        except DcganEvalError:  # pictures are shown where they are at hand, and stop no page
            return None
        same = images.fingerprint == record.outcome.data.test.fingerprint
        if not same or rows.min(initial=0) < 0 or rows.max(initial=0) >= len(images):
            return None
        return images.take(rows).images(0, len(rows))

    return find
