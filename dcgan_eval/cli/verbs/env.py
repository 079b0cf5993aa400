"""``dcgan-eval env``: versions, for a report of a problem."""

from __future__ import annotations


def verb() -> None:
    """Print the versions of Python and of the libraries that compute."""
    from dcgan_eval.pipeline import environment

    for name, value in environment(["cpu"]).items():
        print(f"{name}: {value}")
