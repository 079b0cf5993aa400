"""The user's own networks: ``module: package.module:function``, run only when that is allowed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from dcgan_eval.core import (
    CodeRefusedError,
    SettingsError,
    UserError,
    digest_json,
)
from dcgan_eval.models.encoder import Encoder, Preprocess
from dcgan_eval.models.generator import Generator, GeneratorSpec
from dcgan_eval.models.maps import Layout
from dcgan_eval.models.sources import user_sources
from dcgan_eval.models.weights import lacks_statistics

# What mistakes in the user's code raise: they are the user's to mend, not ours.
_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


def call_code(name: str, arguments: Mapping[str, Any], allow_code: bool) -> Any:
    """Import and call ``package.module:function``.

    Raises
    ------
    CodeRefusedError
        `allow_code` is false.
    SettingsError
        No such module or function, or a call that fails.
    """
    if not allow_code:
        raise CodeRefusedError(f"{name}: would run code; look at it, then add --allow-code")
    module_name, _, function_name = name.partition(":")
    # The working folder is where users keep their code, as with `python -m`.
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        target: Any = importlib.import_module(module_name)
        for part in function_name.split("."):
            target = getattr(target, part)
    except (ImportError, AttributeError) as error:
        raise SettingsError(f"{name}: cannot be imported: {error}") from error
    except _FAILURES as error:
        raise SettingsError(f"{name}: fails at import: {_told(error)}") from error
    try:
        return target(**arguments)
    except TypeError as error:
        raise SettingsError(f"{name}: cannot be called with {dict(arguments)}: {error}") from error
    except _FAILURES as error:
        raise SettingsError(f"{name}: fails when called: {_told(error)}") from error


def _told(error: Exception) -> str:
    """An error of the user's code, its class included."""
    return f"{type(error).__name__}: {error}"


def encoder_from_code(
    name: str,
    *,
    layers: Sequence[str],
    input_shape: tuple[int, int, int],
    preprocess: Preprocess,
    arguments: Mapping[str, Any],
    allow_code: bool,
    layout: Layout = "channels_first",
) -> Encoder:
    """A network of the user's as an encoder.

    Its batch norms use what they have stored; one that stores nothing needs a policy.

    Raises
    ------
    CodeRefusedError
        `allow_code` is false.
    SettingsError
        The function does not give a `torch.nn.Module`.
    """
    network = _network_from_code(name, arguments, allow_code)
    return Encoder(
        network,
        layers,
        input_shape,
        preprocess,
        missing_statistics=lacks_statistics(network),
        beyond_weights=_beyond_weights(name, arguments, network),
        layout=layout,
    )


def generator_from_code(
    name: str, *, spec: GeneratorSpec, arguments: Mapping[str, Any], allow_code: bool
) -> tuple[Generator, dict[str, Any]]:
    """A network of the user's as a generator, and what beside weights and spec decides samples.

    Raises
    ------
    CodeRefusedError
        `allow_code` is false.
    SettingsError
        The function does not give a `torch.nn.Module`, or not one of this spec.
    """
    network = _network_from_code(name, arguments, allow_code)
    drawn = Generator(network, spec)
    try:
        drawn.try_out()
    except (UserError, *_FAILURES) as error:
        reason = str(error).strip().split("\n")[0]
        raise SettingsError(
            f"{name}: does not draw images of {spec.image_shape} ({reason}); check spec"
        ) from None
    return drawn, _beyond_weights(name, arguments, network)


def _network_from_code(name: str, arguments: Mapping[str, Any], allow_code: bool) -> nn.Module:
    """What the function gives, if it is a network."""
    network = call_code(name, arguments, allow_code)
    if not isinstance(network, nn.Module):
        raise SettingsError(f"{name}: gave {type(network).__name__}, expected a torch.nn.Module")
    return network


def _beyond_weights(name: str, arguments: Mapping[str, Any], network: nn.Module) -> dict[str, Any]:
    """Weights alone do not tell what a network computes: two may share them, code is edited."""
    return {
        "module": name,
        "arguments": dict(arguments),
        "source": _source_digest(name, network),
    }


def _source_digest(name: str, network: nn.Module) -> str:
    """Hash of the files that define the function, the classes of its network, what they import."""
    defining = {name.partition(":")[0], *(type(part).__module__ for part in network.modules())}
    return digest_json(user_sources(defining))
