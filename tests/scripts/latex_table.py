"""The table for my paper, in LaTeX and as CSV."""

import csv
import io

import dcgan_eval as de

results = de.evaluate(
    {"100 % pixels": de.Pixels(), "rows_&_columns": lambda images: images.mean((2, 3))},
    train="digits",
    test="digits",
    protocol="full_labels",
    train_size=200,
    grid=[0.01],
    progress=False,
)
latex = results.table("latex")
assert r"\begin{tabularx}" in latex and r"100~\% pixels" in latex and r"rows\_\&\_" in latex
assert r"\textbf{" in latex
rows = list(csv.DictReader(io.StringIO(results.table("csv"))))
assert len(rows) == 2 and rows[0]["representation"] == "100 % pixels"
