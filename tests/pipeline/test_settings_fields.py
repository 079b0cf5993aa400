"""Every field of every settings class: identity fields change the id, execution fields nothing.

The fields come from the classes themselves. A class or a field that stands in no table of
`tests.make.fields` makes a test fail, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import dcgan_eval
from dcgan_eval.core import DcganEvalError, Settings
from tests.make.fields import held, libraries, models, pipelines, reporting, subjects, training
from tests.make.fields.case import Case, Changed, values_of
from tests.make.fields.place import make_place

ROOMS = (pipelines, subjects, held, libraries, models, training, reporting)
CASES = {name: case for room in ROOMS for name, case in room.CASES.items()}
NEEDS_MORE_IMAGES = {
    ("protocols.kinds.few_labels.FewLabels", "split"),
    ("protocols.kinds.supervised.Supervised", "split"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Working folder in which all of them can be tried."""
    folder = tmp_path_factory.mktemp("fields")
    make_place(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        yield folder


# A kind chooses which class reads the rest, and has nothing else to take.
_CHOOSES_THE_CLASS = "kind"
# The same fields as a class above; and what is made already.
_WITHOUT_A_CASE = {"pipeline.settings.Pipeline", "subjects.function.Held"}


def settings_classes() -> dict[str, type[Settings]]:
    """Every settings class that is built and has fields, by module and name."""
    for module in pkgutil.walk_packages(dcgan_eval.__path__, "dcgan_eval."):
        importlib.import_module(module.name)

    def below(parent: type[Settings]) -> Iterator[type[Settings]]:
        for child in parent.__subclasses__():
            if child.__module__.startswith("dcgan_eval."):
                yield from below(child) if child.__subclasses__() else [child]

    names = {
        f"{found.__module__.removeprefix('dcgan_eval.')}.{found.__qualname__}": found
        for found in below(Settings)
    }
    names = {name: names[name] for name in sorted(names) if names[name].model_fields}
    return {name: found for name, found in names.items() if name not in _WITHOUT_A_CASE}


CLASSES = settings_classes()
FIELDS = [
    (name, field)
    for name, found in CLASSES.items()
    for field in found.model_fields
    if field != _CHOOSES_THE_CLASS
]


def role(name: str, field: str) -> str:
    """``identity`` or ``execution``."""
    extra = CLASSES[name].model_fields[field].json_schema_extra
    assert isinstance(extra, dict)
    return str(extra["role"])


def case_of(name: str) -> Case:
    """The case of a class; skips where its optional library is not installed."""
    case = CASES[name]
    if case.needs is not None:
        reason = f"needs {case.needs}: pip install 'dcgan-eval[{case.needs}]'"
        pytest.importorskip(case.needs, reason=reason)
    return case


def test_every_class_and_field_has_a_case() -> None:
    assert sorted(CASES) == list(CLASSES)
    for name, found in CLASSES.items():
        assert set(CASES[name].changes) == set(found.model_fields) - {_CHOOSES_THE_CLASS}, name


# The same maps are read in both layouts: one of the two is wrong, and is said to be.
@pytest.mark.slow
@pytest.mark.parametrize(("name", "field"), [one for one in FIELDS if role(*one) == "identity"])
@pytest.mark.filterwarnings("ignore::dcgan_eval.core.LayoutWarning")
def test_an_identity_field_changes_the_key(place: Path, name: str, field: str) -> None:
    if (name, field) in NEEDS_MORE_IMAGES:
        pytest.skip("another value needs more than 10,000 images; see tests/protocols")
    case = case_of(name)
    before, after, key = values_of(case, field)
    assert key(before) == key(before)
    change = case.changes[field]
    if isinstance(change, Changed) and change.refused is not None:
        with pytest.raises(DcganEvalError, match=change.refused):
            key(after)
        return
    assert key(before) != key(after)
    if case.decided is not None:
        assert case.decided(before) != case.decided(after)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "field"), [one for one in FIELDS if role(*one) == "execution"])
def test_an_execution_field_changes_neither_key_nor_outcome(
    place: Path, name: str, field: str
) -> None:
    case = case_of(name)
    before, after, key = values_of(case, field)
    assert key(before) == key(after)
    assert case.outcome is not None
    assert case.outcome(before) == case.outcome(after)
