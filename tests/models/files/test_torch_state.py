"""PyTorch files: nothing in them runs, damaged ones are refused, weights found where they lie."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import nn

from dcgan_eval.core import CheckpointError
from dcgan_eval.models import load_encoder, load_generator, random_encoder, read_checkpoint
from tests.make.networks import Payload, pickled, saved

WEIGHTS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2)}


def refused(path: Path, message: str, role: str | None = None) -> None:
    with pytest.raises(CheckpointError, match=message) as caught:
        read_checkpoint(path, role)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt"])
@pytest.mark.parametrize("how", ["zip", "legacy", "pickle2", "pickle4"])
@pytest.mark.parametrize("where", ["top", "nested", "tensor"])
def test_a_payload_does_not_run(tmp_path: Path, suffix: str, how: str, where: str) -> None:
    payload = Payload(tmp_path / "trace")
    content: object = {
        "top": payload,
        "nested": {"state_dict": WEIGHTS, "optimizer": [payload]},
        "tensor": {**WEIGHTS, "b.weight": payload},
    }[where]
    path = tmp_path / f"evil{suffix}"
    if how == "zip":
        saved(path, content)
    elif how == "legacy":
        torch.save(content, path, _use_new_zipfile_serialization=False)
    else:
        pickled(path, content, int(how[-1]))
    for read in (read_checkpoint, load_encoder, load_generator):
        with pytest.raises(CheckpointError):
            read(path)
    assert not (tmp_path / "trace").exists()


def test_the_payload_of_these_tests_leaves_its_trace_when_it_runs(tmp_path: Path) -> None:
    path = saved(tmp_path / "evil.pt", Payload(tmp_path / "trace"))
    torch.load(path, weights_only=False)
    assert (tmp_path / "trace").exists()


def test_a_whole_module_is_refused_with_what_to_save_instead(tmp_path: Path) -> None:
    path = saved(tmp_path / "module.pt", nn.Linear(2, 3))
    refused(path, r"torch\.nn\.modules\.linear\.Linear.*save network\.state_dict\(\) alone")


def test_what_a_file_would_run_is_named(tmp_path: Path) -> None:
    content = {"model": WEIGHTS, "at": Path("x"), "layer": nn.Linear(2, 3)}
    refused(
        saved(tmp_path / "a.pt", content),
        r"holds more than tensors \(pathlib\S+, torch\.nn\.modules\.linear\.Linear\) and is not",
    )


@pytest.mark.parametrize("how", ["legacy", "pickle"])
def test_files_whose_pickle_is_not_listed_are_not_told_to_be_run(tmp_path: Path, how: str) -> None:
    path = tmp_path / "old.pt"
    if how == "legacy":
        torch.save(nn.Linear(2, 3), path, _use_new_zipfile_serialization=False)
    else:
        pickled(path, {"at": Path("x")})
    refused(path, "not a whole PyTorch file, or one that holds more than tensors; save network")


@pytest.mark.parametrize("new", [True, False])
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_truncated_files_are_one_line(tmp_path: Path, new: bool, data: st.DataObject) -> None:
    stream = io.BytesIO()
    torch.save(WEIGHTS, stream, _use_new_zipfile_serialization=new)
    whole = stream.getvalue()
    path = tmp_path / "cut.pt"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(CheckpointError) as caught:
        read_checkpoint(path)
    assert "\n" not in str(caught.value)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_bytes_give_weights_or_one_line(tmp_path: Path, data: st.DataObject) -> None:
    stream = io.BytesIO()
    torch.save(WEIGHTS, stream, _use_new_zipfile_serialization=data.draw(st.booleans()))
    damaged = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.pt"
    path.write_bytes(damaged)
    try:
        _, loaded = read_checkpoint(path)
    except CheckpointError as error:
        assert "\n" not in str(error)
    else:
        assert all(isinstance(tensor, torch.Tensor) for tensor in loaded.tensors.values())


def test_no_more_is_made_than_the_file_has(tmp_path: Path) -> None:
    """Of a text in a file of PyTorch's first format: it says itself how long it is."""
    stream = io.BytesIO()
    torch.save(WEIGHTS, stream, _use_new_zipfile_serialization=False)
    before = b"X" + len("protocol_version").to_bytes(4, "little") + b"protocol_version"
    assert before in stream.getvalue()
    path = tmp_path / "long.pt"
    path.write_bytes(stream.getvalue().replace(before, b"X\xff\xff\xff\x7f" + before[5:]))
    tracemalloc.start()
    try:
        refused(path, "not a whole PyTorch file")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_an_archive_that_unfolds_to_more_than_the_file_is_refused(tmp_path: Path) -> None:
    saved(tmp_path / "plain.pt", {"w": torch.zeros(1000, 1000)})
    path = tmp_path / "bomb.pt"
    with (
        zipfile.ZipFile(tmp_path / "plain.pt") as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry))
    refused(path, "unfolds to 40.* bytes out of")


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(1).expand(10**12),
        torch.eye(3).to_sparse(),
        torch.zeros(2, dtype=torch.complex64),
        torch.zeros(2, device="meta"),
    ],
    ids=["expanded", "sparse", "complex", "meta"],
)
def test_tensors_that_are_no_plain_arrays_are_refused(tmp_path: Path, tensor: torch.Tensor) -> None:
    refused(saved(tmp_path / "odd.pt", {"w": tensor}), "'w' is no plain dense array")


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    bad = {"fine": torch.ones(2), "bad": torch.tensor([1.0, float("nan")])}
    refused(saved(tmp_path / "nan.pt", bad), "'bad' contain NaN or infinity")


@pytest.mark.parametrize(
    ("content", "nested"),
    [
        (WEIGHTS, None),
        (OrderedDict(WEIGHTS), None),
        ({"state_dict": WEIGHTS, "epoch": 3}, "state_dict"),
        ({"model": WEIGHTS, "optimizer": {"state": {}}}, "model"),
        ({"ema": WEIGHTS}, "ema"),
        ({"netD": WEIGHTS}, "netD"),
        ({"model": {"state_dict": WEIGHTS}}, "model.state_dict"),
        ({"netD": WEIGHTS, "netG": {"other": torch.ones(1)}}, "netD"),
        ({"state_dict": {"other": torch.ones(1)}, "discriminator": WEIGHTS}, "discriminator"),
    ],
)
def test_weights_are_found_where_training_scripts_put_them(
    tmp_path: Path, content: object, nested: str | None
) -> None:
    name, loaded = read_checkpoint(saved(tmp_path / "a.pth", content), "discriminator")
    assert name == "torch_state"
    assert loaded.nested == nested
    assert set(loaded.tensors) == set(WEIGHTS)
    assert torch.equal(loaded.tensors["a.weight"], WEIGHTS["a.weight"])


def test_of_several_networks_one_is_chosen_by_role_or_by_part(tmp_path: Path) -> None:
    d, g = {"d": torch.ones(1)}, {"g": torch.ones(1)}
    path = saved(tmp_path / "both.pt", {"netD": d, "netG": g, "mine": {"m": torch.ones(1)}})
    assert set(read_checkpoint(path, "discriminator")[1].tensors) == {"d"}
    assert set(read_checkpoint(path, "generator")[1].tensors) == {"g"}
    assert set(read_checkpoint(path, None, "mine")[1].tensors) == {"m"}
    refused(path, r"several networks \(netD, netG\).*geometry: \{part: KEY\}")
    with pytest.raises(
        CheckpointError, match=r"no weights under part 'D'; it has netD, netG, mine"
    ):
        read_checkpoint(path, None, "D")


def test_two_candidates_of_no_role_are_asked_about(tmp_path: Path) -> None:
    path = saved(tmp_path / "both.pt", {"model": WEIGHTS, "ema": WEIGHTS})
    refused(path, r"several networks \(model, ema\)", "discriminator")
    assert read_checkpoint(path, "discriminator", "ema")[1].nested == "ema"


def test_part_reaches_the_file_through_geometry(tmp_path: Path) -> None:
    one, other = (random_encoder("dcgan8", {}, seed) for seed in (0, 1))
    content = {"model": one.network.state_dict(), "ema": other.network.state_dict()}
    path = saved(tmp_path / "both.pt", content)
    assert load_encoder(path, geometry={"part": "ema"}).weights_hash == other.weights_hash


@pytest.mark.parametrize(
    ("prefix", "stripped"),
    [
        ("module.", ("module.",)),
        ("_orig_mod.", ("_orig_mod.",)),
        ("module._orig_mod.", ("module.", "_orig_mod.")),
        ("_orig_mod.module.module.", ("_orig_mod.", "module.", "module.")),
        ("mine.", ()),
    ],
)
def test_prefixes_of_wrappers_are_stripped_and_reported(
    tmp_path: Path, prefix: str, stripped: tuple[str, ...]
) -> None:
    path = saved(tmp_path / "a.pt", {f"{prefix}{name}": t for name, t in WEIGHTS.items()})
    _, loaded = read_checkpoint(path)
    assert loaded.stripped == stripped
    left = "" if stripped else prefix
    assert set(loaded.tensors) == {f"{left}{name}" for name in WEIGHTS}


def test_a_prefix_of_some_names_only_is_a_name(tmp_path: Path) -> None:
    content = {"module.a": torch.ones(1), "b": torch.ones(1)}
    _, loaded = read_checkpoint(saved(tmp_path / "a.pt", content))
    assert set(loaded.tensors) == set(content)
    assert loaded.stripped == ()


@pytest.mark.parametrize(
    "content", [[1, 2], torch.ones(3), {}, {"epoch": 3}, {"model": {}}, {3: {"b": WEIGHTS}}, 7]
)
def test_files_without_weights_are_refused(tmp_path: Path, content: object) -> None:
    refused(saved(tmp_path / "a.pt", content), "no state dict in it|holds no weights")


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    refused(tmp_path / "absent.pt", "no such file")
    refused(tmp_path / ".." / "absent.pt", "no such file")
    refused(tmp_path, "not a file")
    (tmp_path / "a.h5").write_bytes(b"x")
    refused(
        tmp_path / "a.h5",
        r"unknown ending '\.h5'; known: \.bin, \.ckpt, \.jl, \.model, \.pkl, \.pt",
    )


def test_part_of_a_format_that_holds_one_network_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jl").write_bytes(b"x")
    with pytest.raises(CheckpointError, match="holds one network; leave out part"):
        read_checkpoint(tmp_path / "a.jl", None, "netD")


@pytest.mark.parametrize("ending", [".bin", ".pkl", ".pth.tar", ".tar", ".ckpt", ".model", ".PTH"])
def test_files_of_torch_save_have_many_endings(tmp_path: Path, ending: str) -> None:
    _, loaded = read_checkpoint(saved(tmp_path / f"a{ending}", {"model": WEIGHTS}))
    assert set(loaded.tensors) == set(WEIGHTS)


def test_what_has_such_an_ending_and_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(100))
    refused(tmp_path / "a.bin", "not a whole PyTorch file")


PAIR = {"netD.main.0.weight": torch.ones(1), "netG.main.0.weight": torch.zeros(2)}


@pytest.mark.parametrize("content", [PAIR, {"state_dict": PAIR, "epoch": 3}])
def test_two_networks_under_prefixes_are_chosen_by_role_or_by_part(
    tmp_path: Path, content: dict[str, object]
) -> None:
    path = saved(tmp_path / "a.pth", content)
    nest = "" if content is PAIR else "state_dict."
    for role, part, number in (
        ("discriminator", None, 1),
        ("generator", None, 2),
        (None, "netD", 1),
        ("discriminator", "netG", 2),
        (None, f"{nest}netG", 2),
        (None, "netG.main", 2),
    ):
        _, loaded = read_checkpoint(path, role, part)
        (name,) = loaded.tensors
        assert name == ("0.weight" if part == "netG.main" else "main.0.weight")
        assert len(loaded.tensors[name]) == number
    assert loaded.nested == f"{nest}netG.main"
    refused(path, rf"several networks \({nest}netD, {nest}netG\); say which by geometry")


def test_prefixes_of_one_network_are_left(tmp_path: Path) -> None:
    content = {"discriminator.0.weight": torch.ones(1), "loss.0.weight": torch.ones(1)}
    _, loaded = read_checkpoint(saved(tmp_path / "a.pth", content), "discriminator")
    assert set(loaded.tensors) == set(content) and loaded.nested is None


def test_safetensors_hold_several_networks_too(tmp_path: Path) -> None:
    save_file(PAIR, tmp_path / "a.safetensors")
    _, loaded = read_checkpoint(tmp_path / "a.safetensors", "generator")
    assert set(loaded.tensors) == {"main.0.weight"} and loaded.nested == "netG"
    with pytest.raises(CheckpointError, match="no weights under part 'D'; it has netD, netG"):
        read_checkpoint(tmp_path / "a.safetensors", None, "D")


def test_an_average_is_the_network_that_it_holds(tmp_path: Path) -> None:
    average = torch.optim.swa_utils.AveragedModel(nn.Linear(2, 3))
    _, loaded = read_checkpoint(saved(tmp_path / "a.pth", average.state_dict()))
    assert set(loaded.tensors) == {"weight", "bias"} and loaded.stripped == ("module.",)


def test_keys_that_nobody_knows_are_told(tmp_path: Path) -> None:
    content = {"epoch": 3, "nets": {"critic": WEIGHTS}, "optimizer": {"state": {0: WEIGHTS}}}
    path = saved(tmp_path / "a.pth", content)
    refused(path, r"the network's; it has nets\.critic; say which by geometry: \{part: KEY\}")
    assert read_checkpoint(path, None, "nets.critic")[1].nested == "nets.critic"
    assert read_checkpoint(path, None, "nets")[1].nested == "nets.critic"


def test_a_mapping_within_itself_ends(tmp_path: Path) -> None:
    content: dict[str, object] = {"model": WEIGHTS}
    content["again"] = content
    assert read_checkpoint(saved(tmp_path / "a.pth", content))[1].nested == "model"
