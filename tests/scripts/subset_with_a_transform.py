"""A random_split of a data set with ToTensor is the same experiment as the bytes themselves."""

import numpy as np
import torch
from torch.utils.data import random_split
from torchvision import transforms
from torchvision.datasets import VisionDataset

import dcgan_eval as de


class Digits(VisionDataset):
    """As torchvision's own: images with a transform, labels."""

    def __init__(self, transform):
        super().__init__(".", transform=transform)
        images, _ = de.load_dataset("digits")
        self.data, self.targets = np.array(images.images(0, 300)), images.y[:300]

    def __len__(self):
        return len(self.data)

    def __getitem__(self, at):
        return self.transform(self.data[at]), int(self.targets[at])


whole = Digits(transforms.ToTensor())
train, test = random_split(whole, [200, 100], torch.Generator().manual_seed(0))
rows = [np.array(part.indices) for part in (train, test)]
how = {"protocol": "full_labels", "grid": [0.01], "progress": False}
(of_subsets,) = de.evaluate(de.Pixels(), train=train, test=test, pixels="unit", **how)
of_arrays, of_tests = ((whole.data[chosen], whole.targets[chosen]) for chosen in rows)
(of_bytes,) = de.evaluate(de.Pixels(), train=of_arrays, test=of_tests, **how)
assert of_subsets.id == of_bytes.id
assert of_subsets.outcome.data.train.size == 200
