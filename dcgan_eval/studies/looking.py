"""What the maps of a layer tell, and where in images they look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.core import Advance
from dcgan_eval.data import ImageSet
from dcgan_eval.records import Metric
from dcgan_eval.stats import auroc, auroc_changes, holm, t_pvalue
from dcgan_eval.studies.opened import OpenedLayer, as_picture
from dcgan_eval.studies.over_images import image_metric, over_images

Inside = Mapping[int, NDArray[np.bool_]]
"""Rows of test images → pixels inside the boxes of what is looked for."""

# Images that go back through a network together.
_BATCH = 16
# Rows of a sheet.
_SHOWN = 12


class Number(NamedTuple):
    """A number, and what each image adds to its error; see `over_images`."""

    value: float
    changes: NDArray[np.float64]


class Target(NamedTuple):
    """What can be told by a map: a class against the rest, or several.

    Attributes
    ----------
    train, test : (images,)
        Which images have it.
    inside
        The test images whose responses are measured; none where there are no boxes.
    """

    train: NDArray[np.bool_]
    test: NDArray[np.bool_]
    inside: Inside


@dataclass(frozen=True)
class Told:
    """What a network's maps say of a target.

    Attributes
    ----------
    maps
        Those that are looked at.
    training_areas
        Their areas under the ROC curve, by which they, and the first of them, were chosen.
    area
        Of the map with the largest training area, on test images.
    ratios : (images,)
        Share of the response inside the boxes, over their share of the image, mean over maps; 1
        where a map has no response at all. Of the images of `Target.inside`, in order.
    silent
        How many pairs of map and image have no response.
    """

    maps: list[int]
    training_areas: list[float]
    area: Number
    ratios: NDArray[np.float64]
    silent: int


def told(
    opened: OpenedLayer,
    values: NDArray[np.floating],
    training_areas: NDArray[np.float64],
    target: Target,
    images: ImageSet,
    maps: Sequence[int] | int,
    advance: Advance,
) -> Told:
    """Choose maps for a target, score the best on test images, and measure where all look.

    Parameters
    ----------
    values : (test images, maps)
        Largest values of all maps.
    training_areas : (maps,)
    images
        The test images.
    maps
        Numbers, or how many of the best.
    """
    order = np.argsort(-training_areas, kind="stable")
    best = [int(one) for one in order if isinstance(maps, int) or one in maps]
    looking = best[:maps] if isinstance(maps, int) else [*maps]
    column = values[:, best[0]]
    area = auroc(column[:, None], target.test[:, None])[0, 0]
    ratios, silent = _ratios(opened, looking, target.inside, images, advance)
    return Told(
        maps=looking,
        training_areas=[float(training_areas[one]) for one in looking],
        area=Number(float(area), auroc_changes(column, target.test)),
        ratios=ratios,
        silent=silent,
    )


def _ratios(
    opened: OpenedLayer, maps: list[int], inside: Inside, images: ImageSet, advance: Advance
) -> tuple[NDArray[np.float64], int]:
    """See `Told`."""
    rows, found, silent = list(inside), np.empty(len(inside)), 0
    for start in range(0, len(rows), _BATCH):
        some = rows[start : start + _BATCH]
        responses = opened.responses(images.images_of(np.array(some)), maps)
        sizes = np.abs(responses.values.astype(np.float64)).sum(-1)
        for at, row in enumerate(some):
            whole, within = sizes[:, at].sum((1, 2)), sizes[:, at][:, inside[row]].sum(1)
            share = np.divide(within, whole, out=np.full(len(maps), np.nan), where=whole > 0)
            ratios = share / inside[row].mean()
            found[start + at] = np.where(whole > 0, ratios, 1.0).mean()
            silent += int((whole == 0).sum())
        advance(len(some))
    return found, silent


def _mean_area(found: Mapping[str, Told]) -> Number:
    """The mean area over targets."""
    areas = [one.area for one in found.values()]
    changes = np.mean([one.changes for one in areas], axis=0)
    return Number(float(np.mean([one.value for one in areas])), changes)


def _mean_ratio(found: Mapping[str, Told], targets: Mapping[str, Target]) -> Number:
    """The mean ratio over targets, each the mean over its images; changes of all test images."""
    changes = np.zeros(len(next(iter(targets.values())).test))
    for name, one in found.items():
        away = (one.ratios - one.ratios.mean()) / (len(one.ratios) * len(found))
        changes[list(targets[name].inside)] += away
    return Number(float(np.mean([one.ratios.mean() for one in found.values()])), changes)


def look_metrics(
    found: Mapping[str, Mapping[str, Told]],
    targets: Mapping[str, Target],
    groups: NDArray[np.int64] | None,
    given: str,
) -> tuple[Metric, ...]:
    """Of the network, of the control, and their difference on the same images.

    Parameters
    ----------
    found
        ``trained`` and ``random``, by target.
    groups : (test images,), optional
    given
        See `dcgan_eval.records.MetricInterval`.
    """
    areas = {name: _mean_area(one) for name, one in found.items()}
    measured = sorted({row for target in targets.values() for row in target.inside})
    everything = list(range(len(areas["trained"].changes)))
    numbers = [("AUROC", areas, everything, 1.0)]
    if measured:
        ratios = {name: _mean_ratio(one, targets) for name, one in found.items()}
        numbers.insert(0, ("response in boxes", ratios, measured, np.inf))
    metrics: list[Metric] = []
    for name, of, rows, highest in numbers:
        trained, random = of["trained"], of["random"]
        above = Number(trained.value - random.value, trained.changes - random.changes)
        for whose, number, lowest in (
            (f"trained {name}", trained, 0.0),
            (f"random {name}", random, 0.0),
            (f"{name} above random", above, -np.inf),
        ):
            of_rows = None if groups is None else groups[rows]
            metrics.append(
                image_metric(
                    whose,
                    over_images(number.value, number.changes[rows], of_rows),
                    lowest=lowest,
                    highest=highest,
                    given=given,
                    headline=not metrics,
                )
            )
    return tuple(metrics)


def details(
    found: Mapping[str, Told], groups: NDArray[np.int64] | None
) -> dict[str, dict[str, Any]]:
    """What a record says of each target; p of an area of a half, corrected for the targets."""
    errors = [over_images(one.area.value - 0.5, one.area.changes, groups) for one in found.values()]
    p = [t_pvalue(one) for one in errors]
    corrected = holm([np.nan if one is None else one for one in p])
    return {
        name: {
            "maps": one.maps,
            "training_auroc": one.training_areas,
            "auroc": one.area.value,
            "p_holm": None if np.isnan(adjusted) else float(adjusted),
            "response_in_boxes": float(one.ratios.mean()) if len(one.ratios) else None,
            "without_response": one.silent,
        }
        for (name, one), adjusted in zip(found.items(), corrected, strict=True)
    }


def sheet(
    opened: OpenedLayer, values: NDArray[np.floating], maps: list[int], images: ImageSet, top: int
) -> NDArray[np.uint8]:
    """The images of each map's largest values, each with its response beside.

    Returns
    -------
    uint8 array, (first maps, 2 · top, height, width, channels)
        Cropped to what the place of the largest value sees.
    """
    rows = []
    for one in maps[:_SHOWN]:
        chosen = images.images_of(np.argsort(-values[:, one], kind="stable")[:top])
        responses = opened.responses(chosen, [one])
        row = []
        for image, response, place in zip(
            chosen, responses.values[0], responses.places[0], strict=True
        ):
            row += [opened.crop(image, place), as_picture(opened.crop(response, place))]
        rows.append(np.stack(row))
    return np.stack(rows)
