"""Which layers of a network are worth having: each alone, and all side by side."""

import tempfile
from pathlib import Path

import dcgan_eval as de

results = de.evaluate(
    {
        # The checkpoint comes with the package and is found by its name.
        "DCGAN": de.Checkpoint("digits_dcgan8.safetensors", small_maps="keep", ablate=["each"]),
        "pixels": de.Pixels(),
    },
    train="digits",
    test="digits",
    protocol="few_labels",
    per_class=5,
    draws=10,
    validation=200,
    results=Path(tempfile.mkdtemp()) / "layers",
    progress=False,
)
print(results.table(view="layers"))
# Each pair of rows; whether a difference can be believed is said after Holm for all of them.
for sentence in results.compare().sentences:
    print(sentence)
