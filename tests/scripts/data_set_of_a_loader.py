"""My training code has a DataLoader; its data set is evaluated as it is."""

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

import dcgan_eval as de


class Stripes(Dataset):
    """Bright columns: their place is the class. Tensors C × H × W of bytes, as files give them."""

    def __init__(self, n, seed):
        self.y = torch.arange(n) % 4
        self.noise = torch.from_numpy(np.random.default_rng(seed).integers(0, 90, (n, 3, 12, 12)))

    def __len__(self):
        return len(self.y)

    def __getitem__(self, at):
        image = self.noise[at].to(torch.uint8)
        image[:, :, 3 * int(self.y[at])] += 120
        return image, int(self.y[at])


train, test = (DataLoader(Stripes(n, seed), batch_size=32) for n, seed in ((80, 0), (40, 1)))
(record,) = de.evaluate(
    {"columns": lambda images: images.mean((1, 3))},
    train=train.dataset,
    test=test.dataset,
    protocol="few_labels",
    per_class=3,
    draws=3,
    selection="within_draw",
    folds=3,
    grid=[0.01],
    dataset="stripes",
    progress=False,
)
assert record.outcome.data.train.shape == (12, 12, 3)
assert record.outcome.representation.columns == 12
assert record.outcome.headline.value == 0.0
