"""What people hold in memory becomes settings of subjects: `as_subjects`.

This is the only place that looks at types of subjects.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from dcgan_eval.core import SettingsError, Subject, UserError, keep_array, located
from dcgan_eval.data import Items, with_pixels
from dcgan_eval.features import EncoderRepresentation
from dcgan_eval.models import Encoder, Generator
from dcgan_eval.samples import FunctionSource, GeneratorSource, SampleSource
from dcgan_eval.subjects.code import source_of
from dcgan_eval.subjects.function import HELD, Function, Held
from dcgan_eval.subjects.kinds.checkpoint import Checkpoint
from dcgan_eval.subjects.kinds.features import FeatureFiles
from dcgan_eval.subjects.kinds.generator import GeneratorKindSettings
from dcgan_eval.subjects.kinds.samples import SampleFiles
from dcgan_eval.subjects.module import Module
from dcgan_eval.subjects.preprocessing import as_preprocess
from dcgan_eval.subjects.settings import EncoderSettings, SubjectSettings, read_subject


class Defaults(NamedTuple):
    """What subjects in memory get where they say nothing themselves; see `Module`."""

    preprocess: object = None
    layers: str | Sequence[str] | None = None
    version: str | None = None

    def chosen_layers(self) -> tuple[str, ...] | None:
        """The layers, one or several."""
        if self.layers is None:
            return None
        return (self.layers,) if isinstance(self.layers, str) else tuple(self.layers)


def as_subjects(
    subjects: object,
    train: Items,
    takes: type[Subject],
    cache: Path,
    defaults: Defaults | None = None,
) -> tuple[SubjectSettings, ...]:
    """Settings of the subjects that somebody holds.

    Parameters
    ----------
    subjects
        One, a list, or a mapping of names to them. A subject is a `torch.nn.Module`, a function,
        a path of a checkpoint, an `Encoder` or a `Generator`, settings of any kind (`Pixels()`,
        `Module(net, layers=…)`) or their keys as a pipeline file has them; two arrays of features
        (n, d), or their paths; images and labels of samples.
    train
        The training items.
    takes
        What the protocol takes: a path is a generator's where it takes samples.
    cache
        Where arrays are kept, so that other processes find them.
    defaults
        See there.

    Raises
    ------
    SettingsError
        Something that is none of these, none at all, or a network whose use is not known.
    """
    chosen = defaults or Defaults()
    chosen = chosen._replace(preprocess=as_preprocess(chosen.preprocess))
    named: list[tuple[str | None, object]]
    if isinstance(subjects, Mapping) and "kind" not in subjects:
        named = [(str(name), one) for name, one in subjects.items()]
    elif isinstance(subjects, list | tuple) and not _are_two_arrays(subjects):
        named = [(None, one) for one in subjects]
    else:
        named = [(None, subjects)]
    if not named:
        raise SettingsError("subjects: none; give at least one")
    found = []
    for place, (name, one) in enumerate(named):
        with located(f"subjects[{place if name is None else repr(name)}]"):
            found.append(_as_subject(one, name, train, takes, cache, chosen))
    _check_taken(chosen, found)
    return tuple(found)


def _check_taken(defaults: Defaults, subjects: Sequence[SubjectSettings]) -> None:
    """Refuse what none of the subjects takes."""
    takers: dict[str, tuple[type[SubjectSettings], ...]] = {
        "preprocess": (Module, Function),
        "layers": (EncoderSettings, Held),
        "version": (Module, Function, Held),
    }
    for name, kinds in takers.items():
        given = getattr(defaults, name) is not None
        if given and not any(isinstance(one, kinds) for one in subjects):
            raise SettingsError(f"{name}: none of the subjects takes it; leave it out")


def _as_subject(
    given: Any,
    name: str | None,
    train: Items,
    takes: type[Subject],
    cache: Path,
    defaults: Defaults,
) -> SubjectSettings:
    """One subject, whatever it is."""
    if _are_two_arrays(given):
        settings: SubjectSettings | Subject = _of_arrays(given, takes, cache)
    else:
        settings = _settings(given, takes, defaults)
    if isinstance(settings, Subject):
        own = copy.copy(settings)
        own.name = name or settings.name
        return Held.of(own)
    named = settings if name is None else settings.model_copy(update={"name": name})
    if isinstance(named, Module):
        shape = with_pixels(train).image_shape
        layers = defaults.chosen_layers()
        return named.where_not_given(
            shape, as_preprocess(defaults.preprocess), layers, defaults.version
        )
    if isinstance(named, EncoderSettings) and named.layers is None:
        return named.model_copy(update={"layers": defaults.chosen_layers()})
    if isinstance(named, Function):
        return named.where_not_given(as_preprocess(defaults.preprocess), defaults.version)
    return named


def _settings(given: Any, takes: type[Subject], defaults: Defaults) -> SubjectSettings | Subject:
    """Settings that make a subject, or the subject itself."""
    samples = issubclass(takes, SampleSource)
    if isinstance(given, SubjectSettings | Subject):
        return given
    if isinstance(given, Mapping):
        return read_subject(given)
    if isinstance(given, str | Path):
        path = str(given)
        return GeneratorKindSettings(path=path) if samples else Checkpoint(path=path)
    if isinstance(given, Encoder):
        return _of_encoder(given, defaults)
    if isinstance(given, Generator):
        return _of_generator(given, defaults.version)
    if isinstance(given, nn.Module) and samples:
        raise SettingsError(
            "is a torch.nn.Module, and what it takes is not known; give Generator(module, "
            "GeneratorSpec(image_shape=…, z_dim=…, n_classes=…, label=…)), or a function of labels "
            "and a random stream"
        )
    if isinstance(given, nn.Module):
        return Module(given)
    if callable(given) and samples:
        name = getattr(given, "__name__", type(given).__name__)
        source = source_of(given, defaults.version)
        return FunctionSource(given, kind=HELD, name=name, source=source)
    if callable(given):
        return Function(given)
    raise SettingsError(
        f"found {type(given).__name__}; expected a torch.nn.Module, a function, a path of a "
        "checkpoint, or settings such as Pixels()"
    )


def _are_two_arrays(given: object) -> bool:
    """Whether something is features of both parts, or samples and labels: arrays, or paths."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        return False
    if isinstance(given, tuple) and all(isinstance(one, str | Path) for one in given):
        return True
    return all(hasattr(one, "shape") and hasattr(one, "dtype") for one in given)


def _of_arrays(given: Sequence[Any], takes: type[Subject], cache: Path) -> SubjectSettings:
    """Features, or samples, in files: those that are given, or of the cache."""
    first, second = (
        str(one) if isinstance(one, str | Path) else str(_kept(one, cache)) for one in given
    )
    if issubclass(takes, SampleSource):
        return SampleFiles(images=first, labels=second, name="samples")
    return FeatureFiles(train=first, test=second, name="features")


def _kept(array: Any, cache: Path) -> Path:
    """Where an array lies below the cache."""
    if hasattr(array, "detach"):
        array = array.detach().cpu().numpy()
    return keep_array(array, cache / "given").relative_to(cache)


def _of_encoder(encoder: Encoder, defaults: Defaults) -> EncoderRepresentation:
    """An encoder, with all of its layers where none are named."""
    own = copy.copy(encoder)
    own.beyond_weights = {
        **encoder.beyond_weights,
        "source": source_of(encoder.network, defaults.version),
    }
    layers = defaults.chosen_layers()
    return EncoderRepresentation(own, kind=HELD, name=encoder.structure, layers=layers)


def _of_generator(drawn: Generator, version: str | None) -> GeneratorSource:
    """A copy of a generator, once it is known to draw images."""
    own = Generator(
        drawn.network,
        drawn.spec,
        beyond_weights={
            **drawn.beyond_weights,
            "source": source_of(drawn.network, version),
        },
        assumed=drawn.assumed,
    )
    try:
        own.to("cpu").try_out()
    except (UserError, RuntimeError, TypeError, ValueError, AttributeError, IndexError) as error:
        reason = str(error).strip().split("\n")[0]
        raise SettingsError(
            f"does not draw images of {own.spec.image_shape} ({reason}); check its spec"
        ) from error
    name = type(drawn.network).__name__
    return GeneratorSource(own, kind=HELD, name=name)
