"""Features that were computed elsewhere, in files."""

from __future__ import annotations

from pathlib import Path

from dcgan_eval.core import (
    DataError,
    Settings,
    Subject,
    distrusted,
    execution,
    find_array,
    identity,
    map_array,
    parse_json,
    read_regular,
)
from dcgan_eval.features import Ablation, GivenFeatures, GivenRows, Spans, ablations
from dcgan_eval.subjects.locate import find_file
from dcgan_eval.subjects.settings import Place, SubjectSettings

_FEATURES = ("features", "X", "embeddings")
_IDS = ("ids", "id")
# Of columns.json.
_MOST_BYTES = 1 << 20


class IdFiles(Settings):
    """Ids of the rows of both files of features.

    Attributes
    ----------
    train, test
        Files with an array or a column ``ids`` or ``id``, or one alone.
    """

    train: str = execution()
    test: str = execution()


class FeatureFiles(SubjectSettings):
    """Settings of ``kind: features``.

    Attributes
    ----------
    train, test
        Files .npy, .npz, .safetensors or .parquet, (items, columns); looked for from the working
        folder, then in the checkpoint roots. The array or column is called ``features``, ``X`` or
        ``embeddings``, or is the only one; of Parquet also all columns of floats. They are mapped,
        and where one is written to meanwhile there is no record. Not identity: their values are.
    ids
        Which item each row is of: its id where the data have ids, else its number from 0. An
        array ``ids`` in the files themselves says the same; without either rows are in the order
        of the items. Rows of other items are left out.
    ablate
        As of every kind with layers: those of ``columns.json`` beside the training file, which
        ``dcgan-eval extract`` writes.

    Examples
    --------
    >>> from dcgan_eval import FeatureFiles
    >>> FeatureFiles(train="train.npy", test="test.npy", name="CLIP").train
    'train.npy'
    """

    kind: str = identity("features")
    train: str = execution()
    test: str = execution()
    ids: IdFiles | None = identity(None)
    ablate: tuple[Ablation, ...] = execution(())

    def make(self, part: int, place: Place) -> list[Subject]:
        """The representation of all its columns, then its ablations."""
        name = self.name or Path(self.train).stem
        ids = (None, None) if self.ids is None else (self.ids.train, self.ids.test)
        train = _rows(self.train, ids[0], place, f"{name}, train")
        test = _rows(self.test, ids[1], place, f"{name}, test")
        whole = GivenFeatures(train, test, name, _spans(find_file(self.train, place)))
        return [whole, *ablations(whole, self.ablate)]


def _rows(features: str, ids: str | None, place: Place, part: str) -> GivenRows:
    """One part; in messages it is called `part` where nobody knows its file, in the cache."""
    path, unpacked = find_file(features, place), place.unpacked()
    values = map_array(path, _FEATURES, DataError, unpacked)
    if ids is None:
        said = find_array(path, _IDS, DataError, unpacked, exact=True)
    else:
        said = map_array(find_file(ids, place), _IDS, DataError, unpacked)
    held = place.cache is not None and path.is_relative_to(place.cache)
    return GivenRows(part if held else path.name, values, said)


def _spans(path: Path) -> Spans | None:
    """Columns of each layer, where they are said beside the features."""
    beside = path.parent / "columns.json"
    if not beside.is_file():
        return None
    expected = "expected layers with their first and last + 1 column; mend or remove it"
    with distrusted(DataError, f"{beside}: {expected}"):
        said = parse_json(read_regular(beside, _MOST_BYTES))
        return {str(name): (int(first), int(last)) for name, (first, last) in said.items()}


SUBJECT = FeatureFiles
