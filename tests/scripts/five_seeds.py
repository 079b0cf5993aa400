"""Random weights of five seeds: one row with an interval that covers other seeds."""

import numpy as np

import dcgan_eval as de

results = de.evaluate(
    {"random": de.RandomNetwork("dcgan8", seeds=5, batch_norm="dataset", layers=["layer1"])},
    train="digits",
    test="digits",
    protocol="full_labels",
    train_size=200,
    grid=[0.01],
    progress=False,
)
assert [one.outcome.representation.seed for one in results] == [0, 1, 2, 3, 4]
accuracies = [one.outcome.headline.value for one in results]
assert len(set(accuracies)) > 1
header, _, row = (line for line in results.table().splitlines() if line.startswith("|"))
cells = dict(zip(header.split(" | "), row.split(" | "), strict=True))
assert cells["| representation"].startswith("| random") and cells["repeats"] == "5"
low, _, high = cells["interval"].partition(" to ")
assert float(low) < np.mean(accuracies) < float(high)
