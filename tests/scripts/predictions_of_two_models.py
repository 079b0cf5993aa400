"""Predictions that two programs left: which is better?"""

import json
from pathlib import Path

import numpy as np

import dcgan_eval as de

rng = np.random.default_rng(0)
y = rng.integers(0, 10, 2000)
ids = [f"{i:04d}.png" for i in range(2000)]
for name, error in (("ours", 0.10), ("theirs", 0.13)):
    pred = np.where(rng.random(2000) < error, (y + 1) % 10, y)
    at = rng.permutation(2000)
    lines = [f"{ids[i]},{pred[i]}" for i in at]
    Path(f"{name}.csv").write_text("\n".join(["id,prediction", *lines]) + "\n")
Path("y.csv").write_text("\n".join(["id,label", *map("{},{}".format, ids, y)]) + "\n")

report = de.compare_predictions(["ours.csv", "theirs.csv"], "y.csv")
assert report.sentences[0].startswith("ours is better than theirs by ")
assert report.warnings == ("Rows matched to items by id.",)
(pair,) = json.loads(report.render("json"))["pairs"]
assert pair["low"] < pair["difference"] < pair["high"] < 0 and pair["p"] < 0.05
assert 0 < pair["detectable"] < 5
