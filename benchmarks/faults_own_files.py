"""Valid files that the product writes itself, and what reads them: records, cache, settings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from dcgan_eval.core import RecordError, Work, read_arrays
from dcgan_eval.data import DataSettings, ImageSet, load_images
from dcgan_eval.features import EncoderRepresentation, explain
from dcgan_eval.models import random_encoder
from dcgan_eval.pipeline import read_pipeline
from dcgan_eval.records import Journal, StoredRecord, read_record
from dcgan_eval.records.stored import Beside, arrays_digest, beside
from dcgan_eval.reporting import compare, make_report, make_table
from dcgan_eval.training import read_recipe
from dcgan_eval.training.loop import _Run

Made = tuple[Path, Callable[[], object]]
"""The file that is mutated, and what reads it."""
Maker = Callable[[Path, Path], Made]
"""Writes a valid file, and what goes with it, into a folder; given are the folder of the commands'
inputs, and this one."""


def _results(base: Path, folder: Path) -> Path:
    """Results of two rows; one of the records."""
    shutil.copytree(base / "given" / "results", folder / "results")
    return min((folder / "results").glob("*.json"))


def record(base: Path, folder: Path) -> Made:
    """A record alone."""
    path = _results(base, folder)
    return path, lambda: read_record(path).id


def shown(folder: Path) -> None:
    """Show results in every way but on a page."""
    for form in ("md", "csv", "latex", "html"):
        make_table([folder], form).render(form)
    compare([folder]).render("md")


def shown_record(base: Path, folder: Path) -> Made:
    """A record among others."""
    path = _results(base, folder)
    return path, lambda: shown(path.parent)


def page_of_record(base: Path, folder: Path) -> Made:
    """A record on a page."""
    path = _results(base, folder)
    return path, lambda: make_report([path.parent])


def predictions(base: Path, folder: Path) -> Made:
    """Predictions beside a record that has their digest."""
    path = _results(base, folder)

    def read() -> object:
        stored = StoredRecord(read_record(path), path)
        stored.check()
        found = stored.predictions()
        return None if found is None else found.values.tobytes()

    return beside(path, "predictions"), read


def signed(what: Beside, show: Callable[[Path], object]) -> Maker:
    """Arrays beside a record, which is given the digest of whatever they are."""

    def make(base: Path, folder: Path) -> Made:
        record = _results(base, folder)
        path = beside(record, what)

        def read() -> object:
            values = json.loads(record.read_text())
            with suppress(Exception):
                values["digests"][what] = arrays_digest(read_arrays(path, RecordError, 1 << 28))
            record.write_text(json.dumps(values))
            return show(record.parent)

        return path, read

    return make


def own_images(base: Path, cache: Path | None = None) -> ImageSet:
    """The test part of the commands' data."""
    return load_images(DataSettings(name="own", root=base), "test", cache=cache)


def unit(base: Path, folder: Path) -> Made:
    """A finished unit of a job."""
    journal = Journal(folder / "units")
    journal.put("key", {"a": np.arange(40.0), "b": np.ones((3, 4), np.int8), "c": 3, "d": "text"})

    def read() -> object:
        found = journal.get("key")
        return found and [np.asarray(found[name]).tobytes() for name in "abcd"]

    return next(journal.folder.iterdir()), read


def features(pattern: str) -> Maker:
    """Features in the cache, what was fitted for them, or what is said of them."""

    def make(base: Path, folder: Path) -> Made:
        encoder = random_encoder("dcgan8", {}, 0)
        one = EncoderRepresentation(encoder, kind="network", name="d", batch_norm="dataset")
        images = own_images(base)

        def read() -> object:
            return np.array(one.features(images, images, Work(folder))[:]).tobytes()

        read()
        return next(folder.glob(pattern)), read

    return make


def explained(base: Path, folder: Path) -> Made:
    """What is said of features, for people."""
    path, _ = features("features/*/about.json")(base, folder)
    return path, lambda: explain(folder, "")


def decoded(name: str) -> Maker:
    """A file of an entry of decoded images."""

    def make(base: Path, folder: Path) -> Made:
        def read() -> object:
            images = own_images(base, folder)
            return images.fingerprint, images.pixels.tobytes()

        read()
        return next(folder.glob(f"images/*/{name}")), read

    return make


def training_state(base: Path, folder: Path) -> Made:
    """What a training goes on from."""
    recipe = read_recipe(base / "recipe.yaml", [])
    run = _Run(recipe, own_images(base), "cpu")
    run.take_step(), run.take_step()
    path = folder / "state.pt"
    run.state.save(path, recipe)

    def read() -> object:
        run.state.load(path, recipe)
        return run.state.step, str(run.state.generator.state_dict())

    return path, read


def pipeline(base: Path, folder: Path) -> Made:
    """A pipeline."""
    path = Path(shutil.copy(base / "few.yaml", folder))
    return path, lambda: read_pipeline(path)


def recipe(base: Path, folder: Path) -> Made:
    """A recipe."""
    path = Path(shutil.copy(base / "recipe.yaml", folder))
    return path, lambda: read_recipe(path, [])


def style(base: Path, folder: Path) -> Made:
    """How tables look."""
    results, path = _results(base, folder).parent, folder / "style.yaml"
    path.write_text("interval: pm\ndecimals: 1\nrename: {raw pixels: raw}\nwhere: {kind: pix*}\n")
    return path, lambda: make_table([results], style=path).render("md")
