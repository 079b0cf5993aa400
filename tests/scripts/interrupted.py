"""Stopped in the middle (Ctrl-C, the notebook's square), the same call goes on from there."""

from pathlib import Path

import dcgan_eval as de

patience = 5


def slow(images):
    """Features that take long: somebody loses patience once."""
    global patience
    patience -= 1
    if patience == 0:
        raise KeyboardInterrupt
    return images.mean(2).reshape(len(images), -1)


def whole(folder):
    return de.evaluate(
        {"pixels": de.Pixels(), "slow": de.Function(slow, version="1")},
        train="digits",
        test="digits",
        protocol="full_labels",
        train_size=200,
        grid=[0.01, 0.1],
        results=folder,
        cache=f"cache of {folder}",
        progress=False,
    )


try:
    whole("results")
except KeyboardInterrupt:
    print("stopped")
assert patience == 0
(kept,) = Path("results").glob("*.json")
written = kept.stat().st_mtime_ns
pixels, finished = whole("results")
assert pixels.path == kept and kept.stat().st_mtime_ns == written
never_stopped = whole("others")
assert [one.outcome for one in never_stopped] == [pixels.outcome, finished.outcome]
