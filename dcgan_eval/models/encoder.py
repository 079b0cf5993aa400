"""`Encoder`: a frozen network whose layers can be read, one batch at a time."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import field_validator, model_validator
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

from dcgan_eval.core import (
    CheckpointError,
    DataError,
    Settings,
    SettingsError,
    did_you_mean,
    identity,
)

Reduce = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class LayerShape:
    """Shape of one layer's output for one image."""

    channels: int
    height: int
    width: int


class Preprocess(Settings):
    """How pixels in [0, 1] become a network's input: (x − mean) / std, a value a channel or one.

    The default is the DCGAN paper's x/127.5 − 1 of uint8 pixels.
    """

    mean: tuple[float, ...] = identity((0.5,))
    std: tuple[float, ...] = identity((0.5,))

    @field_validator("std")
    @classmethod
    def _positive(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or min(value) <= 0:
            raise ValueError("standard deviations are positive")
        return value

    @model_validator(mode="after")
    def _as_many_as_each_other(self) -> Preprocess:
        if len(self.mean) != len(self.std):
            raise ValueError("mean and std have as many values as each other")
        return self

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Images uint8 (n, height, width, channels) to float32 (n, channels, height, width)."""
        scale = torch.tensor([1 / (255 * s) for s in self.std], device=images.device)
        shift = torch.tensor(
            [-m / s for m, s in zip(self.mean, self.std, strict=True)], device=images.device
        )
        # The permuted view of an N×H×W×C tensor is what torch calls channels_last: no copy.
        return images.float().mul_(scale).add_(shift).permute(0, 3, 1, 2)


class _Enough(Exception):
    """Raised by the last wanted layer's hook: the rest of the network need not run."""


def weights_hash(network: nn.Module) -> str:
    """SHA-256 over names, types, shapes and values of parameters and buffers, by name.

    Independent of the file format. Counters of batches are left out: they decide nothing.
    """
    sha = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        if not name.endswith("num_batches_tracked"):
            values = tensor.detach().cpu().contiguous().numpy()
            sha.update(f"{name} {values.dtype.str} {values.shape}\n".encode())
            sha.update(values.tobytes())
    return sha.hexdigest()


class Encoder:
    """A frozen network with named layers.

    Parameters
    ----------
    network
        Any module that takes (n, channels, height, width); put into evaluation mode.
    layers
        Names of submodules whose outputs are the layers, in any order.
    input_shape
        Channels, height, width of an image.
    preprocess
        How uint8 pixels become its input.
    missing_statistics
        Whether its batch norms have no statistics of their own to use.

    Attributes
    ----------
    layers : dict
        Name → `LayerShape`, in the order in which the network computes them.
    weights_hash : str
        See `weights_hash`.

    Raises
    ------
    SettingsError
        A name that is no submodule, a layer that is not computed or not made of maps.
    CheckpointError
        Weights that are NaN or infinite.
    """

    def __init__(
        self,
        network: nn.Module,
        layers: Sequence[str],
        input_shape: tuple[int, int, int],
        preprocess: Preprocess | None = None,
        *,
        missing_statistics: bool = False,
    ) -> None:
        self.network = network.eval().requires_grad_(False)
        self.input_shape = input_shape
        self.preprocess = preprocess or Preprocess()
        self.missing_statistics = missing_statistics
        _check_finite(network)
        self.weights_hash = weights_hash(network)
        self.layers = self._shapes(layers)

    def _shapes(self, names: Sequence[str]) -> dict[str, LayerShape]:
        """Run one blank image through the network and note the layers as they come."""
        modules = dict(self.network.named_modules())
        for name in names:
            if name not in modules:
                raise SettingsError(f"unknown layer {name!r}; {did_you_mean(name, modules)}")
        shapes: dict[str, LayerShape] = {}
        channels, height, width = self.input_shape
        blank = np.zeros((2, height, width, channels), np.uint8)

        def note(name: str, output: object) -> bool:
            if not isinstance(output, torch.Tensor) or output.ndim not in (2, 4):
                raise SettingsError(
                    f"layer {name!r} does not give maps (n × channels × height × width); "
                    "choose another"
                )
            sides = output.shape[2:] if output.ndim == 4 else (1, 1)
            shapes[name] = LayerShape(int(output.shape[1]), int(sides[0]), int(sides[1]))
            return len(shapes) == len(set(names))

        self._forward(blank, {name: modules[name] for name in names}, note)
        missing = [name for name in names if name not in shapes]
        if missing:
            raise SettingsError(f"layer {missing[0]!r} is never computed; choose another")
        return shapes

    def check_images(self, shape: tuple[int, int, int]) -> None:
        """Refuse images of another shape (height, width, channels) than the network's."""
        channels, height, width = self.input_shape
        if shape != (height, width, channels):
            raise DataError(
                f"images are {shape[0]}×{shape[1]}×{shape[2]}, the network takes "
                f"{height}×{width}×{channels}; set data.resize or data.channels"
            )

    def encode(
        self, images: NDArray[np.uint8], layers: Sequence[str], reduce: Reduce
    ) -> dict[str, torch.Tensor]:
        """Outputs of some layers, reduced inside the network.

        Parameters
        ----------
        images : uint8 array, (n, height, width, channels)
        layers
            Names of wanted layers; the forward pass stops after the last of them.
        reduce
            Applied to each layer's output (n, channels, height, width) the moment it is computed.
            It must make a new tensor: what an in-place activation does to the map afterwards
            then changes nothing.

        Returns
        -------
        dict
            Layer → reduced output, on the network's device.
        """
        self.check_images((int(images.shape[1]), int(images.shape[2]), int(images.shape[3])))
        modules = dict(self.network.named_modules())
        found: dict[str, torch.Tensor] = {}

        def keep(name: str, output: object) -> bool:
            assert isinstance(output, torch.Tensor)
            maps = output if output.ndim == 4 else output[:, :, None, None]
            found[name] = reduce(maps)
            return len(found) == len(layers)

        self._forward(images, {name: modules[name] for name in layers}, keep)
        return found

    def _forward(
        self,
        images: NDArray[np.uint8],
        wanted: Mapping[str, nn.Module],
        see: Callable[[str, object], bool],
    ) -> None:
        """Run the network until `see(name, output)` says that it has seen enough."""
        device = next(iter(self.network.state_dict().values()), torch.empty(0)).device
        with ExitStack() as stack:
            for name, module in wanted.items():
                handle = module.register_forward_hook(_hook(name, see))
                stack.callback(handle.remove)
            with torch.inference_mode():
                batch = self.preprocess(torch.from_numpy(np.ascontiguousarray(images)).to(device))
                with suppress(_Enough):
                    self.network(batch)

    def with_network(self, network: nn.Module) -> Encoder:
        """Put another network of the same layers in this one's place."""
        other = copy.copy(self)
        other.network = network.eval().requires_grad_(False)
        return other

    def to(self, device: str) -> Encoder:
        """Move the network, its convolutions in channels_last order."""
        moved = self.network.to(device)
        for module in moved.modules():
            if isinstance(module, nn.Conv2d):
                module.to(memory_format=torch.channels_last)
        return self.with_network(moved)

    def folded(self) -> Encoder:
        """Fold frozen batch norms into the convolutions before them, and work in place.

        Only where a `Conv2d` is directly followed by a `BatchNorm2d` and then an activation in
        one `nn.Sequential`, and neither convolution nor batch norm is a layer itself: the
        features are equal but for float32 rounding.
        """
        network = copy.deepcopy(self.network)
        for path, parent in list(network.named_modules()):
            if isinstance(parent, nn.Sequential):
                _fold_sequence(parent, path, self.layers)
        return self.with_network(network)


def _fold_sequence(sequence: nn.Sequential, path: str, layers: Mapping[str, LayerShape]) -> None:
    """Fold within one sequence, and make the activations behind folded pairs work in place."""
    names = list(sequence._modules)
    prefix = f"{path}." if path else ""
    for first, second in pairwise(names):
        conv, norm = sequence._modules[first], sequence._modules[second]
        hooked = f"{prefix}{first}" in layers or f"{prefix}{second}" in layers
        if (
            isinstance(conv, nn.Conv2d)
            and isinstance(norm, nn.BatchNorm2d)
            and norm.running_mean is not None
            and not hooked
        ):
            sequence._modules[first] = _folded_pair(conv, norm)
            sequence._modules[second] = nn.Identity()
    for first, second in pairwise(names):
        before, activation = sequence._modules[first], sequence._modules[second]
        if (
            isinstance(activation, nn.LeakyReLU | nn.ReLU)
            and isinstance(before, nn.Conv2d | nn.Identity)
            and f"{prefix}{first}" not in layers
        ):
            activation.inplace = True


def _folded_pair(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """A convolution that does what convolution and batch norm did; folded in float64."""
    fused: nn.Conv2d = fuse_conv_bn_eval(conv.double(), norm.double()).float()
    return fused


def _hook(
    name: str, see: Callable[[str, object], bool]
) -> Callable[[nn.Module, tuple[object, ...], object], None]:
    """A forward hook that shows a layer's output and ends the pass when that is enough."""

    def hook(module: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        if see(name, output):
            raise _Enough

    return hook


def _check_finite(network: nn.Module) -> None:
    """Refuse weights that are not numbers."""
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise CheckpointError(
                f"weights {name!r} contain NaN or infinity; the checkpoint is damaged or its "
                "training diverged"
            )


def has_batch_norm(network: nn.Module) -> bool:
    """Whether a network has any batch norm."""
    return any(isinstance(module, _BatchNorm) for module in network.modules())
