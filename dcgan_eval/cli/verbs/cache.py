"""``dcgan-eval cache``: what is in the cache, and removing it."""

from __future__ import annotations

from typing import Annotated

import typer

from dcgan_eval.cli import options

app = typer.Typer(help="Explain and prune the cache.")


@app.command()
def explain(
    key: Annotated[str, typer.Argument(help="A key, or its first digits.")],
    cache: options.Cache = None,
) -> None:
    """Print what the key of cached features is made of."""
    from dcgan_eval.features import explain as explain_

    for line in explain_(options.cache_folder(cache), key):
        print(line)


@app.command()
def prune(
    days: Annotated[float, typer.Option(min=0, help="Keep what was used within so many days.")],
    cache: options.Cache = None,
) -> None:
    """Remove features, images and journals that were not used lately."""
    from dcgan_eval.features import prune as prune_

    for line in prune_(options.cache_folder(cache), days):
        print(line)
