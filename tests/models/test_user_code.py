"""The user's own networks: run only when allowed; which files decide what they compute."""

from __future__ import annotations

import hashlib
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from dcgan_eval.core import CodeRefusedError, SettingsError
from dcgan_eval.models import Encoder, LayerShape, Preprocess, call_code, encoder_from_code
from dcgan_eval.models.user_code import user_sources
from tests.make.images import noise

CODE = """
from pathlib import Path
from torch import nn
Path(__file__).with_name("trace").touch()

def make(inplace=True, stored=True):
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=stored), nn.ReLU(inplace)
    )

def wrong():
    return [1, 2]
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the user's in the working folder."""
    name = f"own_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return name


def encoder(name: str, allow: bool = True, **values: Any) -> Encoder:
    options: dict[str, Any] = {
        "layers": ["2"],
        "input_shape": (3, 8, 8),
        "preprocess": Preprocess(),
        "arguments": {},
        **values,
    }
    return encoder_from_code(name, allow_code=allow, **options)


def test_code_is_refused_unless_allowed(own: str, tmp_path: Path) -> None:
    with pytest.raises(CodeRefusedError, match=f"{own}:make: would run code.*--allow-code"):
        encoder(f"{own}:make", allow=False)
    assert own not in sys.modules
    assert not (tmp_path / "trace").exists()
    assert encoder(f"{own}:make").layers == {"2": LayerShape(4, 6, 6)}
    assert (tmp_path / "trace").exists()


def test_in_place_and_out_of_place_are_equal(own: str) -> None:
    one = encoder(f"{own}:make", layers=["0", "2"], arguments={"inplace": True})
    other = encoder(f"{own}:make", layers=["0", "2"], arguments={"inplace": False})
    other.network.load_state_dict(one.network.state_dict())
    images = noise(3, 8, 8, 3)
    for name in ("0", "2"):
        found = [e.encode(images, [name], lambda maps: maps)[name] for e in (one, other)]
        assert torch.equal(*found)


def test_batch_norms_that_store_nothing_need_a_policy(own: str) -> None:
    assert not encoder(f"{own}:make").missing_statistics
    assert encoder(f"{own}:make", arguments={"stored": False}).missing_statistics


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("wrong", {}, r"gave list, expected a torch\.nn\.Module"),
        ("absent", {}, "cannot be imported"),
        ("make", {"depth": 3}, "cannot be called with"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    own: str, function: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        encoder(f"{own}:{function}", arguments=arguments)
    assert "\n" not in str(caught.value)


def test_a_module_that_is_not_there() -> None:
    with pytest.raises(SettingsError, match="cannot be imported"):
        call_code("dcgan_eval_absent:make", {}, True)


@pytest.mark.slow
def test_a_resnet_of_torchvision() -> None:
    torch.manual_seed(0)
    network = encoder(
        "torchvision.models:resnet18",
        layers=["layer1", "layer4", "avgpool"],
        input_shape=(3, 64, 64),
        arguments={"weights": None},
    )
    assert network.layers == {
        "layer1": LayerShape(64, 16, 16),
        "layer4": LayerShape(512, 2, 2),
        "avgpool": LayerShape(512, 1, 1),
    }
    images = noise(2, 64, 64, 3)
    found = network.encode(images, list(network.layers), lambda maps: maps)
    model = network.network
    with torch.no_grad():
        x = model.maxpool(
            model.relu(model.bn1(model.conv1(network.preprocess(torch.from_numpy(images)))))
        )
        first = model.layer1(x)
        last = model.layer4(model.layer3(model.layer2(first)))
    for name, maps in (("layer1", first), ("layer4", last), ("avgpool", model.avgpool(last))):
        torch.testing.assert_close(found[name], maps)
    with pytest.raises(SettingsError, match="computed 2 times"):
        Encoder(model, ["layer1.0.relu"], (3, 64, 64))


# --- which files decide what a network computes


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    files = {
        "srcs_main.py": "import srcs_a, json, numpy\nfrom srcs_pkg import inner as renamed\n",
        "srcs_a.py": "def late():\n    import srcs_b\n",
        "srcs_b.py": "import importlib\nm = importlib.import_module('srcs_c')\nimport srcs_main\n",
        "srcs_c.py": "import dcgan_eval.core, torch.nn\n",
        "srcs_pkg/__init__.py": "",
        "srcs_pkg/inner.py": "from . import beside\nfrom .deep.down import x\n",
        "srcs_pkg/beside.py": "from ..nowhere import x\n",
        "srcs_pkg/deep/__init__.py": "from ..other import *\n",
        "srcs_pkg/deep/down.py": "x = 1\n",
        "srcs_pkg/other.py": "import absent_module\n",
        "srcs_unused.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    importlib.invalidate_caches()
    return tmp_path


def test_imports_are_followed_wherever_they_stand(place: Path) -> None:
    found = user_sources(["srcs_main"])
    assert list(found) == [
        *("srcs_a", "srcs_b", "srcs_c", "srcs_main", "srcs_pkg", "srcs_pkg.beside"),
        *("srcs_pkg.deep", "srcs_pkg.deep.down", "srcs_pkg.inner", "srcs_pkg.other"),
    ]
    assert found["srcs_a"] == hashlib.sha256((place / "srcs_a.py").read_bytes()).hexdigest()
    # Nothing was imported for it.
    assert not [name for name in sys.modules if name.startswith("srcs_")]
    assert user_sources(["srcs_pkg.inner"]).keys() == {
        name for name in found if name.startswith("srcs_pkg")
    }


def test_what_lies_in_site_packages_is_not_the_users(place: Path) -> None:
    installed = place / "site-packages"
    installed.mkdir()
    (installed / "srcs_installed.py").write_text("")
    (place / "srcs_main.py").write_text("import srcs_installed, torchvision, email\n")
    sys.path.insert(0, str(installed))
    try:
        importlib.invalidate_caches()
        assert list(user_sources(["srcs_main", "torch", "dcgan_eval.models"])) == ["srcs_main"]
    finally:
        sys.path.remove(str(installed))


def test_a_module_without_a_file_is_passed_over() -> None:
    assert user_sources(["builtins", "sys", "no_such_module_at_all", ""]) == {}


def test_code_beside_the_pipeline_comes_behind_that_of_the_working_folder(
    own: str, tmp_path: Path
) -> None:
    beside = tmp_path / "pipelines"
    beside.mkdir()
    other = f"{own}_beside"
    (beside / f"{other}.py").write_text(CODE)
    (beside / f"{own}.py").write_text("raise RuntimeError")
    with pytest.raises(SettingsError, match="cannot be imported"):
        call_code(f"{other}:make", {}, True)
    with pytest.raises(CodeRefusedError):
        call_code(f"{other}:make", {}, False, beside)
    assert not (beside / "trace").exists()
    call_code(f"{other}:make", {}, True, beside)
    assert (beside / "trace").exists()
    call_code(f"{own}:make", {}, True, beside)
