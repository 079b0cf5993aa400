"""Feature space: two principal components of test features, coloured by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dcgan_eval.reporting.plots.figure import Plot
from dcgan_eval.reporting.plots.style import COLOURS, MARKERS, Style, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def scatter_plot(
    title: str, points: NDArray[Any], labels: NDArray[np.integer], class_names: Sequence[str]
) -> Plot:
    """Points (n, 2), each with the colour and marker of its class."""
    classes = [int(one) for one in np.unique(labels)]

    def draw(figure: Figure, style: Style) -> None:
        axes = figure.add_subplot()
        for place, label in enumerate(classes):
            mine = labels == label
            axes.scatter(
                points[mine, 0],
                points[mine, 1],
                s=12,
                # Second and third rounds of colours go with other markers.
                c=COLOURS[place % len(COLOURS)],
                marker=MARKERS[(place + place // len(COLOURS)) % len(MARKERS)],
                alpha=0.8,
                linewidths=0,
                label=wrapped(class_names[label], 24),
                rasterized=True,
            )
        axes.set_xlabel("first principal component")
        axes.set_ylabel("second")
        axes.set_xticks([])
        axes.set_yticks([])
        if len(classes) <= 20:
            figure.legend(loc=style.legend_place, ncols=3 if style.narrow else 1, markerscale=1.6)
        figure.set_figheight((1.0 if style.narrow else 0.62) * style.width)

    text = f"{len(points):,} test images of {len(classes)} classes as points"
    return Plot(title, f"{text}.", draw)
