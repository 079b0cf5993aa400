"""`Encoder`: a frozen network whose layers can be read, one batch at a time."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dcgan_eval.core import (
    DataError,
    LayoutWarning,
    SettingsError,
    did_you_mean,
    full_convolutions,
    rng_for,
)
from dcgan_eval.models.folding import fold_batch_norms
from dcgan_eval.models.image_input import Preprocess
from dcgan_eval.models.layer_maps import (
    LayerShape,
    Layout,
    as_maps,
    layout_doubt,
    layout_of,
)
from dcgan_eval.models.outputs import WHOLE, expanded, module_of, tensor_of
from dcgan_eval.models.passes import See, own_memory, run_until_seen
from dcgan_eval.models.scripted import readable, scripts_of, unwrapped
from dcgan_eval.models.tried import tried
from dcgan_eval.models.weights import (
    copied,
    frozen,
    input_dtype,
    lacks_statistics,
    refuse_not_finite,
    refuse_unreadable,
    sharing_weights,
    weights_hash,
)

Reduce = Callable[[torch.Tensor], torch.Tensor]
Images = NDArray[np.uint8] | torch.Tensor

# Folding moves a scale from one rounding to another; more than this of a layer's largest value is
# not rounding.
_FOLDING_TOLERANCE = 1e-3


class Encoder:
    """A frozen network with named layers.

    Parameters
    ----------
    network
        Any module that takes (n, channels, height, width), in the type of its first weights. It is
        copied, and the copy put into evaluation mode: going on training the original changes
        nothing here. Of one that is compiled or spread over devices what it holds is taken.
    layers
        Names of submodules whose outputs are the layers, in any order; see
        `dcgan_eval.models.outputs` for one of several outputs, and the last of many parts.
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
        (n, height, width, channels). Those of torch's own convolutions, batch norms, pools, linear
        layers and layer norms are known.

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
    scripted_norms : bool
        Whether it has batch norms inside TorchScript, where no policy reaches them.

    Raises
    ------
    SettingsError
        A name that is no submodule, or one inside TorchScript; a layer that is never computed,
        computed several times in a pass, or gives neither maps, vectors nor tokens, or not the
        same ones of the same image; an input shape or preprocessing that does not fit; weights
        that cannot be read.
    CheckpointError
        Weights that are NaN or infinite.

    Warns
    -----
    LayoutWarning
        A map that looks as if it were in the other layout.

    Examples
    --------
    >>> from dcgan_eval import load_encoder
    >>> encoder = load_encoder("zoo/digits_dcgan8.safetensors")
    >>> encoder.input_shape, list(encoder.layers)
    ((1, 8, 8), ['layer1', 'layer2', 'layer3'])
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
        refuse_unreadable(network)
        self.network = frozen(readable(copied(unwrapped(network))))
        self.input_shape = input_shape
        self.preprocess = preprocess or Preprocess()
        self.missing_statistics = missing_statistics
        self.beyond_weights = dict(beyond_weights or {})
        self.assumed = dict(assumed or {})
        self.layout = layout
        # The usual layout is not named: identities were made without it.
        if layout != "channels_first":
            self.beyond_weights["layout"] = layout
        self._scripts = scripts_of(self.network)
        if self._scripts:
            digests = {name: script.digest() for name, script in self._scripts.items()}
            self.beyond_weights["scripts"] = digests
        self.scripted_norms = any(script.normalises() for script in self._scripts.values())
        held = self.network.state_dict().items()
        refuse_not_finite((name, one) for name, one in held if isinstance(one, torch.Tensor))
        self.weights_hash = weights_hash(self.network)
        # Networks of ours say it, others are called by their class.
        said = getattr(self.network, "structure", None)
        self.structure = said if isinstance(said, str) else type(self.network).__name__
        self.layers = self._shapes(expanded(layers, self.network))

    def _shapes(self, names: Sequence[str]) -> dict[str, LayerShape]:
        """Try the layers, and note them as they come."""
        modules = dict(self.network.named_modules())
        for name in names:
            self._check_name(name, modules)
        self._layouts = {name: layout_of(modules[module_of(name)], self.layout) for name in names}
        # Batch norms that have no statistics look at the whole batch, as is known of them.
        by_batch = self.missing_statistics or lacks_statistics(self.network)
        shapes = tried(self._forward, self._layouts, self.input_shape, by_batch)
        doubt = layout_doubt(shapes, self._layouts, self.input_shape)
        if doubt is not None:
            warnings.warn(LayoutWarning(doubt), stacklevel=3)
        return shapes

    def _check_name(self, layer: str, modules: Mapping[str, nn.Module]) -> None:
        """Refuse a name that is no submodule's, or of one that hooks cannot reach."""
        path = module_of(layer)
        for script in self._scripts:
            if path and path.startswith(f"{script}." if script else ""):
                raise SettingsError(
                    f"layer {layer!r} lies inside TorchScript, of which only the output can be "
                    f"read; name {script or WHOLE!r}"
                )
        if path not in modules:
            known = [name or WHOLE for name in modules]
            raise SettingsError(f"unknown layer {layer!r}; {did_you_mean(layer, known)}")

    def check_images(self, shape: tuple[int, int, int]) -> None:
        """Refuse images of another shape (height, width, channels) than the network's.

        Where they are resized, only the channels count.
        """
        channels, height, width = self.input_shape
        if self.preprocess.resize is not None:
            height, width = shape[:2]
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
            or (n, tokens, channels), the moment it is computed, as float32 where the network is of
            less precision. What an in-place activation does to the map afterwards changes nothing:
            a result that shares memory with the map is copied.

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
        return self._encoded(self.pixels(images), layers, reduce)

    def encode_float(
        self, images: NDArray[np.float32], layers: Sequence[str], reduce: Reduce
    ) -> dict[str, torch.Tensor]:
        """What `encode` gives, of images between those that bytes can hold.

        Parameters
        ----------
        images : float32 array in [0, 1], (n, height, width, channels)
        """
        ranged = images.dtype == np.float32 and images.ndim == 4
        if not (ranged and images.min(initial=0) >= 0 and images.max(initial=0) <= 1):
            raise DataError(
                f"images are {images.dtype} {images.shape}; expected float32 (n, height, width, "
                "channels) in [0, 1]"
            )
        self.check_images((images.shape[1], images.shape[2], images.shape[3]))
        return self._encoded(torch.from_numpy(images) * 255, layers, reduce)

    def _encoded(
        self, pixels: torch.Tensor, layers: Sequence[str], reduce: Reduce
    ) -> dict[str, torch.Tensor]:
        """See `encode`."""
        for name in layers:
            if name not in self.layers:
                raise SettingsError(f"unknown layer {name!r}; {did_you_mean(name, self.layers)}")
        found: dict[str, torch.Tensor] = {}

        def keep(name: str, output: object) -> bool:
            found[name] = own_memory(reduce(self.maps(name, output)), tensor_of(name, output))
            return len(found) == len(set(layers))

        self._forward(pixels, layers, keep)
        return found

    def maps(self, layer: str, output: object) -> torch.Tensor:
        """A layer's maps (n, channels, height, width) or tokens, from what its module gave."""
        maps = as_maps(tensor_of(layer, output), self._layouts[layer])
        return maps.float() if maps.itemsize < 4 else maps

    def pixels(self, images: Images) -> torch.Tensor:
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

    def _forward(self, pixels: torch.Tensor, layers: Sequence[str], see: See) -> None:
        """Run the network on pixels, where no gradients are wanted."""
        with full_convolutions(), torch.inference_mode():
            self.run(pixels, layers, see)

    def run(self, pixels: torch.Tensor, layers: Sequence[str], see: See) -> None:
        """Run the network on pixels, wherever it is, until enough of some layers was seen.

        Parameters
        ----------
        pixels : tensor of bytes or of floats in [0, 255], (n, height, width, channels)
            Floats are overwritten.
        layers, see
            See `dcgan_eval.models.run_until_seen`.
        """
        resized = self.preprocess.resized(pixels.to(self.device), *self.input_shape[1:])
        batch = self.preprocess(resized).to(input_dtype(self.network))
        run_until_seen(self.network, batch, layers, see)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        weights = chain(self.network.parameters(), self.network.buffers())
        return next(weights, torch.empty(0)).device

    def twin(self) -> Encoder:
        """Another for another thread: modules of its own, the same weights."""
        return self.with_network(sharing_weights(self.network))

    def with_network(self, network: nn.Module) -> Encoder:
        """Put another network of the same layers in this one's place, without copying it."""
        other = copy.copy(self)
        other.network = frozen(network)
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
        folded = self.with_network(fold_batch_norms(self.network, {*map(module_of, self.layers)}))
        channels, height, width = self.input_shape
        noise = rng_for("folding").integers(0, 256, (2, height, width, channels), np.uint8)
        before = self.encode(noise, list(self.layers), torch.clone)
        after = folded.encode(noise, list(self.layers), torch.clone)
        for name, maps in before.items():
            most = _FOLDING_TOLERANCE * maps.abs().max()
            if not ((maps - after[name]).abs().max() <= most):
                return self
        return folded

    def folds_like(self, other: Encoder) -> bool:
        """Whether the same is folded in another of this network, of which other layers are read.

        A convolution or batch norm whose own output is read stays as it is, which rounds the layers
        behind it in another way.
        """
        read = [{*map(module_of, one.layers)} for one in (self, other)]
        modules = dict(self.network.named_modules())
        return not any(
            isinstance(modules[name], nn.Conv2d | nn.BatchNorm2d) for name in read[0] ^ read[1]
        )
