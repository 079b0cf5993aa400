"""Subjects that exist in this process only: a function, or a subject that is made already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from pydantic import PrivateAttr
from typing_extensions import override

from dcgan_eval.core import SettingsError, Subject, identity
from dcgan_eval.features import FunctionRepresentation
from dcgan_eval.subjects.code import source_of
from dcgan_eval.subjects.preprocessing import Prepared, as_preprocess
from dcgan_eval.subjects.settings import Place, SubjectSettings

HELD = "object"
"""Kind of what no file holds; no pipeline file can name it."""


class Held(SubjectSettings):
    """A subject that is made already."""

    kind: str = identity(HELD)

    _subject: Subject = PrivateAttr()

    @classmethod
    def of(cls, subject: Subject) -> Self:
        """Wrap a subject."""
        held = cls(name=subject.name)
        held._subject = subject
        return held

    def make(self, part: int, place: Place) -> list[Subject]:
        """The subject."""
        return [self._subject]


class Function(SubjectSettings):
    """A function from images to features.

    Parameters
    ----------
    function
        Takes uint8 images (n, height, width, channels) as an array; or, where there is a
        preprocessing, a float32 tensor (n, channels, height, width) on the device. Gives an
        array or a tensor (n, columns), each row of its own image alone.
    preprocess
        As of `Module`; none when None.
    **keys
        ``name``, and the attribute.

    Attributes
    ----------
    version
        As of `Module`.

    Examples
    --------
    >>> from dcgan_eval import Function
    >>> Function(lambda images: images.mean((1, 2)), version="1").version
    '1'
    """

    kind: str = identity(HELD)
    version: str | None = identity(None)

    _function: Callable[[Any], Any] = PrivateAttr()
    _prepared: Prepared | None = PrivateAttr(None)

    def __init__(
        self, function: Callable[[Any], Any], /, *, preprocess: object = None, **keys: Any
    ) -> None:
        super().__init__(**keys)
        if not callable(function):
            raise SettingsError(f"found {type(function).__name__}; expected a function")
        self._function, self._prepared = function, as_preprocess(preprocess)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def where_not_given(self, preprocess: Prepared | None, version: str | None) -> Self:
        """The same with these, where it has none of its own."""
        other = self.model_copy(update={"version": self.version or version})
        other._prepared = self._prepared or preprocess
        return other

    @override
    def make(self, part: int, place: Place) -> list[Subject]:
        function, source = self._function, source_of(self._function, self.version)
        scaled, transform = self._prepared or (None, None)
        called = function
        if transform is not None:
            source += f" after {transform.text()}"
            called = lambda images: function(transform.applied(images))  # noqa: E731
        name = self.name or str(getattr(function, "__name__", type(function).__name__))
        return [
            FunctionRepresentation(
                called, kind=self.kind, name=name, source=source, preprocess=scaled
            )
        ]
