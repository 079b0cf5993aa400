"""A small pair for 28×28 grey images, such as MNIST; maps of 28, 14 and 7."""

from __future__ import annotations

from dcgan_eval.models.dcgan import Conv
from dcgan_eval.models.tables import TableFamily

NETWORK = TableFamily(
    side=28,
    channels=1,
    down=(Conv(32, 5, 2), Conv(64, 5, 2)),
    start=(64, 7),
    up=(Conv(32, 5, 2), Conv(1, 5, 2)),
    z_dim=100,
    z="normal",
)
