"""One self-contained HTML page of results."""

from dcgan_eval.reporting.report.page import make_report
from dcgan_eval.reporting.report.pictures import ImageFinder

__all__ = ["ImageFinder", "make_report"]
