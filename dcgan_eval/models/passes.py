"""A pass through a network that shows the layers as they come, and ends at the last of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

import torch
from torch import nn

from dcgan_eval.models.outputs import module_of

See = Callable[[str, object], bool]
"""Name of a layer and what its module gave to whether enough was seen."""


class _Enough(Exception):
    """Raised by the last wanted layer's hook: the rest of the network need not run."""


def run_until_seen(
    network: nn.Module, batch: torch.Tensor, layers: Sequence[str], see: See
) -> None:
    """Run a network until `see(layer, output of its module)` says that it has seen enough."""
    modules = dict(network.named_modules())
    together: dict[str, list[str]] = {}
    for name in sorted(set(layers)):
        together.setdefault(module_of(name), []).append(name)
    with ExitStack() as stack:
        for path, names in together.items():
            handle = modules[path].register_forward_hook(_hook(names, see))
            stack.callback(handle.remove)
        with suppress(_Enough):
            network(batch)


def _hook(
    names: Sequence[str], see: See
) -> Callable[[nn.Module, tuple[object, ...], object], None]:
    """A forward hook that shows the output of a module's layers and ends the pass at the last."""

    def hook(module: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        if any([see(name, output) for name in names]):
            raise _Enough

    return hook


def own_memory(reduced: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    """Copy a reduction that is only a view of the map."""
    shared = reduced.untyped_storage().data_ptr() == maps.untyped_storage().data_ptr()
    return reduced.clone() if shared else reduced
