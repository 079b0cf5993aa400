"""Finished units of a job: kept by what decides them, and checked before they are used."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import CacheWarning, digest_json, same_but_for_rounding
from dcgan_eval.pipeline.plan import Job, Plan
from dcgan_eval.records import Journal


def finished_units(
    plan: Plan, job: Job, keys: Sequence[Any], guard: NDArray[np.float32] | None
) -> Journal:
    """The units of a job that may be used: more draws reuse the first.

    All are forgotten where everything is to be computed, or where they are not what today's code
    would give.

    Parameters
    ----------
    keys
        What decides what the protocol is given, checksums of features included.
    guard
        See `dcgan_eval.core.Subject.guard`.
    """
    key = digest_json(
        {
            "protocol": [plan.protocol.kind, plan.protocol.version],
            "settings": plan.pipeline.protocol.journal_values(),
            "features": keys,
            "layers": list(job.info.layers),
            "split": plan.split.digest(),
        }
    )
    units = Journal((plan.options.journals or plan.options.cache / "journals") / key)
    if plan.options.overwrite == "always":
        units.empty()
    if guard is None:
        return units
    before = units.get("guard")
    if before is not None and not same_but_for_rounding(before["guard"], guard):
        warnings.warn(
            f"{job.subject.name}: finished units are not what the code gives now; computed again",
            CacheWarning,
            stacklevel=2,
        )
        before = None
    if before is None:
        # Units without a guard may be anybody's: what a kill left, or of an older version.
        units.empty()
        units.put("guard", {"guard": guard})
    return units


def all_devices(units: Journal, devices: Iterable[str]) -> set[str]:
    """All devices that units were computed on, those of this run with them."""
    before = units.get("devices") or {"names": []}
    names = {*before["names"], *devices}
    if names != set(before["names"]):
        units.put("devices", {"names": sorted(names)})
    return names
