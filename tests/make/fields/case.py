"""How a settings class is reached, and what other values its fields take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dcgan_eval.core import digest_json
from dcgan_eval.pipeline import Options, make_plan, pipeline_from, run_pipeline
from tests.make.fields.place import PIPELINE

Values = Mapping[str, Any]


def jobs_of(values: Values) -> Any:
    """Id of the first record that a pipeline will write."""
    plan = make_plan(pipeline_from(values), Options(Path("cache"), allow_code=True))
    return plan.all_jobs()[0].id


def outcome_of(values: Values) -> Any:
    """What comes out, without the names that only people read."""
    results = Path("out", digest_json(values)[:12])
    options = Options(Path("cache"), results=results, allow_code=True)
    record = run_pipeline(pipeline_from(values), options)[0]
    outcome = record.outcome.model_dump()
    for part, names in (("data", ("name",)), ("representation", ("name", "method"))):
        for name in names:
            del outcome[part][name]
    files = [np.load(path) for path in results.glob(f"*{record.id[:12]}.predictions.npz")]
    assert bool(files) == (record.outcome.predictions is not None)
    return outcome, [{name: one[name].tolist() for name in one} for one in files]


def at(*path: str | int) -> Callable[[Values], Values]:
    """Put values at a place of the pipeline."""

    def put(values: Values, root: Any = None, rest: tuple[str | int, ...] = path) -> Values:
        root = PIPELINE if root is None else root
        key, *deeper = rest
        inner = values if not deeper else put(values, root[key], tuple(deeper))
        if isinstance(root, list):
            return [inner]  # type: ignore[return-value]  # a list of one on the way
        return {**root, key: inner}

    return put


@dataclass(frozen=True)
class Changed:
    """Another valid value of a field.

    Attributes
    ----------
    to
        The value.
    beside
        Keys that both have.
    along
        Keys that the changed one needs.
    without
        Keys that the changed one may not have.
    instead
        Values to begin with, in place of the case's.
    refused
        What the message says where no other value fits the rest.
    put, key
        In place of the case's.
    """

    to: Any
    beside: Values = field(default_factory=dict)
    along: Values = field(default_factory=dict)
    without: tuple[str, ...] = ()
    instead: Values | None = None
    refused: str | None = None
    put: Callable[[Values], Values] | None = None
    key: Callable[[Values], Any] | None = None


@dataclass(frozen=True)
class Case:
    """How a settings class is reached.

    Attributes
    ----------
    base
        Values to begin with.
    put
        Makes of the class's values what `key` and `outcome` take.
    changes
        Field → another valid value.
    key
        What identity fields change and execution fields leave alone: what decides whether
        something stored is used again.
    outcome
        What execution fields leave alone.
    decided
        What identity fields change, beside the key, where so little work can show it.
    needs
        An optional library, without which the class cannot be tried.
    """

    base: Values
    changes: Mapping[str, Any]
    put: Callable[[Values], Values] = lambda values: values
    key: Callable[[Values], Any] = jobs_of
    outcome: Callable[[Values], Any] | None = outcome_of
    decided: Callable[[Values], Any] | None = None
    needs: str | None = None


def values_of(case: Case, field_name: str) -> tuple[Values, Values, Callable[[Values], Any]]:
    """What the key takes before and after the change of a field, and the key."""
    change = case.changes[field_name]
    if not isinstance(change, Changed):
        change = Changed(change)
    base = {**(case.base if change.instead is None else change.instead), **change.beside}
    changed = {**base, **change.along, field_name: change.to}
    for key in change.without:
        changed.pop(key, None)
    put = change.put or case.put
    return put(base), put(changed), change.key or case.key
