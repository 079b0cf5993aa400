"""`Module`: a network that somebody holds in memory, with what is to be read of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal, Self

import torch
from pydantic import PrivateAttr
from torch import nn

from dcgan_eval.core import SettingsError, UserError, identity, located
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import (
    WHOLE,
    Encoder,
    Preprocess,
    Scripted,
    copied,
    input_dtype,
    lacks_statistics,
    readable,
    refuse_unreadable,
    run_until_seen,
    unwrapped,
)
from dcgan_eval.subjects.code import source_of
from dcgan_eval.subjects.function import HELD
from dcgan_eval.subjects.preprocessing import Prepared, as_preprocess
from dcgan_eval.subjects.settings import EncoderSettings, Place, SubjectSettings

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


class Module(EncoderSettings):
    """A `torch.nn.Module` in memory. It is copied, and never changed.

    Parameters
    ----------
    network
        The module; it takes (n, channels, height, width). One that is compiled or spread over
        devices stands for what it holds.
    preprocess
        ``(mean, std)`` in units of pixels in [0, 1], or a transform of torchvision's; x/127.5 − 1
        when None, which is said beside the result.
    **keys
        The attributes, and those of `EncoderSettings`: ``grid``, ``pool``, ``gem_p``, ``gem_eps``,
        ``tokens``, ``prefix_tokens``, ``batch_norm``, ``small_maps``, ``ablate``, ``name``.

    Attributes
    ----------
    layers
        Names of submodules, or patterns of them such as ``"features.*"``; all convolutions that
        are computed once when None.
    input
        Channels, height, width; those of the images when None.
    layout
        As in ``kind: module``.
    version
        What tells this code from that of another day, where it cannot be told by itself.

    Examples
    --------
    >>> from torch import nn
    >>> from dcgan_eval import Module
    >>> Module(nn.Sequential(nn.Conv2d(1, 8, 3)), layers="*", grid=2).layers
    ('*',)
    """

    kind: str = identity(HELD)
    input: tuple[int, int, int] | None = identity(None)
    layout: Literal["channels_first", "channels_last"] = identity("channels_first")
    version: str | None = identity(None)

    _network: nn.Module = PrivateAttr()
    _prepared: Prepared | None = PrivateAttr(None)

    def __init__(
        self,
        network: nn.Module,
        /,
        *,
        preprocess: object = None,
        layers: str | Sequence[str] | None = None,
        **keys: Any,
    ) -> None:
        wanted = [layers] if isinstance(layers, str) else layers
        SubjectSettings.__init__(self, layers=wanted, **keys)
        if not isinstance(network, nn.Module):
            raise SettingsError(f"found {type(network).__name__}; expected a torch.nn.Module")
        self._network, self._prepared = unwrapped(network), as_preprocess(preprocess)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def where_not_given(
        self,
        image_shape: tuple[int, int, int],
        preprocess: Prepared | None,
        layers: Sequence[str] | None,
        version: str | None,
    ) -> Self:
        """The same with these, where it has none of its own."""
        height, width, channels = image_shape
        values = {"input": (channels, height, width), "layers": layers, "version": version}
        missing = {key: value for key, value in values.items() if getattr(self, key) is None}
        other = self.model_copy(
            update={**missing, "name": self.name or type(self._network).__name__}
        )
        other._prepared = self._prepared or preprocess
        return other

    def representation(self, part: int, place: Place) -> EncoderRepresentation:
        """One representation of a copy of the network."""
        name = self.name or type(self._network).__name__
        with located(name):
            encoder = self._encoder()
        return EncoderRepresentation(
            encoder,
            kind=self.kind,
            name=name,
            pooling=self.pooling(),
            batch_norm=self.batch_norm,
        )

    def _encoder(self) -> Encoder:
        if self.input is None:
            raise SettingsError("input is missing; give channels, height, width")
        network = _copied(self._network)
        scaled, transform = self._prepared or Prepared(Preprocess())
        beyond: dict[str, Any] = {"source": source_of(self._network, self.version)}
        if transform is not None:
            network.register_forward_pre_hook(transform)
            beyond["transform"] = transform.text()
        return Encoder(
            network,
            self._chosen(network, scaled),
            self.input,
            scaled,
            missing_statistics=lacks_statistics(network),
            beyond_weights=beyond,
            assumed={} if self._prepared else {"preprocess": "x/127.5 − 1"},
            layout=self.layout,
        )

    def _chosen(self, network: nn.Module, scaled: Preprocess) -> list[str]:
        """Names of the layers; patterns choose among what is computed once and gives maps."""
        parts = list(network.named_modules())
        scripts = [f"{name}." if name else "" for name, one in parts if isinstance(one, Scripted)]
        if len(parts) == 1 and not scripts:
            raise SettingsError("has no layers within it; give nn.Sequential(it), whose layer is 0")
        names = [name for name, _ in parts if name and not name.startswith(tuple(scripts))]
        wanted = self.layers
        if wanted is not None and not any(map(_is_pattern, wanted)):
            return list(wanted)
        assert self.input is not None
        known = ", ".join(names[:8]) or WHOLE
        if wanted is None:
            asked = [
                name for name in names if isinstance(network.get_submodule(name), _CONVOLUTIONS)
            ]
            if not asked:
                raise SettingsError(f"has no convolutions to read; name layers, such as {known}")
        else:
            asked = [name for name in names if any(fnmatchcase(name, one) for one in wanted)]
            for one in wanted:
                if not any(fnmatchcase(name, one) for name in names):
                    raise SettingsError(f"layers: {one!r} fits none; there are {known}")
        return _maps(network, asked, self.input, scaled)


def _is_pattern(layer: str) -> bool:
    """Whether it is a pattern: ``blocks[-4:]`` names layers, ``[02]`` is one of two characters."""
    return bool(set(layer) & set("*?")) or layer.startswith("[")


def _copied(network: nn.Module) -> nn.Module:
    """A copy on the CPU; the network itself stays where and as it is."""
    refuse_unreadable(network)
    try:
        return readable(copied(network).cpu())
    except Exception as error:  # what the user's parts hold
        text = " ".join(str(error).split())[:120]
        raise SettingsError(f"cannot be copied ({text}); give its state dict as a file") from error


def _maps(
    network: nn.Module, asked: Sequence[str], shape: tuple[int, int, int], scaled: Preprocess
) -> list[str]:
    """Layers that are computed once in a pass and give maps, tokens or vectors, in order."""
    calls: Counter[str] = Counter()
    found: list[str] = []

    def note(name: str, output: object) -> bool:
        calls[name] += 1
        if isinstance(output, torch.Tensor) and output.ndim in (2, 3, 4):
            found.append(name)
        return False

    network.eval()
    channels, height, width = shape
    blank = torch.zeros((2, height, width, channels), dtype=torch.uint8)
    try:
        with torch.no_grad():
            run_until_seen(network, scaled(blank).to(input_dtype(network)), asked, note)
    except UserError:
        raise
    except Exception as error:  # the user's code
        # What comes after the layers need not fit this image size: it is never run.
        if len(calls) < len(asked):
            reason = str(error).strip().split("\n")[0]
            raise SettingsError(
                f"the network does not take images of {channels}×{height}×{width} ({reason}); name "
                "layers to be read before that, or give data of another size"
            ) from error
    chosen = [name for name in found if calls[name] == 1]
    if not chosen:
        raise SettingsError(
            f"none of {', '.join(asked[:8])} is computed once in a pass and gives maps; name others"
        )
    return chosen
