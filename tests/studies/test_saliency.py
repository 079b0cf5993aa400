"""What maps look at: numbers against loops, the control, and what cannot be looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.multitest import multipletests
from torch import nn

from dcgan_eval import evaluate
from dcgan_eval.core import DataError, SettingsError, Work, digest_arrays
from dcgan_eval.data import DataSettings, ImageSet, Made, load_dataset
from dcgan_eval.features import EncoderRepresentation, Pooling
from dcgan_eval.models import Encoder
from dcgan_eval.protocols import Result, Task, read_protocol
from dcgan_eval.studies.opened import as_picture, with_shuffled_weights
from dcgan_eval.studies.over_images import over_images
from tests.make.images import made_images
from tests.make.networks import randomise

NAMES = ("plain", "square", "bar")
HEADER = "image,part,left,top,width,height\n"


def pictures(n: int, seed: int) -> tuple[ImageSet, list[tuple[int, int]]]:
    """Noise, with a bright square in every third image and a dark bar in every third."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(90, 150, (n, 10, 12, 1), np.uint8)
    places = []
    for number in range(n):
        y, x = int(rng.integers(0, 8)), int(rng.integers(0, 9))
        if number % 3 == 1:
            pixels[number, y : y + 2, x : x + 2] += 60
        if number % 3 == 2:
            pixels[number, y, x : x + 3] -= 60
        places.append((y, x))
    labels = np.arange(n, dtype=np.int64) % 3
    fingerprint = digest_arrays([("pixels", pixels)])
    return made_images(f"pictures{n}", pixels, labels, NAMES, fingerprint), places


TRAIN, _ = pictures(60, 0)
TEST, PLACES = pictures(45, 1)


@pytest.fixture
def boxes(tmp_path: Path) -> Path:
    lines = [
        f"{number},square,{x},{y},2,2" if number % 3 == 1 else f"{number},bar,{x},{y},3,1"
        for number, (y, x) in enumerate(PLACES)
        if number % 3
    ]
    path = tmp_path / "boxes.csv"
    path.write_text(HEADER + "\n".join(lines))
    return path


def network() -> nn.Sequential:
    """Two layers, the first map of which sees squares."""
    layers = nn.Sequential(
        nn.Conv2d(1, 4, 2), nn.BatchNorm2d(4), nn.LeakyReLU(0.2), nn.Conv2d(4, 5, 3), nn.ReLU()
    )
    randomise(layers, "saliency")
    with torch.no_grad():
        layers[0].weight[0] = 0.4
        layers[0].bias.fill_(0.1)
        layers[1].weight[0], layers[1].bias[0] = 1.0, -0.5
        layers[3].bias.fill_(0.3)
    return layers


def subject(**given: Any) -> EncoderRepresentation:
    layers = given.pop("layers", ["2", "4"])
    encoder = Encoder(given.pop("network", None) or network(), layers, (1, 10, 12))
    return EncoderRepresentation(encoder, kind="d", name="D", **given)


def looked(given: EncoderRepresentation, folder: Path, **values: Any) -> Result:
    protocol = read_protocol({"kind": "saliency", "top": 3, **values})
    train, test = values.pop("train", TRAIN), TEST
    protocol.check(given, train)
    task = Task(given, train, test, protocol.make_split(train, test))
    return protocol.run(task, Work(folder))


def numbers(result: Result) -> dict[str, float]:
    return {metric.label: metric.value for metric in result.metrics}


def maps_of(layers: nn.Module, images: ImageSet, upto: int) -> torch.Tensor:
    pixels = torch.tensor(images.pixels.transpose(0, 3, 1, 2) / 127.5 - 1, dtype=torch.float32)
    return layers[: upto + 1](pixels)


def by_loops(layers: nn.Sequential, upto: int) -> tuple[float, float]:
    """Mean area over classes, and mean ratio over the two that have boxes."""
    layers.eval()
    with torch.no_grad():
        train = maps_of(layers, TRAIN, upto).amax((2, 3)).numpy()
        test = maps_of(layers, TEST, upto).amax((2, 3)).numpy()
    areas, chosen = [], []
    for label in range(3):
        of_maps = [roc_auc_score(TRAIN.labels == label, column) for column in train.T]
        chosen.append(np.argsort(-np.array(of_maps), kind="stable")[:2])
        areas.append(roc_auc_score(TEST.labels == label, test[:, chosen[-1][0]]))
    ratios = {}
    for label in (1, 2):
        found = []
        for number in range(label, len(TEST), 3):
            y, x = PLACES[number]
            box = (slice(y, y + 2), slice(x, x + 2)) if label == 1 else (y, slice(x, x + 3))
            of_maps = []
            for one in chosen[label]:
                pixels = torch.tensor(TEST.pixels[number, :, :, 0] / 127.5 - 1).float()
                pixels.requires_grad_()
                layers[: upto + 1](pixels[None, None])[0, one].max().backward()
                size = pixels.grad.abs().numpy()
                share = size[box].sum() / size.sum() if size.any() else None
                area = size[box].size / size.size
                of_maps.append(1.0 if share is None else share / area)
            found.append(np.mean(of_maps))
        ratios[label] = np.mean(found)
    return float(np.mean(areas)), float(np.mean(list(ratios.values())))


@pytest.mark.parametrize("layer", ["2", "4"])
def test_numbers_by_loops(tmp_path: Path, boxes: Path, layer: str) -> None:
    targets = {"square": ["square"], "bar": ["bar"]}
    asked = {"layer": layer, "gradient": "plain", "boxes": str(boxes)}
    everything = numbers(looked(subject(), tmp_path, layer=layer))
    found = numbers(looked(subject(), tmp_path, targets=targets, **asked))
    area, ratio = by_loops(network(), int(layer))
    assert everything["trained AUROC"] == pytest.approx(area, abs=1e-12)
    assert found["trained response in boxes"] == pytest.approx(ratio, rel=1e-5)
    for name in ("AUROC", "response in boxes"):
        above = found[f"trained {name}"] - found[f"random {name}"]
        assert found[f"{name} above random"] == pytest.approx(above)


def test_the_effect_is_there_where_it_was_built_in(tmp_path: Path, boxes: Path) -> None:
    result = looked(
        subject(), tmp_path, layer="2", boxes=str(boxes), targets={"square": ["square"]}, features=1
    )
    told = result.details["trained"]["square"]
    assert told["maps"] == [0] and told["auroc"] == 1
    headline = result.metrics[0]
    # The map's window is the box: 4 of 120 pixels.
    assert headline.label == "trained response in boxes" and headline.value > 15
    assert headline.interval is not None and headline.interval.low > 10
    (above,) = [one for one in result.metrics if one.label == "response in boxes above random"]
    assert above.interval is not None and above.interval.low > 0


def test_p_is_of_an_area_of_a_half_and_corrected_for_the_targets(tmp_path: Path) -> None:
    told = looked(subject(), tmp_path, layer="2", maps=[0]).details["trained"]
    values = maps_of(network().eval(), TEST, 2).detach()[:, 0].amax((1, 2)).numpy()
    p = {}
    for name in ("plain", "bar"):
        x, y = (values[TEST.labels == NAMES.index(name)], values[TEST.labels != NAMES.index(name)])
        right = (x[:, None] > y) + 0.5 * (x[:, None] == y)
        variance = right.mean(1).var() / len(x) + right.mean(0).var() / len(y)
        t = (right.mean() - 0.5) / np.sqrt(variance * len(values) / (len(values) - 1))
        p[name] = 2 * stats.t.sf(abs(t), len(values) - 1)
    # The third has none, and is counted.
    corrected = multipletests([*p.values(), 1.0], method="holm")[1]
    found = [told[name]["p_holm"] for name in p]
    assert found == pytest.approx(corrected[:2], rel=1e-4)
    assert told["square"]["p_holm"] is None  # nothing varies where it is always right


def test_the_interval_is_that_of_a_mean_and_knows_groups() -> None:
    x = np.random.default_rng(0).normal(size=30)
    changes = (x - x.mean()) / 30
    assert over_images(1.0, changes).variance == pytest.approx(x.var(ddof=1) / 30)
    groups = np.arange(30) // 3
    of_groups = x.reshape(10, 3).mean(1)
    found = over_images(1.0, changes, groups)
    assert found.variance == pytest.approx(of_groups.var(ddof=1) / 10) and found.df == 9


def test_the_control_has_the_same_weights_in_another_order() -> None:
    given = subject()
    before, after = given.encoder.network, with_shuffled_weights(given, 0).encoder.network
    for (name, one), (_, other) in zip(
        before.named_parameters(), after.named_parameters(), strict=True
    ):
        assert torch.equal(one.flatten().sort()[0], other.flatten().sort()[0]), name
    assert not torch.equal(before[3].weight, after[3].weight)
    assert with_shuffled_weights(given, 0).weights == with_shuffled_weights(given, 0).weights
    assert with_shuffled_weights(given, 0).weights != with_shuffled_weights(given, 1).weights


def test_maps_that_are_named_are_those_that_are_looked_at(tmp_path: Path) -> None:
    result = looked(subject(), tmp_path, maps=[4, 1])
    for network in ("trained", "random"):
        for told in result.details[network].values():
            assert told["maps"] == [4, 1]
            assert told["auroc"] is not None
        assert len(result.exhibits[f"{network}_maps"]) == 2


def test_a_sheet_shows_what_the_largest_value_sees(tmp_path: Path) -> None:
    result = looked(subject(), tmp_path, layer="2", maps=[0, 3])
    sheet = result.exhibits["trained_maps"]
    assert sheet.shape == (2, 6, 2, 2, 1) and result.details["receptive_field"] == [[0, 1, 2]] * 2
    layers = network().eval()
    with torch.no_grad():
        maps = maps_of(layers, TEST, 2)[:, 3]
    for column, number in enumerate(maps.amax((1, 2)).argsort(descending=True)[:3]):
        y, x = divmod(int(maps[number].argmax()), maps.shape[2])
        shown = TEST.pixels[number, y : y + 2, x : x + 2]
        assert np.array_equal(sheet[1, 2 * column], shown)
    assert looked(subject(), tmp_path, layer="4").exhibits["trained_maps"].shape[2:] == (4, 4, 1)


def test_no_response_is_grey() -> None:
    assert (as_picture(np.zeros((2, 2, 1))) == 128).all()
    assert as_picture(np.array([-2.0, 0.0, 1.0])).tolist() == [0, 128, 191]


def test_a_map_without_response_counts_as_everywhere_alike(tmp_path: Path, boxes: Path) -> None:
    silent = network()
    with torch.no_grad():
        silent[3].bias.fill_(-100)
    asked = {"targets": {"bar": ["bar"]}, "boxes": str(boxes), "maps": [0]}
    result = looked(subject(network=silent), tmp_path, **asked)
    assert numbers(result)["trained response in boxes"] == 1
    assert result.details["trained"]["bar"]["without_response"] == 15
    assert "trained: 15 responses are nowhere, and count as everywhere alike" in result.notes


def test_the_same_bits_for_any_number_of_threads(tmp_path: Path, boxes: Path) -> None:
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            asked = {"boxes": str(boxes), "targets": {"bar": ["bar"]}}
            found.append(looked(subject(), tmp_path / str(threads), **asked))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert found[0].details == found[1].details and found[0].metrics == found[1].metrics
    assert np.array_equal(*[one.exhibits["trained_maps"] for one in found])


def test_boxes_decide_the_record_wherever_they_lie(tmp_path: Path, boxes: Path) -> None:
    def identity(path: Path | str) -> Any:
        return read_protocol({"kind": "saliency", "boxes": str(path)}).identity_values()

    again = tmp_path / "again.csv"
    again.write_text(boxes.read_text())
    assert identity(boxes) == identity(again)
    again.write_text(HEADER + "1,square,0,0,1,1\n2,bar,0,0,1,1")
    assert identity(boxes) != identity(again)
    assert identity("rooms") != identity("rooms:1")


def test_rooms_know_their_boxes(tmp_path: Path) -> None:
    data = DataSettings(name="rooms", made=Made(seed=2, train=40, test=24))
    train, test = load_dataset(data)
    layers = nn.Sequential(nn.Conv2d(3, 4, 5, 4), nn.LeakyReLU(0.2))
    network = Encoder(randomise(layers, "rooms"), ["1"], (3, 64, 64))
    asked: dict[str, Any] = {"train": train, "test": test, "cache": tmp_path, "progress": False}
    lamp = ["bed and lamp", "bed, window and lamp"]
    asked |= {"protocol": "saliency", "targets": {"lamp": lamp}, "images": 5, "top": 2}
    result = evaluate(network, boxes="rooms:2", **asked)[0]
    assert result.outcome.details["images_with_boxes"] == {"lamp": 5}
    assert len(result.exhibits()) == 2
    with pytest.raises(DataError, match=r"boxes: rooms/test: image 0 is not room 0 of seed 0"):
        evaluate(network, boxes="rooms", **asked)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"layer": "3"}, "D: protocol.layer: unknown layer '3'"),
        ({"maps": [0, 5]}, "D: protocol.maps: found [0, 5]; '4' has maps 0 … 4"),
        ({"maps": [-1]}, "protocol.maps: found [-1]"),
        ({"maps": [1, 1]}, "a map is named twice"),
        ({"maps": [1], "features": 3}, "features has no effect beside maps"),
        ({"images": 3}, "images has no effect without boxes"),
        ({"targets": {"x": ["sqare"]}}, "protocol.targets.x: unknown class 'sqare'; did you mean"),
        ({"targets": {"x": list(NAMES)}}, "pictures60: all of the images are 'x'"),
        ({"targets": {"x": []}}, "pictures60: none of the images are 'x'"),
        ({"boxes": "absent.csv"}, "protocol.boxes: absent.csv: expected a .csv"),
        ({"gradient": "guide"}, "protocol.gradient"),
    ],
)
def test_what_cannot_be_looked_at_is_one_line(
    tmp_path: Path, values: dict[str, Any], said: str
) -> None:
    with pytest.raises((SettingsError, DataError)) as error:
        looked(subject(), tmp_path, **values)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_boxes_that_do_not_fit_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    for line, said in (
        ("0,square,11,0,2,2", "image 0, square: left 11, top 0, width 2, height 2 leaves"),
        ("45,square,0,0,2,2", "box of image 45: images are 0 … 44"),
        ("4,square,0.6,0,0.3,2\n5,bar,0.6,0,0.3,1", "0 test images have boxes of 'plain'"),
        ("4,square,0,0,2,2", "1 test images have boxes of 'plain'; two are needed"),
    ):
        path.write_text(HEADER + line)
        with pytest.raises(DataError) as error:
            looked(subject(), tmp_path, boxes=str(path))
        assert said in str(error.value) and str(error.value).startswith("protocol.boxes: ")


def test_subjects_that_cannot_be_opened_are_one_line(tmp_path: Path) -> None:
    def wrong(**given: Any) -> str:
        with pytest.raises(SettingsError) as error:
            looked(subject(**given), tmp_path)
        return str(error.value)

    assert "remove grid, pool, tokens" in wrong(pooling=Pooling(2))
    assert "batch_norm: batch makes maps depend" in wrong(batch_norm="batch")
    tanh = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh())
    assert "can be guided leads to '1'; set plain" in wrong(network=tanh, layers=["1"])
    looked(subject(network=tanh, layers=["1"]), tmp_path, gradient="plain")
