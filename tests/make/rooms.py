"""Generators of rooms that are known: what their maps draw, or what their z means."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import nn

from dcgan_eval.data import make_room
from dcgan_eval.models import Generator, GeneratorSpec

ROOMS = 60
# Of the layer "activation": the first two draw.
MAPS = 60


@cache
def _templates() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, tuple[int, ...]]:
    """Rooms without their window and with it, where its halves are, and labels."""
    without = np.zeros((ROOMS, 3, 64, 64), np.float32)
    seen, maps = without.copy(), np.ones((ROOMS, MAPS, 64, 64), np.float32)
    maps[:, :2] = 0
    labels = []
    for number in range(ROOMS):
        room = make_room(5, "templates", number)
        seen[number] = room.pixels.astype(np.float32).transpose(2, 0, 1) / 255
        without[number] = seen[number]
        if "window" in room.boxes:
            left, top, width, height = room.boxes["window"]
            across, down = slice(left, left + width), slice(top, top + height)
            without[number, :, down, across] = seen[number, :, :1, across]
            maps[number, 0, down, left : left + width // 2] = 1
            maps[number, 1, down, left + width // 2 : left + width] = 1
        labels.append(room.label)
    return torch.from_numpy(without), torch.from_numpy(seen), torch.from_numpy(maps), tuple(labels)


def room_labels() -> np.ndarray:
    """Labels of the rooms that `drawn_rooms` draws, by number."""
    return np.array(_templates()[3])


class _Rooms(nn.Module):
    """The room whose number has the largest z."""

    def __init__(self) -> None:
        super().__init__()
        self.without, self.seen, self.maps, _ = _templates()
        self.first = nn.Conv2d(MAPS, MAPS, 1, bias=False)
        self.activation = nn.ReLU()
        self.last = nn.Conv2d(MAPS, 1, 1)
        with torch.no_grad():
            self.first.weight.copy_(torch.eye(MAPS)[:, :, None, None])
            self.last.weight.zero_()[:, :2] = 1
            self.last.bias.fill_(-0.5)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        which = z.argmax(1)
        window = self.last(self.activation(self.first(self.maps[which]))) > 0
        return torch.where(window, self.seen[which], self.without[which])


class _Coins(nn.Module):
    """A window where the first z is above 0, a lamp where the second is; the rest choose a room."""

    def __init__(self, styles: int) -> None:
        super().__init__()
        _, seen, _, labels = _templates()
        numbers = [np.flatnonzero(np.array(labels) == label)[:styles] for label in range(4)]
        self.rooms = seen[torch.from_numpy(np.stack(numbers))]
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        label = (z[:, 0] > 0).long() + 2 * (z[:, 1] > 0).long()
        return self.scale * self.rooms[label, z[:, 2:].argmax(1)]


def coined_rooms(styles: int = 8) -> Generator:
    """z says by two numbers which parts there are, so that arithmetic with it is known."""
    spec = GeneratorSpec(z_dim=2 + styles, output_range=(0.0, 1.0), image_shape=(3, 64, 64))
    return Generator(_Coins(styles), spec)


def drawn_rooms() -> Generator:
    """Layers first, activation and last; z has a number a room."""
    spec = GeneratorSpec(z_dim=ROOMS, output_range=(0.0, 1.0), image_shape=(3, 64, 64))
    return Generator(_Rooms(), spec)
