"""A network that is still to be trained: for protocols that train, there is nothing to extract."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from dcgan_eval.core import Subject, identity
from dcgan_eval.subjects.settings import Place, SubjectSettings
from dcgan_eval.training import Untrained


class ArchitectureSettings(SubjectSettings):
    """Settings of ``kind: architecture``.

    Attributes
    ----------
    network
        Family of the network, a file in ``models/families/``.
    options
        Settings of the family, such as ``width``.
    """

    network: str = identity()
    options: dict[str, Any] = identity({})

    @override
    def make(self, part: int, place: Place) -> list[Subject]:
        return [Untrained(self.network, self.options, self.name)]


SUBJECT = ArchitectureSettings
