"""Statistics of comparison: closed forms on arrays, nothing read or written.

Errors are rows x items arrays of 0 and 1, and `Metric` gives losses that take their place; all
results are fractions. ``interval_for`` and ``compare_paired`` choose by the design; the other names
are the pieces they are made of.
"""

from dcgan_eval.stats.all_pairs import all_pairs_pvalues
from dcgan_eval.stats.auroc import auroc, auroc_changes
from dcgan_eval.stats.bootstrap import paired_bootstrap
from dcgan_eval.stats.compare import compare_paired
from dcgan_eval.stats.design import Design
from dcgan_eval.stats.detectable import (
    POWER,
    detectable_difference,
    errors_to_detect,
    welch_errors_to_detect,
)
from dcgan_eval.stats.interval import interval_for
from dcgan_eval.stats.items import group_codes, item_mean, item_variance
from dcgan_eval.stats.mcnemar import mcnemar_exact, mcnemar_midp
from dcgan_eval.stats.methods import FEWEST_SEEDS, two_methods
from dcgan_eval.stats.metrics import METRICS, Losses, Metric, find_metric, recall_of, top_k
from dcgan_eval.stats.normal_theory import t_bounds, t_pvalue
from dcgan_eval.stats.over_rows import authors_spread, draw_tests
from dcgan_eval.stats.power import Pilot, mcnemar_power
from dcgan_eval.stats.results import (
    Comparison,
    DrawTests,
    Estimate,
    Interval,
    VariancePart,
    WelchTerms,
)
from dcgan_eval.stats.several import bold_rows, holm, holm_matrix
from dcgan_eval.stats.tango import tango
from dcgan_eval.stats.two_way import two_way
from dcgan_eval.stats.wilson import wilson
from dcgan_eval.stats.words import p_text, rounded_up, sample_size_sentence, sentence

__all__ = [
    "FEWEST_SEEDS",
    "METRICS",
    "POWER",
    "Comparison",
    "Design",
    "DrawTests",
    "Estimate",
    "Interval",
    "Losses",
    "Metric",
    "Pilot",
    "VariancePart",
    "WelchTerms",
    "all_pairs_pvalues",
    "auroc",
    "auroc_changes",
    "authors_spread",
    "bold_rows",
    "compare_paired",
    "detectable_difference",
    "draw_tests",
    "errors_to_detect",
    "find_metric",
    "group_codes",
    "holm",
    "holm_matrix",
    "interval_for",
    "item_mean",
    "item_variance",
    "mcnemar_exact",
    "mcnemar_midp",
    "mcnemar_power",
    "p_text",
    "paired_bootstrap",
    "recall_of",
    "rounded_up",
    "sample_size_sentence",
    "sentence",
    "t_bounds",
    "t_pvalue",
    "tango",
    "top_k",
    "two_methods",
    "two_way",
    "welch_errors_to_detect",
    "wilson",
]
