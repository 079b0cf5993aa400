"""Plans the units of a pipeline, says what they will cost, runs them."""

from dcgan_eval.pipeline.dry_run import dry_run_lines
from dcgan_eval.pipeline.evaluate import evaluate
from dcgan_eval.pipeline.executors import Serial, processes
from dcgan_eval.pipeline.export import export_features
from dcgan_eval.pipeline.options import Options, default_cache
from dcgan_eval.pipeline.plan import Job, Plan, Unit, make_plan
from dcgan_eval.pipeline.provenance import environment
from dcgan_eval.pipeline.results import Results, image_finder
from dcgan_eval.pipeline.run import run_pipeline
from dcgan_eval.pipeline.settings import Pipeline, pipeline_from, read_pipeline
from dcgan_eval.pipeline.verify import Verified, verify_records

__all__ = [
    "Job",
    "Options",
    "Pipeline",
    "Plan",
    "Results",
    "Serial",
    "Unit",
    "Verified",
    "default_cache",
    "dry_run_lines",
    "environment",
    "evaluate",
    "export_features",
    "image_finder",
    "make_plan",
    "pipeline_from",
    "processes",
    "read_pipeline",
    "run_pipeline",
    "verify_records",
]
