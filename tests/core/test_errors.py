"""Errors said with where they happened."""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

import pytest

from dcgan_eval.core import (
    CheckpointError,
    DcganEvalError,
    DoesNotFitError,
    SettingsError,
    StorageError,
    errors,
    located,
)

OURS = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, DcganEvalError)
]


class _NumberedError(DoesNotFitError):
    """Made of something else than its message."""

    def __init__(self, needed: int, *, there: int) -> None:
        super().__init__(f"needs {needed} bytes, {there} are there")
        self.needed = needed


@pytest.mark.parametrize("kind", OURS)
def test_the_class_is_kept_and_the_place_stands_first(kind: type[DcganEvalError]) -> None:
    with pytest.raises(DcganEvalError) as caught, located(Path("a.pt")):
        raise kind("is empty; save it again")
    assert type(caught.value) is kind
    assert str(caught.value) == "a.pt: is empty; save it again"


def test_places_within_places() -> None:
    with (
        pytest.raises(SettingsError) as caught,
        located("p.yaml"),
        located("data"),
        located("root"),
    ):
        raise SettingsError("is no folder")
    assert str(caught.value) == "p.yaml: data: root: is no folder"


def test_what_the_operating_system_said_stays_in_the_message() -> None:
    with pytest.raises(StorageError) as caught, located("out"):
        raise StorageError(errno.ENOSPC, "No space left on device")
    assert str(caught.value) == f"out: [Errno {errno.ENOSPC}] No space left on device"


def test_an_error_with_a_constructor_of_its_own_keeps_what_it_holds() -> None:
    with pytest.raises(_NumberedError) as caught, located("cpu"):
        raise _NumberedError(8, there=4)
    assert str(caught.value) == "cpu: needs 8 bytes, 4 are there"
    assert caught.value.needed == 8


@pytest.mark.parametrize("error", [OSError(2, "gone"), ValueError("x"), KeyboardInterrupt()])
def test_other_exceptions_pass_untouched(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, located("a.pt"):
        raise error
    assert caught.value is error


def test_one_traceback_is_shown_and_it_begins_where_the_error_arose() -> None:
    def inner() -> None:
        raise CheckpointError("is empty")

    with pytest.raises(CheckpointError) as caught, located("a.pt"):
        inner()
    lines = "".join(traceback.format_exception(caught.value))
    assert lines.count("Traceback") == 1
    assert "in inner" in lines


def test_the_cause_is_kept() -> None:
    cause = RuntimeError("told by a library")
    with pytest.raises(CheckpointError) as caught, located("a.pt"):
        raise CheckpointError("cannot be read") from cause
    assert caught.value.__cause__ is cause


def test_an_error_that_is_raised_twice_is_placed_once() -> None:
    error = CheckpointError("is empty")
    for _ in range(2):
        with pytest.raises(CheckpointError) as caught, located("a.pt"):
            raise error
        assert str(caught.value) == "a.pt: is empty"
