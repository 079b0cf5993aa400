"""Which layers of a network are worth having: one pipeline, one table, one comparison."""

import tempfile
from pathlib import Path

from dcgan_eval import compare, run_pipeline, table
from dcgan_eval.pipeline import Options, pipeline_from

pipeline = pipeline_from(
    {
        "name": "layers",
        "data": {"name": "digits"},
        "representations": [
            {
                "kind": "checkpoint",
                "path": "digits_dcgan8.safetensors",
                "small_maps": "keep",
                "ablate": ["each"],
            },
            {"kind": "pixels"},
        ],
        "protocol": {"kind": "few_labels", "per_class": 5, "draws": 10, "validation": 200},
        "results": "layers",
    }
)

with tempfile.TemporaryDirectory() as folder:
    place = Path(folder)
    run_pipeline(
        pipeline,
        Options(cache=place / "cache", results=place / "results", checkpoint_roots=(Path("zoo"),)),
    )
    print(table(place / "results", view="layers"))
    for pair in compare(place / "results").pairs:
        print(pair.sentence)
