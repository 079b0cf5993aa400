"""The command line: one file a verb, no logic."""

from dcgan_eval.cli.main import main

__all__ = ["main"]
