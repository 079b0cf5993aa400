"""`Encoder`: a frozen network whose layers can be read, one batch at a time."""

from __future__ import annotations

import copy
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dcgan_eval.core import (
    DataError,
    LayoutWarning,
    SettingsError,
    UserError,
    did_you_mean,
    full_convolutions,
    rng_for,
)
from dcgan_eval.models.folding import fold_batch_norms
from dcgan_eval.models.image_input import Preprocess
from dcgan_eval.models.layer_maps import LayerShape, Layout, as_maps, layer_shape, layout_doubt
from dcgan_eval.models.weights import refuse_not_finite, weights_hash

Reduce = Callable[[torch.Tensor], torch.Tensor]
Images = NDArray[np.uint8] | torch.Tensor

# Folding moves a scale from one rounding to another; more than this of a layer's largest value is
# not rounding.
_FOLDING_TOLERANCE = 1e-3


class _Enough(Exception):
    """Raised by the last wanted layer's hook: the rest of the network need not run."""


class Encoder:
    """A frozen network with named layers.

    Parameters
    ----------
    network
        Any module that takes (n, channels, height, width). It is copied, and the copy put into
        evaluation mode: going on training the original changes nothing here.
    layers
        Names of submodules whose outputs are the layers, in any order.
    input_shape
        Channels, height, width of an image.
    preprocess
        How uint8 pixels become its input.
    missing_statistics
        Whether its batch norms have no statistics of their own to use.
    beyond_weights
        What decides its features and is neither in the weights nor in a known layout (geometry,
        code), as JSON values.
    assumed
        What nobody said of it and was taken as it usually is, as JSON values.
    layout
        Whether its maps are ``channels_first`` (n, channels, height, width) or ``channels_last``
        (n, height, width, channels).

    Attributes
    ----------
    network
        The frozen copy.
    layers : dict
        Name → `LayerShape`, in the order in which the network computes them.
    weights_hash : str
        See `dcgan_eval.models.weights_hash`.
    structure : str
        What an identity calls the network's class.

    Raises
    ------
    SettingsError
        A name that is no submodule; a layer that is never computed, computed several times in a
        pass, or no map; an input shape or preprocessing that does not fit.
    CheckpointError
        Weights that are NaN or infinite.

    Warns
    -----
    LayoutWarning
        A map that looks as if it were in the other layout.
    """

    def __init__(
        self,
        network: nn.Module,
        layers: Sequence[str],
        input_shape: tuple[int, int, int],
        preprocess: Preprocess | None = None,
        *,
        missing_statistics: bool = False,
        beyond_weights: Mapping[str, Any] | None = None,
        assumed: Mapping[str, Any] | None = None,
        layout: Layout = "channels_first",
    ) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.input_shape = input_shape
        self.preprocess = preprocess or Preprocess()
        self.missing_statistics = missing_statistics
        self.beyond_weights = dict(beyond_weights or {})
        self.assumed = dict(assumed or {})
        self.layout = layout
        # The usual layout is not named: identities were made without it.
        if layout != "channels_first":
            self.beyond_weights["layout"] = layout
        channels = input_shape[0]
        if len(self.preprocess.mean) not in (1, channels):
            raise SettingsError(
                f"preprocess has {len(self.preprocess.mean)} values a mean, the network takes "
                f"{channels} channels; give one value or {channels}"
            )
        refuse_not_finite(self.network.state_dict().items())
        self.weights_hash = weights_hash(self.network)
        self.structure = structure_of(self.network)
        self.layers = self._shapes(layers)

    def _shapes(self, names: Sequence[str]) -> dict[str, LayerShape]:
        """Run a blank image through the network and note the layers as they come."""
        modules = dict(self.network.named_modules())
        for name in names:
            if name not in modules:
                raise SettingsError(f"unknown layer {name!r}; {did_you_mean(name, modules)}")
        channels, height, width = self.input_shape
        shapes: dict[str, LayerShape] = {}
        calls: Counter[str] = Counter()

        def note(name: str, output: object) -> bool:
            shapes[name] = layer_shape(name, output, self.layout)
            calls[name] += 1
            return False

        # Two images: a batch norm without statistics refuses a single dense vector.
        blank = torch.zeros((2, height, width, channels), dtype=torch.uint8)
        try:
            self._forward(blank, {name: modules[name] for name in names}, note)
        except UserError:
            raise
        except Exception as error:
            # What comes after the wanted layers need not fit this image size: it is never run.
            if len(shapes) < len(set(names)):
                reason = str(error).strip().split("\n")[0]
                raise SettingsError(
                    f"the network does not take images of {channels}×{height}×{width} ({reason}); "
                    "check the input shape"
                ) from error
        for name in names:
            if calls[name] != 1:
                often = f"computed {calls[name]} times" if calls[name] else "never computed"
                raise SettingsError(
                    f"layer {name!r} is {often} in a pass; choose another, such as the block "
                    "that holds it"
                )
        doubt = layout_doubt(shapes, self.layout, self.input_shape)
        if doubt is not None:
            warnings.warn(LayoutWarning(doubt), stacklevel=3)
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
        self, images: Images, layers: Sequence[str], reduce: Reduce
    ) -> dict[str, torch.Tensor]:
        """Outputs of some layers, reduced inside the network.

        Parameters
        ----------
        images : uint8 array or tensor, (n, height, width, channels)
        layers
            Names of wanted layers; the forward pass stops after the last of them.
        reduce
            Applied to each layer's output, as (n, channels, height, width) whatever its layout,
            the moment it is computed. What an in-place activation does to the map afterwards
            changes nothing: a result that shares memory with the map is copied.

        Returns
        -------
        dict
            Layer → reduced output, on the network's device.

        Raises
        ------
        DataError
            Images of another shape than the network's, or not uint8.
        SettingsError
            A layer that is not one of `layers`.
        """
        pixels = self._pixels(images)
        for name in layers:
            if name not in self.layers:
                raise SettingsError(f"unknown layer {name!r}; {did_you_mean(name, self.layers)}")
        wanted = {name: self.network.get_submodule(name) for name in layers}
        found: dict[str, torch.Tensor] = {}

        def keep(name: str, output: object) -> bool:
            assert isinstance(output, torch.Tensor)
            found[name] = _own_memory(reduce(as_maps(output, self.layout)), output)
            return len(found) == len(wanted)

        self._forward(pixels, wanted, keep)
        return found

    def _pixels(self, images: Images) -> torch.Tensor:
        """Images as a uint8 tensor, once they are known to be the network's."""
        if images.ndim != 4 or str(images.dtype).removeprefix("torch.") != "uint8":
            raise DataError(
                f"images are {images.dtype} {tuple(images.shape)}; expected uint8 "
                "(n, height, width, channels)"
            )
        self.check_images((int(images.shape[1]), int(images.shape[2]), int(images.shape[3])))
        if isinstance(images, torch.Tensor):
            return images
        # torch wants memory that it may write to, which a map of a file is not.
        return torch.from_numpy(np.require(images, requirements=["C", "W"]))

    def _forward(
        self,
        pixels: torch.Tensor,
        wanted: Mapping[str, nn.Module],
        see: Callable[[str, object], bool],
    ) -> None:
        """Run the network until `see(name, output)` says that it has seen enough."""
        device = next(iter(self.network.state_dict().values()), torch.empty(0)).device
        with ExitStack() as stack:
            for name, module in wanted.items():
                handle = module.register_forward_hook(_hook(name, see))
                stack.callback(handle.remove)
            with torch.inference_mode(), full_convolutions():
                batch = self.preprocess(pixels.to(device))
                with suppress(_Enough):
                    self.network(batch)

    def with_network(self, network: nn.Module) -> Encoder:
        """Put another network of the same layers in this one's place, without copying it."""
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

        The features are equal but for float32 rounding, which is tried on two images of noise: a
        network whose forward does something else with its parts is left as it is.
        """
        folded = self.with_network(fold_batch_norms(self.network, self.layers))
        channels, height, width = self.input_shape
        noise = rng_for("folding").integers(0, 256, (2, height, width, channels), np.uint8)
        before = self.encode(noise, list(self.layers), torch.clone)
        after = folded.encode(noise, list(self.layers), torch.clone)
        for name, maps in before.items():
            most = _FOLDING_TOLERANCE * maps.abs().max()
            if not ((maps - after[name]).abs().max() <= most):
                return self
        return folded


def structure_of(network: nn.Module) -> str:
    """What identities call a network's class: networks of ours say it, others by their class."""
    said = getattr(network, "structure", None)
    return said if isinstance(said, str) else type(network).__name__


def _hook(
    name: str, see: Callable[[str, object], bool]
) -> Callable[[nn.Module, tuple[object, ...], object], None]:
    """A forward hook that shows a layer's output and ends the pass when that is enough."""

    def hook(module: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        if see(name, output):
            raise _Enough

    return hook


def _own_memory(reduced: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    """Copy a reduction that is only a view of the map."""
    shared = reduced.untyped_storage().data_ptr() == maps.untyped_storage().data_ptr()
    return reduced.clone() if shared else reduced
