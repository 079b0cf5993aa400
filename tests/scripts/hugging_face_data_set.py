"""A Hugging Face data set in memory: pictures, labels with names."""

import datasets
import numpy as np
from PIL import Image

import dcgan_eval as de

images, _ = de.load_dataset("digits")
features = datasets.Features(
    image=datasets.Image(), label=datasets.ClassLabel(names=[f"a {digit}" for digit in range(10)])
)
pictures = [Image.fromarray(picture[:, :, 0]) for picture in images.images(0, 300)]
held = datasets.Dataset.from_dict({"image": pictures, "label": images.y[:300]}, features=features)
parts = held.train_test_split(test_size=100, seed=0)

(record,) = de.evaluate(
    de.Pixels(),
    train=parts["train"],
    test=parts["test"],
    protocol="full_labels",
    grid=[0.01],
    progress=False,
)
assert record.outcome.data.class_names[3] == "a 3"
assert record.outcome.data.train.shape == (8, 8, 1)
right = record.predictions().values[0] == np.array(parts["test"]["label"])
assert record.outcome.headline.value == 100 * right.mean()
