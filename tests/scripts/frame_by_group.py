"""A frame of everything, for plots of my own: a mean and a spread of each row."""

import dcgan_eval as de

results = de.evaluate(
    {"pixels": de.Pixels(), "columns": lambda images: images.mean(1).reshape(len(images), -1)},
    train="digits",
    test="digits",
    protocol="few_labels",
    per_class=3,
    draws=4,
    selection="within_draw",
    folds=3,
    grid=[0.01],
    progress=False,
)
frame = results.frame()
assert len(frame) == 8 and set(frame["metric"]) == {"error"}
means = frame.groupby("representation")["value"].mean()
for one in results:
    said = one.outcome.headline
    assert abs(means[one.outcome.representation.name] - said.value) < 1e-9
assert frame.groupby("representation")["value"].std().between(0.1, 20).all()
