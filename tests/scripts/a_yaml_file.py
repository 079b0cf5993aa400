"""A pipeline file from Python: the records and the table of evaluate() for the same words."""

from pathlib import Path

import dcgan_eval as de

Path("x.yaml").write_text("""
name: x
data: {name: digits}
representations:
  - {kind: pixels}
  - {kind: kmeans, maps: 16, patch: 3, patches: 500, iterations: 5}
protocol: {kind: full_labels, train_size: 200, grid: [0.01, 0.1]}
results: results/x
""")
results = de.run_pipeline("x.yaml")
held = de.evaluate(
    [de.Pixels(), de.KMeans(maps=16, patch=3, patches=500, iterations=5)],
    train="digits",
    test="digits",
    protocol="full_labels",
    train_size=200,
    grid=[0.01, 0.1],
    progress=False,
)
assert [one.id for one in results] == [one.id for one in held]
assert [one.outcome for one in results] == [one.outcome for one in held]
assert results.table() == de.table("results/x")
assert len(list(Path("results/x").glob("*.json"))) == 2
