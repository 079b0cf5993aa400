"""Small networks, and checkpoint files of them."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn

from dcgan_eval.core import seed_for
from dcgan_eval.models import random_encoder


def randomise(network: nn.Module, *name: str | int) -> nn.Module:
    """Weights, scales, shifts and statistics that are all different from their neutral values."""
    stream = torch.Generator().manual_seed(seed_for("test", *name))
    with torch.no_grad():
        for key, tensor in network.state_dict().items():
            if key.endswith("running_var"):
                tensor.uniform_(0.3, 2.0, generator=stream)
            elif tensor.is_floating_point():
                tensor.normal_(0.0, 0.2, generator=stream)
            if key.endswith("norm.weight"):
                tensor.abs_().add_(0.5)
    return network


class Payload:
    """Unpickling this writes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.trace,)


def listing(names: Sequence[str]) -> bytes:
    """The pickle of an old joblib's list of arrays, opcode by opcode."""

    def text(value: str) -> bytes:
        return b"U" + bytes([len(value)]) + value.encode()

    wrapper = b"csklearn.externals.joblib.numpy_pickle\nNDArrayWrapper\n)\x81}("
    kind = text("subclass") + b"cnumpy\nndarray\n"
    items = b"".join(wrapper + text("filename") + text(name) + kind + b"ub" for name in names)
    return b"\x80\x02](" + items + b"e."


def write_authors(path: Path, arrays: Sequence[NDArray[np.float32]]) -> Path:
    """A set in the authors' format."""
    names = [f"{path.name}_{number:02d}.npy" for number in range(1, len(arrays) + 1)]
    path.write_bytes(listing(names))
    for name, array in zip(names, arrays, strict=True):
        np.save(path.with_name(name), array)
    return path


def svhn_discriminator_arrays(seed: int = 0) -> list[NDArray[np.float32]]:
    shapes = [(64, 3, 5, 5), (128, 64, 5, 5), (128,), (128,), (256, 128, 5, 5), (256,), (256,)]
    return _normal([*shapes, (4096, 1)], seed)


def svhn_generator_arrays(seed: int = 0) -> list[NDArray[np.float32]]:
    shapes = [(100, 4096), (4096,), (4096,), (256, 128, 5, 5), (128,), (128,)]
    return _normal([*shapes, (128, 64, 5, 5), (64,), (64,), (64, 3, 5, 5)], seed)


def _normal(shapes: list[tuple[int, ...]], seed: int) -> list[NDArray[np.float32]]:
    stream = np.random.default_rng(seed)
    return [stream.normal(0, 0.1, shape).astype(np.float32) for shape in shapes]


def examples_discriminator(
    ndf: int, depth: int = 4, channels: int = 3, bias: bool = False
) -> nn.Sequential:
    """The layout of pytorch/examples, written down anew as one plain sequence."""
    modules: list[nn.Module] = []
    width = channels
    for number in range(depth):
        modules.append(nn.Conv2d(width, ndf * 2**number, 4, 2, 1, bias=bias))
        width = ndf * 2**number
        if number:
            modules.append(nn.BatchNorm2d(width))
        modules.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*modules, nn.Conv2d(width, 1, 4, 1, 0, bias=bias))


def examples_generator(
    ngf: int, z_dim: int = 10, channels: int = 3, bias: bool = False, depth: int = 4
) -> nn.Sequential:
    modules: list[nn.Module] = []
    width = z_dim
    for number in range(depth):
        narrower = ngf * 2 ** (depth - 1 - number)
        step = (2, 1) if number else (1, 0)
        modules += [nn.ConvTranspose2d(width, narrower, 4, *step, bias=bias)]
        modules += [nn.BatchNorm2d(narrower), nn.ReLU()]
        width = narrower
    return nn.Sequential(*modules, nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=bias))


def state(network: nn.Module, prefix: str = "main.") -> dict[str, torch.Tensor]:
    return {f"{prefix}{name}": tensor for name, tensor in network.state_dict().items()}


def saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def pickled(path: Path, content: object, protocol: int = 2) -> Path:
    path.write_bytes(pickle.dumps(content, protocol))
    return path


def digits_state() -> dict[str, torch.Tensor]:
    """Tensors of a discriminator of 8×8 images, random weights."""
    return dict(random_encoder("dcgan8", {}, 0).network.state_dict())


def saved_digits(path: Path, tensors: dict[str, torch.Tensor]) -> Path:
    """A file that says it is that discriminator, whatever its tensors."""
    save_file(tensors, path, {"dcgan_eval_card": '{"family": "dcgan8", "role": "discriminator"}'})
    return path
