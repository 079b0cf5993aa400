"""What kinds share that take a network from another library, by its name there."""

from __future__ import annotations

import difflib
import importlib
from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import torch
from pydantic import model_validator
from torch import nn

from dcgan_eval.core import SettingsError, execution, identity, located, seed_for
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import Encoder, Preprocess, lacks_statistics, load_exactly, read_checkpoint
from dcgan_eval.subjects.locate import find_checkpoint
from dcgan_eval.subjects.settings import EncoderSettings, Place

# What libraries raise for arguments that they do not take, and files that they do not find.
_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)

# What timm and transformers call tokens that each image gets beside its patches'.
_CLASS_TOKENS = frozenset({"cls_token", "class_embedding", "dist_token", "distillation_token"})

Layout = Literal["channels_first", "channels_last"]


@dataclass(frozen=True)
class Made:
    """A network of a library, and what the library says of it.

    Attributes
    ----------
    network
        With its weights.
    input_shape
        Channels, height, width.
    preprocess
        Mean, standard deviation and way of resizing; None where the library does not say.
    prefix_tokens, layout
        See `dcgan_eval.features.Pooling` and `dcgan_eval.models.Encoder`.
    options
        With which it was made, where the library's weights ask for others than it usually takes.
    """

    network: nn.Module
    input_shape: tuple[int, int, int]
    preprocess: Preprocess | None
    prefix_tokens: int = 1
    layout: Layout = "channels_first"
    options: dict[str, Any] = field(default_factory=dict)


class LibrarySettings(EncoderSettings):
    """Settings of a network of another library.

    Attributes
    ----------
    model
        Its name in the library.
    options
        Keyword arguments with which the library makes it, but for those of `not_options`.
    layers
        Names of submodules; see `dcgan_eval.models.outputs`.
    input
        Channels, height, width; the library's when not given. Images of another size are resized
        as a whole: nothing is cropped.
    preprocess
        Mean, standard deviation and way of resizing; the library's when not given.
    layout
        Of the layers' maps, as in ``kind: module``; what the library says when not given.
    prefix_tokens
        What the library says when not given.
    not_options : class variable
        What says where weights come from, or lets code run: other keys and the command line do.
    seeds
        How many independent initialisations, where the weights are random; seed k is the same
        whatever this number is.
    """

    not_options: ClassVar[frozenset[str]]

    model: str = identity(min_length=1)
    options: dict[str, Any] = identity({})
    layers: tuple[str, ...] = identity()
    input: tuple[int, int, int] | None = identity(None)
    preprocess: Preprocess | None = identity(None)
    layout: Layout | None = identity(None)
    seeds: int = execution(1, ge=1, le=1000)

    @abstractmethod
    def is_random(self) -> bool:
        """Whether the weights are drawn."""

    @abstractmethod
    def made(self, place: Place) -> Made:
        """Make the network; where weights are drawn, from torch's stream as it stands.

        Raises
        ------
        SettingsError
            The library is not installed, has no such model, or refuses its options.
        CheckpointError
            Weights that are not there, or do not fit.
        """

    @model_validator(mode="after")
    def _given_where_it_counts(self) -> Self:
        """Refuse seeds that would have no effect, and options that would have another."""
        refused = sorted(self.not_options & set(self.options))
        if refused:
            raise ValueError(f"{refused[0]!r} is not to be given in options; remove it")
        if self.seeds > 1 and not self.is_random():
            raise ValueError("seeds has no effect on weights that are given; remove it")
        return self

    def parts(self, place: Place) -> int:
        """One a seed."""
        return self.seeds

    def representation(self, part: int, place: Place) -> EncoderRepresentation:
        """The network of one seed, or of the weights that are given."""
        random = self.is_random()
        method = self.name or (f"random {self.model}" if random else self.model)
        with located(f"{self.kind} {self.model}"), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_for(self.kind, self.model, part))
            made = self.made(place)
            preprocess = self.preprocess or made.preprocess
            if preprocess is None:
                raise SettingsError("nothing says how pixels become its input; give preprocess")
            encoder = Encoder(
                made.network,
                self.layers,
                self.input or made.input_shape,
                preprocess,
                missing_statistics=lacks_statistics(made.network),
                beyond_weights={
                    self.kind: self.model,
                    "options": {**made.options, **self.options},
                },
                layout=self.layout or made.layout,
            )
        return EncoderRepresentation(
            encoder,
            kind=self.kind,
            name=f"{method}, seed {part}" if self.seeds > 1 else method,
            pooling=self.pooling(made.prefix_tokens),
            batch_norm=self.batch_norm,
            method=method if random else None,
            seed=part if random else None,
        )


def library(name: str) -> Any:
    """Import an optional library.

    Raises
    ------
    SettingsError
        It is not installed, with the line that installs it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SettingsError(
            f"{name} cannot be imported ({error}); pip install 'dcgan-eval[{name}]'"
        ) from None


def unknown(name: str, known: Iterable[str], listed: str) -> SettingsError:
    """What is said of a name that a library does not know, of the many that it does."""
    close = difflib.get_close_matches(name, list(known), n=3)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return SettingsError(f"no such model; {hint}{listed} has them all")


def made_with(make: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """What a library's function makes, or its refusal in one line.

    Raises
    ------
    SettingsError
        Whatever the library says against the arguments.
    """
    try:
        return make(*arguments, **keywords)
    except _FAILURES as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = lines[0] if lines else type(error).__name__
        raise SettingsError(f"cannot be made: {reason}; check model and options") from error


def load_file(network: nn.Module, text: str, place: Place) -> None:
    """Load the weights in a file (a path, below the checkpoint roots, too), all or none."""
    load_path(network, find_checkpoint(text, place))


def load_path(
    network: nn.Module, path: Path, renamed: Callable[[str], str] = lambda name: name
) -> None:
    """Load the weights in a file, all or none, by other names; no code of the file is run."""
    _, loaded = read_checkpoint(path)
    with located(path):
        tensors = {renamed(name): tensor for name, tensor in loaded.tensors.items()}
        load_exactly(network, tensors)


def class_tokens(network: nn.Module) -> int:
    """How many tokens a network has weights of that stand for no patch: class, distillation."""
    held = {name.rpartition(".")[2] for name, _ in network.named_parameters()}
    return len(held & _CLASS_TOKENS)


def refuse_download(what: str, where: object) -> SettingsError:
    """What is said where weights would have to be downloaded."""
    return SettingsError(
        f"{what} are not on this machine (looked for: {where}); add --allow-download "
        "(in Python allow_download=True), or give the path of a file"
    )
