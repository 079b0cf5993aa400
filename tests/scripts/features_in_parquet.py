"""Embeddings in Parquet files, labels in arrays, no images at all."""

import numpy as np
import pandas as pd

import dcgan_eval as de

rng = np.random.default_rng(0)
y, y_test = np.arange(120) % 3, np.arange(60) % 3
for name, labels in (("train", y), ("test", y_test)):
    values = rng.normal(size=(len(labels), 8)) + 2 * np.eye(8)[labels]
    pd.DataFrame(values, columns=[f"dim_{k}" for k in range(8)]).to_parquet(f"{name}.parquet")

results = de.evaluate(
    {"embeddings": de.FeatureFiles(train="train.parquet", test="test.parquet")},
    train=np.array(["cat", "dog", "owl"])[y],
    test=np.array(["cat", "dog", "owl"])[y_test],
    protocol="full_labels",
    grid=[0.01, 0.1],
    dataset="pets",
    progress=False,
)
(record,) = results
assert record.outcome.data.train.shape is None and record.outcome.representation.columns == 8
assert record.outcome.data.class_names == ("cat", "dog", "owl")
assert record.outcome.headline.value > 80
assert "Assumed: rows in the order of the items" in results.table()
