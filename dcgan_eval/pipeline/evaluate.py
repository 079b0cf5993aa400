"""`evaluate`: what a user holds, evaluated as a pipeline file would be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from dcgan_eval.core import Progress, SettingsError, shown_progress, writable_folder
from dcgan_eval.data import FloatMeaning, as_data, load_items
from dcgan_eval.pipeline.executors import processes
from dcgan_eval.pipeline.options import Options, usual_options
from dcgan_eval.pipeline.plan import plan_on
from dcgan_eval.pipeline.results import Results
from dcgan_eval.pipeline.run import run_plan
from dcgan_eval.pipeline.settings import Pipeline
from dcgan_eval.protocols import Protocol, read_protocol
from dcgan_eval.subjects import HELD, Defaults, Function, SubjectSettings, as_subjects

_PROCESSES = re.compile(r"processes:(\d+)")


def evaluate(
    subjects: object,
    *,
    train: object,
    test: object,
    protocol: str | Mapping[str, Any] | Protocol,
    results: Path | str | None = None,
    on: str | Executor | None = None,
    device: str = "cpu",
    progress: bool | Progress = True,
    dataset: str = "images",
    pixels: FloatMeaning | None = None,
    preprocess: object = None,
    layers: str | Sequence[str] | None = None,
    version: str | None = None,
    overwrite: str = "never",
    allow_code: bool = False,
    allow_download: bool = False,
    cache: Path | str | None = None,
    **settings: Any,
) -> Results:
    """Evaluate subjects on images by a protocol; the same as a pipeline file of the same words.

    Parameters
    ----------
    subjects
        One, a list, or a mapping of names to them. A subject is a `torch.nn.Module`, a function
        of images that gives (n, d), a path of a checkpoint, or settings: ``Pixels()``,
        ``KMeans(maps=400)``, ``RandomNetwork("svhn32", batch_norm="dataset")``,
        ``Module(net, layers=…)``; or two arrays (n, d) of features that were computed elsewhere,
        of `train` and of `test`.
        For ``nearest_samples`` a `Generator`, a path of one, two arrays (images and labels) of
        samples, or a function of labels (n,) and a random stream that gives n images. None of
        them is changed.
    train, test
        ``(images, labels)``, a data set of torch or Hugging Face, an `ImageSet`, or the name of a
        data set, such as ``"cifar10"``; for features that are given, labels (n,) are enough.
    protocol
        Its name, or its keys.
    results
        Folder of the records; one in the cache when None, which the results name.
    on
        Where units run: in this process when None or ``"serial"``, ``"processes:4"``, or an
        executor.
    device
        Torch device.
    progress
        Whether to report on stderr, or where.
    dataset
        What tables call data that have no name.
    pixels
        ``"unit"``: floats in `train` and `test` are pixels in [0, 1].
    preprocess
        How pixels become the input of networks and functions: ``(mean, std)`` in units of pixels
        in [0, 1], or a transform of torchvision's.
    layers
        Names or patterns of the networks' layers; all convolutions when None.
    version
        What tells code from that of another day, where it cannot be told by itself.
    overwrite
        ``never`` serves what is done, ``always`` does it again, ``failed`` what is damaged.
    allow_code, allow_download
        Whether code may run that is named (``kind: module``, a probe's class), and whether
        libraries may download weights.
    cache
        Folder of the cache; ``DCGAN_EVAL_CACHE`` or the user's own when None.
    **settings
        Keys of the protocol, such as ``per_class=100``; ``dcgan-eval list few_labels`` prints them.

    Returns
    -------
    Results
        Stored records, one a subject and seed.

    Raises
    ------
    SettingsError, DataError, CheckpointError
        What does not fit, in one line.

    Examples
    --------
    >>> import tempfile
    >>> import dcgan_eval as de
    >>> results = de.evaluate(
    ...     {"pixels": de.Pixels(), "means": lambda images: images.mean((2, 3))},
    ...     train="digits", test="digits", protocol="full_labels", grid=[0.01],
    ...     cache=tempfile.mkdtemp(), progress=False,
    ... )
    >>> [record.outcome.representation.name for record in results]
    ['pixels', 'means']
    """
    watched = shown_progress(quiet=not progress) if isinstance(progress, bool) else progress
    chosen = _protocol(protocol, settings)
    options = replace(
        _folders(cache, results),
        overwrite=overwrite,
        device=device,
        allow_code=allow_code,
        allow_download=allow_download,
        command=f"dcgan_eval.evaluate(…, protocol={chosen.kind!r})",
    )
    options.check()
    writable_folder(options.cache)
    data = as_data(
        train,
        test,
        name=dataset,
        pixels=pixels,
        roots=options.data_roots,
        cache=options.cache,
        progress=watched,
    )
    sets = load_items(data, roots=options.data_roots, cache=options.cache, progress=watched)
    defaults = Defaults(preprocess, layers, version)
    rows = as_subjects(subjects, sets[0], chosen.takes, options.cache, defaults)
    pipeline = Pipeline(
        name="evaluate",
        data=data,
        representations=rows,
        protocol=chosen,
        results=str(options.results),
    )
    with ExitStack() as stack:
        executor = _executor(on, rows, stack)
        return run_plan(plan_on(pipeline, options, *sets), watched, executor)


def _protocol(
    protocol: str | Mapping[str, Any] | Protocol, settings: Mapping[str, Any]
) -> Protocol:
    """The protocol with the user's settings; unknown names are refused."""
    if isinstance(protocol, Protocol):
        if settings:
            raise SettingsError(f"{', '.join(settings)}: given beside a protocol; give them in it")
        return protocol
    keys = {"kind": protocol} if isinstance(protocol, str) else protocol
    return read_protocol({**keys, **settings} if isinstance(keys, Mapping) else keys)


def _folders(cache: Path | str | None, results: Path | str | None) -> Options:
    """What the environment says, and these folders before it."""
    usual = usual_options()
    folder = usual.cache if cache is None else Path(cache)
    return replace(
        usual, cache=folder, results=folder / "results" if results is None else Path(results)
    )


def _executor(
    on: str | Executor | None, rows: Sequence[SubjectSettings], stack: ExitStack
) -> Executor | None:
    """Where units run; other processes cannot be given what only this one has."""
    if on in (None, "serial"):
        return None
    for row in rows:
        if row.kind == HELD:
            raise SettingsError(
                f"{row.name or type(row).__name__}: exists in this process only, and on={on!r:.40} "
                f"would need it elsewhere; leave on out{_in_files(row)}"
            )
    if isinstance(on, Executor):
        return on
    found = _PROCESSES.fullmatch(on) if isinstance(on, str) else None
    if found is None:
        raise SettingsError(f"on: found {on!r:.40}; expected serial, processes:4 or an executor")
    return stack.enter_context(processes(int(found[1])))


def _in_files(row: SubjectSettings) -> str:
    """How a subject in memory is given by files."""
    if isinstance(row, Function):
        return ""
    return (
        ", or give the path of its weights (torch.save(net.state_dict(), 'net.pt')), or the code "
        "that makes it: {'kind': 'module', 'module': 'my_nets:make', …}, allow_code=True"
    )
