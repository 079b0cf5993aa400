"""Records of two runs joined: one frame, one comparison, one page, in a notebook one table."""

import tempfile
from pathlib import Path

import dcgan_eval as de

folder = Path(tempfile.mkdtemp())
on_digits = {"train": "digits", "test": "digits", "protocol": "full_labels", "progress": False}

first = de.evaluate([de.Pixels()], **on_digits, grid=[0.01, 0.1], results=folder / "monday")
second = de.evaluate(
    {"k-means": de.KMeans(maps=32, patch=3, patches=2000)},
    **on_digits,
    grid=[0.01, 0.1],
    results=folder / "tuesday",
)

both = first + second
print(both)
print(both.frame()[["representation", "metric", "value", "low", "high"]].to_string(index=False))
print(both.compare(detect=1.0).pairs[0].sentence)
print(both.report(folder / "report.html", title="Monday and Tuesday"))

# The same from the folders alone: nothing was in memory only.
assert de.table([folder / "monday", folder / "tuesday"]) == both.table()
