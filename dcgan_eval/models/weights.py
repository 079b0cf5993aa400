"""Weights: drawn from a named stream, loaded all or none, hashed as content."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable
from itertools import chain
from typing import Literal

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.parameter import is_lazy

from dcgan_eval.core import CheckpointError, SettingsError, seed_for

Tensors = dict[str, torch.Tensor]
Initialisation = Literal["normal", "truncated_normal", "glorot_uniform"]


def is_counter(name: str) -> bool:
    """Whether a tensor counts a batch norm's batches, which decides nothing."""
    return name.endswith("num_batches_tracked")


def is_statistic(name: str) -> bool:
    """Whether a tensor is one of a batch norm's running statistics."""
    return name.endswith(("running_mean", "running_var"))


def initialise(network: nn.Module, *coordinates: str | int, how: Initialisation = "normal") -> None:
    """Draw weights; shifts and biases are 0, scales of layer and group norms 1.

    Parameters
    ----------
    network
        Changed in place.
    *coordinates
        Name of this initialisation (see `dcgan_eval.core.seed_for`).
    how
        ``normal``, the paper's: N(0, 0.02), scales of batch norms N(1, 0.02).
        ``truncated_normal``, usual in TensorFlow's DCGANs: N(0, 0.02) within two standard
        deviations. ``glorot_uniform``, Keras's and TensorFlow's own: within ±√(6 / (fan in + fan
        out)). With these two, scales of batch norms are 1.

    Raises
    ------
    SettingsError
        A layer whose weights would be left to chance, or one that draws by itself in training.

    Examples
    --------
    >>> from torch import nn
    >>> layer = nn.Linear(2, 1)
    >>> initialise(layer, "mine", 0)
    >>> layer.bias
    Parameter containing:
    tensor([0.], requires_grad=True)
    """
    stream = torch.Generator().manual_seed(seed_for("weights", *coordinates))
    with torch.no_grad():
        for name, module in network.named_modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.Embedding):
                _draw(module.weight, how, stream)
            elif isinstance(module, _BatchNorm):
                if module.affine and how == "normal":
                    module.weight.normal_(1.0, 0.02, generator=stream)
                elif module.affine:
                    module.weight.fill_(1.0)
            elif isinstance(module, nn.LayerNorm | nn.GroupNorm):
                module.reset_parameters()
            elif isinstance(module, _DropoutNd) or next(module.parameters(False), None) is not None:
                raise SettingsError(
                    f"layer {name!r} is {type(module).__name__}, whose random numbers have no "
                    "seed here; use Conv2d, ConvTranspose2d, Linear, Embedding, norms of batches, "
                    "layers and groups, and dcgan_eval.models.Dropout"
                )
            bias = getattr(module, "bias", None)
            if isinstance(bias, nn.Parameter):
                bias.zero_()


def _draw(weight: torch.Tensor, how: Initialisation, stream: torch.Generator) -> None:
    """Draw a layer's weights in place."""
    if how == "glorot_uniform":
        nn.init.xavier_uniform_(weight, generator=stream)
    elif how == "truncated_normal":
        nn.init.trunc_normal_(weight, 0.0, 0.02, -0.04, 0.04, generator=stream)
    else:
        weight.normal_(0.0, 0.02, generator=stream)


def load_exactly(network: nn.Module, tensors: Tensors) -> None:
    """Load all weights or none, and say what does not fit.

    Parameters
    ----------
    network
        On the CPU or "meta": it takes the tensors for its own.
    tensors
        Name in the network → tensor; counters of batches are not wanted.

    Raises
    ------
    CheckpointError
        Missing, unexpected or differently shaped tensors, a few of each by name.
    """
    state = network.state_dict()
    wanted = {name: tensor for name, tensor in state.items() if not is_counter(name)}
    given = {name: tensor for name, tensor in tensors.items() if not is_counter(name)}
    problems = []
    for what, names in (
        ("missing", sorted(set(wanted) - set(given))),
        ("unexpected", sorted(set(given) - set(wanted))),
    ):
        if names:
            problems.append(f"{what} {_few(names)}")
    shapes = [
        f"{name} {tuple(given[name].shape)} in place of {tuple(wanted[name].shape)}"
        for name in sorted(set(given) & set(wanted))
        if given[name].shape != wanted[name].shape
    ]
    if shapes:
        problems.append(f"shape of {_few(shapes)}")
    if problems:
        raise CheckpointError(
            f"does not fit its network: {'; '.join(problems)}; nothing was loaded"
        )
    # In PyTorch's usual memory order: another one would round sums otherwise.
    whole = {n: given[n].detach().to(tensor.dtype).contiguous() for n, tensor in wanted.items()}
    counters = {name: torch.tensor(0) for name in state if is_counter(name)}
    network.load_state_dict({**whole, **counters}, assign=True)


def _few(names: list[str]) -> str:
    """A few names, and how many more there are."""
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more


def weights_hash(network: nn.Module) -> str:
    """SHA-256 over names, types, shapes and values of parameters and buffers, by name.

    Independent of the file format. Counters of batches are left out: they decide nothing.
    """
    sha = hashlib.sha256()
    # Buffers that no state dict keeps are included.
    for name, tensor in sorted(chain(network.named_parameters(), network.named_buffers())):
        if is_counter(name):
            continue
        values = tensor.detach().cpu().contiguous()
        # NumPy has no bfloat16 (nor float8): such weights enter as their bytes, under torch's name.
        known = values.dtype not in (torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2)
        array = (values if known else values.reshape(-1).view(torch.uint8)).numpy()
        kind = array.dtype.str if known else str(values.dtype)
        sha.update(f"{name} {kind} {tuple(values.shape)}\n".encode())
        sha.update(array.tobytes())
    return sha.hexdigest()


def copied(network: nn.Module) -> nn.Module:
    """A copy of a network that shares no memory with it.

    What a module keeps of a pass that gradients were wanted of (a weight that hooks of
    ``torch.nn.utils.weight_norm`` compute) torch does not copy; its values are.
    """
    kept = (value for module in network.modules() for value in vars(module).values())
    memo = {
        id(value): value.detach().clone()
        for value in kept
        if isinstance(value, torch.Tensor) and not value.is_leaf
    }
    # TorchScript copies its parameters by an operation like any other.
    with torch.no_grad():
        return copy.deepcopy(network, memo)


def sharing_weights(network: nn.Module) -> nn.Module:
    """A copy of a network's modules around the same tensors and TorchScript.

    Several threads may each use one: scripts may be called at once, modules have hooks.
    """
    values = chain.from_iterable(
        (part, *vars(part).values(), *part._parameters.values(), *part._buffers.values())
        for part in network.modules()
    )
    shared = (torch.Tensor, torch.jit.ScriptModule)
    return copy.deepcopy(network, {id(one): one for one in values if isinstance(one, shared)})


def frozen(network: nn.Module) -> nn.Module:
    """A network itself, in evaluation mode and without gradients, TorchScript as well."""
    network.eval()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    return network


def refuse_unreadable(network: nn.Module) -> None:
    """Refuse a network whose weights are not there, or in no tensors.

    Raises
    ------
    SettingsError
        Weights on the device meta, of lazy parts that saw no images yet, or packed by quantisation.
    """
    for name, tensor in chain(network.named_parameters(), network.named_buffers()):
        if is_lazy(tensor):
            raise SettingsError(f"{name!r} of a lazy part is not made yet; give it images first")
        if tensor.is_meta:
            raise SettingsError(
                f"{name!r} is on the device meta, where there are no numbers; load the weights"
            )
    for name, part in network.named_modules():
        home = type(part).__module__
        if home.startswith("torch.ao.nn.") and ".quantized." in f"{home}.":
            raise SettingsError(f"{name!r} is quantised: its weights are packed; give floats")


def refuse_not_finite(tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
    """Refuse weights that hold NaN or infinity, by the name of the first.

    Raises
    ------
    CheckpointError
        There are such weights.
    """
    for name, tensor in tensors:
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise CheckpointError(
                f"weights {name!r} contain NaN or infinity; the checkpoint is damaged or its "
                "training diverged"
            )


def input_dtype(network: nn.Module) -> torch.dtype:
    """What a network takes: the type of its first floating-point parameter."""
    dtypes = (one.dtype for one in network.parameters() if one.is_floating_point())
    return next(dtypes, torch.float32)


def lacks_statistics(network: nn.Module) -> bool:
    """Whether some batch norm of a network keeps no statistics of its own."""
    return any(
        isinstance(module, _BatchNorm) and module.running_mean is None
        for module in network.modules()
    )
