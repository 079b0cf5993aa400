"""What protocols that fit a probe share: the probe and its grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny, field_validator, model_validator

from dcgan_eval.core import Indices, Subject, identity
from dcgan_eval.features import Representation
from dcgan_eval.probes import Choice, Matrix, Probe, read_probe
from dcgan_eval.protocols.base import Protocol

# Values that a grid of ``auto`` has.
_AUTO_VALUES = 7


class ProbedProtocol(Protocol):
    """A protocol that fits a probe on features, along a grid of its hyper-parameter.

    Attributes
    ----------
    probe
        A probe's name, such as ``l2svm``, or keys with ``kind``.
    grid
        Ascending values of the probe's hyper-parameter, or ``auto``: values that suit the
        features.
    extend
        Whether the grid, also one that is given, goes on while its best value lies at an end.
    """

    takes: ClassVar[type[Subject]] = Representation

    probe: SerializeAsAny[Probe] = identity(None, validate_default=True)
    grid: tuple[float, ...] | Literal["auto"] = identity("auto")
    extend: bool = identity(True)

    @field_validator("probe", mode="plain")
    @classmethod
    def _read_probe(cls, value: object) -> Probe:
        """A probe's name or its keys, read by the probe's own settings."""
        return value if isinstance(value, Probe) else read_probe(value)

    @field_validator("grid")
    @classmethod
    def _ascending(
        cls, value: tuple[float, ...] | Literal["auto"]
    ) -> tuple[float, ...] | Literal["auto"]:
        """A grid is a set of positive numbers in order."""
        if value != "auto" and (not value or value[0] <= 0 or sorted(set(value)) != list(value)):
            raise ValueError("a grid is ascending positive numbers, at least one")
        return value

    @model_validator(mode="after")
    def _of_use(self) -> ProbedProtocol:
        """Refuse a grid that the probe has no use for."""
        self.probe.check_grid(None if self.grid == "auto" else self.grid)
        return self

    def runs_code(self) -> str | None:
        """The probe's."""
        return self.probe.runs_code()

    def journal_values(self) -> dict[str, Any]:
        """The probe's engine, too: it decides bits, and no id."""
        return {**super().journal_values(), "probe engine": self.probe.engine}

    @property
    def n_values(self) -> int:
        """How many values the grid has at first."""
        return _AUTO_VALUES if self.grid == "auto" else len(self.grid)

    def first_grid(self, X: Matrix, rows: Indices, fewest: int | None = None) -> tuple[float, ...]:
        """The grid, made to suit some rows of (scaled) features where it is ``auto``.

        `fewest` are the rows of the smallest fit, where some have fewer.
        """
        return self.probe.auto_grid(X, rows, fewest) if self.grid == "auto" else self.grid

    def beyond(self, grid: Sequence[float], upwards: bool) -> tuple[float, ...]:
        """Further values at an end of the grid; none where it is not to be extended."""
        return self.probe.extend(grid, upwards) if self.extend else ()

    def notes_of_grid(self, choices: Sequence[Choice]) -> list[str]:
        """Say where a grid that was given was extended, and where a choice lies at an end."""
        parameter = self.probe.parameter
        extended = 0 if self.grid == "auto" else sum(choice.extended > 0 for choice in choices)
        said = {
            f"the grid was extended: its best {parameter} was at an end": extended,
            f"the best {parameter} is at an end of its grid": sum(
                one.at_end and len(one.values) > 1 for one in choices
            ),
        }
        return [
            text if len(choices) == 1 else f"{text} in {count} of {len(choices)} draws"
            for text, count in said.items()
            if count
        ]
