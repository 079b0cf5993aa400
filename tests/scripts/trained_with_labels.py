"""How much do labels add? The same network trained with them, the best of a few trials."""

import dcgan_eval as de

results = de.evaluate(
    {"dcgan8, trained with labels": {"kind": "architecture", "network": "dcgan8"}},
    train="digits",
    test="digits",
    protocol="supervised",
    per_class=10,
    validation=200,
    trials=4,
    rungs=[5],
    kept=[2],
    epochs=20,
    batch=20,
    progress=False,
)
(record,) = results
metrics = {one.name: one.value for one in record.outcome.metrics}
assert set(metrics) == {"error", "validation error"}
assert 0 < metrics["error"] < 90
assert "Best of 4 random trials, chosen on 200 validation labels" in results.table()
