"""The authors' sets: read without unpickling; kernels, order and shapes by plain loops."""

from __future__ import annotations

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcgan_eval.core import CheckpointError, rng_for
from dcgan_eval.models import LayerShape, inspect_checkpoint, load_encoder, load_generator
from tests.make.images import noise
from tests.make.networks import (
    Payload,
    listing,
    svhn_discriminator_arrays,
    svhn_generator_arrays,
    write_authors,
)

EPS = 1e-8


def refused(path: Path, message: str) -> None:
    with pytest.raises(CheckpointError, match=message) as caught:
        load_encoder(path)
    assert "\n" not in str(caught.value)


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    return write_authors(tmp_path / "3_discrim_params.jl", svhn_discriminator_arrays())


def true_convolution(x: np.ndarray, w: np.ndarray, o: int, i: int, j: int) -> float:
    """Output (o, i, j) of Theano's convolution, stride 2, padding 2: the kernel is flipped."""
    total = 0.0
    for c in range(x.shape[0]):
        for u in range(5):
            for v in range(5):
                row, column = 2 * i + 2 - u, 2 * j + 2 - v
                if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
                    total += float(w[o, c, u, v]) * float(x[c, row, column])
    return total


def transposed_convolution(f: np.ndarray, w: np.ndarray, o: int, i: int, j: int) -> float:
    """Output (o, i, j) of the gradient of that convolution, which doubles the side."""
    total = 0.0
    for c in range(f.shape[0]):
        for row in range(f.shape[1]):
            for column in range(f.shape[2]):
                u, v = 2 * row + 2 - i, 2 * column + 2 - j
                if 0 <= u < 5 and 0 <= v < 5:
                    total += float(f[c, row, column]) * float(w[c, o, u, v])
    return total


def leaky(value: float) -> float:
    return value if value > 0 else 0.2 * value


@pytest.mark.slow
def test_discriminator_layers_are_theanos_by_plain_loops(pair: Path) -> None:
    arrays = svhn_discriminator_arrays()
    encoder = load_encoder(pair)
    images = noise(1, 32, 32, 3)
    maps = encoder.encode(images, list(encoder.layers), torch.clone)
    inputs = {
        "layer1": (images[0].transpose(2, 0, 1) / 127.5 - 1, arrays[0], None),
        "layer2": (maps["layer1"][0].numpy(), arrays[1], arrays[2:4]),
        "layer3": (maps["layer2"][0].numpy(), arrays[4], arrays[5:7]),
    }
    stream = np.random.default_rng(1)
    for name, (x, w, norm) in inputs.items():
        out = maps[name][0].numpy()
        corners = [(0, 0, 0), (out.shape[0] - 1, out.shape[1] - 1, out.shape[2] - 1)]
        places = [tuple(stream.integers(0, out.shape)) for _ in range(12)]
        for o, i, j in [*corners, *places]:
            value = true_convolution(x, w, o, i, j)
            if norm is not None:
                # Statistics are missing from the file and stay neutral: mean 0, variance 1.
                value = value / np.sqrt(1 + EPS) * norm[0][o] + norm[1][o]
            assert out[o, i, j] == pytest.approx(leaky(value), rel=1e-4, abs=1e-4)


def test_generator_layers_are_theanos_by_plain_loops(tmp_path: Path) -> None:
    arrays = svhn_generator_arrays()
    drawn = load_generator(write_authors(tmp_path / "3_gen_params.jl", arrays))
    stream = np.random.default_rng(2)
    for layer, (channels, side) in {1: (256, 4), 2: (128, 8), 3: (64, 16)}.items():
        w = arrays[3 * layer]
        f = stream.normal(size=(channels, side, side)).astype(np.float32)
        conv = drawn.network.get_submodule(f"layer{layer}.conv")
        out = conv(torch.from_numpy(f)[None])[0].numpy()
        assert out.shape == (w.shape[1], 2 * side, 2 * side)
        for _ in range(3):
            o, i, j = stream.integers(0, out.shape)
            expected = transposed_convolution(f, w, o, i, j)
            assert out[o, i, j] == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_the_projection_is_normalised_a_unit_and_reshaped_in_c_order(tmp_path: Path) -> None:
    arrays = svhn_generator_arrays()
    drawn = load_generator(write_authors(tmp_path / "3_gen_params.jl", arrays))
    z = drawn.latent(6, rng_for("test"))
    flat = z @ arrays[0]
    normalised = (flat - flat.mean(0)) / np.sqrt(flat.var(0) + EPS)
    expected = np.maximum(normalised * arrays[1] + arrays[2], 0).reshape(6, 256, 4, 4)
    got = drawn.network.get_submodule("project")(torch.from_numpy(z)).numpy()
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_shapes_are_those_of_the_paper(pair: Path) -> None:
    report = inspect_checkpoint(pair)
    assert load_encoder(pair).layers == {
        "layer1": LayerShape(64, 16, 16),
        "layer2": LayerShape(128, 8, 8),
        "layer3": LayerShape(256, 4, 4),
    }
    assert "columns: 7,168" in report.lines()
    assert load_encoder(pair).missing_statistics


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_payload_does_not_run(tmp_path: Path, protocol: int) -> None:
    path = write_authors(tmp_path / "3_discrim_params.jl", svhn_discriminator_arrays())
    path.write_bytes(pickle.dumps([Payload(tmp_path / "trace")], protocol))
    refused(path, "is not allowed|not allowed; this is not")
    # Behind a list that is in order, too.
    names = [f"{path.name}_{number:02d}.npy" for number in range(1, 9)]
    path.write_bytes(listing(names)[:-1] + pickle.dumps(Payload(tmp_path / "trace"), protocol))
    refused(path, "not allowed")
    assert not (tmp_path / "trace").exists()


def test_an_array_file_with_a_payload_does_not_run(tmp_path: Path, pair: Path) -> None:
    trace = tmp_path / "trace"
    evil = np.array([Payload(trace)], dtype=object)
    np.save(tmp_path / f"{pair.name}_03.npy", evil, allow_pickle=True)
    refused(pair, "says object")
    assert not trace.exists()
    # The same, had it been read with pickle.
    np.load(tmp_path / f"{pair.name}_03.npy", allow_pickle=True)
    assert trace.exists()


@pytest.mark.parametrize(
    "name", ["../secret.npy", "/etc/secret.npy", "other_01.npy", "3_discrim_params.jl_1.npy"]
)
def test_array_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "3_discrim_params.jl"
    path.write_bytes(listing([name]))
    refused(path, "expected it to list 3_discrim_params.jl_01.npy")


def header(text: str) -> bytes:
    body = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(body)) + body


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a whole .npy"),
        (b"\x93NUMPY\x01\x00", "not a whole .npy"),
        (b"garbage" * 30, "not a whole .npy"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}"), "holds 0"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"), "says float32"),
        (header("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -2)}") + bytes(16), "says"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}") + bytes(8), "float64"),
        (header("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1)}") + bytes(4), "C order"),
        (header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), "says object"),
        (header("__import__('os').getcwd()"), "not a whole .npy"),
        (header("(" * 110), "not a whole .npy"),
        (header("{'descr': '<f4', 'shape': ("), "not a whole .npy"),
    ],
)
def test_array_files_that_lie_are_refused(pair: Path, content: bytes, message: str) -> None:
    pair.with_name(f"{pair.name}_03.npy").write_bytes(content)
    refused(pair, message)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damaged_lists_are_one_line(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "3_discrim_params.jl"
    whole = bytearray(listing([f"{path.name}_{n:02d}.npy" for n in range(1, 9)]))
    if data.draw(st.booleans()):
        del whole[data.draw(st.integers(0, len(whole) - 1)) :]
    else:
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole)
    # No array is there, so that every list is refused: most for itself, a whole one for that.
    with pytest.raises(CheckpointError) as caught:
        load_encoder(path)
    assert "\n" not in str(caught.value)


def test_an_escape_that_no_pickle_has_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "3_discrim_params.jl"
    path.write_bytes(b"S'\\k'\n.")
    refused(path, "not a whole pickle")


def test_a_list_larger_than_any_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.jl"
    path.write_bytes(bytes((1 << 20) + 1))
    refused(path, "larger than 1 MiB")


def test_a_missing_array_is_named_and_the_layers_before_it_can_be_used(pair: Path) -> None:
    whole = load_encoder(pair)
    pair.with_name(f"{pair.name}_05.npy").unlink()
    refused(pair, r"layer3\.conv\.weight \(3_discrim_params\.jl_05\.npy\).*\[layer1, layer2\]")
    with pytest.raises(CheckpointError, match="unknown layer 'layer9'"):
        load_encoder(pair, layers=["layer9"])
    with pytest.raises(CheckpointError, match="jl_05"):
        load_encoder(pair, layers=["layer1", "layer3"])
    part = load_encoder(pair, layers=["layer2"])
    assert list(part.layers) == ["layer1", "layer2"]
    images = noise(2, 32, 32, 3)
    maps = part.encode(images, ["layer2"], torch.clone)["layer2"]
    assert torch.equal(maps, whole.encode(images, ["layer2"], torch.clone)["layer2"])
    missing = inspect_checkpoint(pair).loaded.missing
    assert missing == ("layer3.conv.weight (3_discrim_params.jl_05.npy)",)


def test_without_the_head_all_layers_are_whole(pair: Path) -> None:
    pair.with_name(f"{pair.name}_08.npy").unlink()
    layers = ["layer1", "layer2", "layer3"]
    assert list(load_encoder(pair, layers=layers).layers) == layers


def test_without_the_first_array_no_layer_is(pair: Path) -> None:
    pair.with_name(f"{pair.name}_01.npy").unlink()
    refused(pair, r"missing: layer1\.conv\.weight \(.*_01\.npy\); fetch them$")


def test_a_generator_needs_all_its_arrays(tmp_path: Path) -> None:
    path = write_authors(tmp_path / "3_gen_params.jl", svhn_generator_arrays())
    for number in (4, 9):
        path.with_name(f"{path.name}_{number:02d}.npy").unlink()
    with pytest.raises(CheckpointError, match=r"missing: .*_04\.npy, .*_09\.npy; fetch"):
        load_generator(path)


def test_other_shapes_than_the_familys_are_listed(tmp_path: Path) -> None:
    arrays = svhn_discriminator_arrays()
    arrays[4] = arrays[4][:100]
    refused(
        write_authors(tmp_path / "a.jl", arrays),
        r"shape of layer3\.conv\.weight \(100, 128, 5, 5\) in place of \(256, 128, 5, 5\)",
    )
    arrays[2] = arrays[2].reshape(16, 8)
    refused(write_authors(tmp_path / "b.jl", arrays), "_03.npy: is .* expected 1 dimensions")
    refused(write_authors(tmp_path / "c.jl", arrays[:4]), "4 arrays are no discriminator")


def test_a_discriminator_is_no_generator(tmp_path: Path, pair: Path) -> None:
    with pytest.raises(CheckpointError, match="is a discriminator"):
        load_generator(pair)
    refused(write_authors(tmp_path / "g.jl", svhn_generator_arrays()), "is a generator")
