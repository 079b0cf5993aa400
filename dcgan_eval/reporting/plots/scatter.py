"""Feature space: two principal components of test features, coloured by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.reporting.plots.figure import COLOURS, MARKERS, Plot, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def scatter_plot(
    title: str, points: NDArray[Any], labels: NDArray[np.integer], class_names: Sequence[str]
) -> Plot:
    """Points (n, 2), each with the colour and marker of its class."""
    classes = [int(one) for one in np.unique(labels)]
    legend = len(classes) <= 20

    def draw(axes: Axes) -> None:
        for place, label in enumerate(classes):
            mine = labels == label
            axes.scatter(
                points[mine, 0],
                points[mine, 1],
                s=14,
                # Second and third rounds of colours go with other markers.
                c=COLOURS[place % len(COLOURS)],
                marker=MARKERS[(place + place // len(COLOURS)) % len(MARKERS)],
                alpha=0.6,
                linewidths=0,
                label=shortened(class_names[label], 20),
                rasterized=True,
            )
        axes.set_xlabel("first principal component")
        axes.set_ylabel("second")
        axes.set_xticks([])
        axes.set_yticks([])
        if legend:
            axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), markerscale=1.6)

    text = f"{len(points):,} test images of {len(classes)} classes as points"
    return Plot(title, f"{text}.", (6.4, 4.0), draw)
