"""Features of a pipeline's representations as plain .npy files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import (
    Progress,
    SettingsError,
    Work,
    atomic_path,
    slug,
    writable_folder,
    write_json,
)
from dcgan_eval.features import FeatureMatrix, Representation
from dcgan_eval.pipeline.options import Options
from dcgan_eval.pipeline.plan import Job, Plan, make_plan
from dcgan_eval.pipeline.settings import Pipeline

# Rows copied at once: features may be larger than memory.
_BLOCK_ROWS = 1024


def export_features(
    pipeline: Pipeline, options: Options, out: Path, progress: Progress
) -> list[Path]:
    """Extract the features that a pipeline's protocol would see, and write them out.

    Parameters
    ----------
    out
        Each representation gets a folder below it with ``train.npy``, ``train_labels.npy``,
        ``test.npy``, ``test_labels.npy`` and ``columns.json`` (layer → first and last + 1 column).

    Returns
    -------
    list of Path
        The folders.
    """
    writable_folder(out)
    plan, work = make_plan(pipeline, options, progress), options.work(progress)
    if not issubclass(pipeline.protocol.takes, Representation) or pipeline.protocol.opens:
        raise SettingsError(
            f"protocol {plan.protocol.kind} takes no features, there is nothing to extract; "
            "give another protocol"
        )
    folders = []
    jobs = plan.all_jobs()
    for number, job in enumerate(jobs, start=1):
        folder = writable_folder(out / f"{number:02d}-{slug(job.subject.name)}")
        with progress.job(job.subject.name, number, len(jobs)):
            _write_features(plan, job, folder, work)
        folders.append(folder)
    return folders


def _write_features(plan: Plan, job: Job, folder: Path, work: Work) -> None:
    """Features, labels and columns of one job."""
    for part, items in (("train", plan.train_rows), ("test", plan.test_rows)):
        if isinstance(job.subject, Representation):
            matrix = job.subject.features(items, plan.reference, work)
            _write_npy(folder / f"{part}.npy", matrix)
            _write_npy(folder / f"{part}_labels.npy", items.y)
            write_json(folder / "columns.json", {k: list(v) for k, v in matrix.spans.items()})


def _write_npy(path: Path, rows: FeatureMatrix | NDArray[np.int64]) -> None:
    """Copy block by block into a .npy file."""
    header = {
        "descr": np.lib.format.dtype_to_descr(rows.dtype),
        "fortran_order": False,
        "shape": rows.shape,
    }
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.lib.format.write_array_header_2_0(stream, header)
        for start in range(0, len(rows), _BLOCK_ROWS):
            stream.write(np.ascontiguousarray(rows[start : start + _BLOCK_ROWS]).data)
