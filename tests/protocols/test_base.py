"""What a protocol says of a subject of another type, of types that are not ours, too."""

from __future__ import annotations

from typing import ClassVar

import pytest

from dcgan_eval.core import SettingsError, Subject
from dcgan_eval.features import (
    ImageRepresentation,
    KMeansRepresentation,
    PixelRepresentation,
    Representation,
)
from dcgan_eval.protocols import Protocol
from tests.make.images import random_images


class Sound(Subject):
    kind, name = "sound", "birds"

    def identity_values(self):
        return {}


def check(wanted, subject):
    class Other(Protocol):
        takes: ClassVar[type[Subject]] = wanted

        def make_split(self, train, test):
            raise NotImplementedError

        def memory_bytes(self, train, split, columns):
            raise NotImplementedError

        def run(self, task, work):
            raise NotImplementedError

    Other(kind="other").check(subject, random_images(6))


def test_a_derived_type_may_be_asked_for():
    kmeans = KMeansRepresentation(
        maps=2, patch=2, patches=9, iterations=1, seed=0, standardize=0, name="two maps"
    )
    check(KMeansRepresentation, kmeans)
    check(ImageRepresentation, kmeans)
    check(ImageRepresentation, PixelRepresentation())
    wanted = "^raw pixels: protocol other takes KMeansRepresentation; kind: pixels gives features:"
    with pytest.raises(SettingsError, match=wanted):
        check(KMeansRepresentation, PixelRepresentation())


def test_a_type_of_its_own_may_be_asked_for():
    check(Sound, Sound())
    with pytest.raises(SettingsError, match="takes Sound; kind: pixels gives features:"):
        check(Sound, PixelRepresentation())
    with pytest.raises(SettingsError, match=r"takes features \(kind: .*\); kind: sound gives Sou"):
        check(Representation, Sound())
