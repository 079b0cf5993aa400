"""Score a stream of labelled samples by nearest neighbour; no more of it is kept than a block."""

import numpy as np

from dcgan_eval import NearestNeighborScorer, load_dataset

train, test = load_dataset("digits")
queries = test.images(0, len(test)).reshape(len(test), -1)
scorer = NearestNeighborScorer(queries)

# In place of a generator: training images with noise, 100 at a time. Their order does not matter.
rng = np.random.default_rng(0)
for _ in range(40):
    rows = rng.integers(0, len(train), 100)
    noisy = train.pixels[rows].astype(int) + rng.integers(-8, 9, (100, 8, 8, 1))
    scorer.partial_fit(np.clip(noisy, 0, 255).astype("uint8").reshape(100, -1), train.y[rows])
    if scorer.n_samples_seen_ in (100, 1000, 4000):
        wrong = np.mean(scorer.neighbors().labels != test.y)
        print(f"{scorer.n_samples_seen_:5,} samples: {100 * wrong:5.2f} % of the test images wrong")
