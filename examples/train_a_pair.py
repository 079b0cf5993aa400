"""Train a small pair on digits by a recipe, then see what its features are worth."""

import tempfile
from pathlib import Path

from dcgan_eval import L2SVC, extract_features, load_dataset, load_encoder
from dcgan_eval.training import read_recipe, train

images, test = load_dataset("digits")
with tempfile.TemporaryDirectory() as folder:
    recipe = read_recipe(Path("recipes/digits.yaml"), ["epochs=3", f"out={folder}"])
    # Killed and called again, it goes on where it was, with the same bits.
    discriminator, generator = train(recipe, images)
    encoder = load_encoder(discriminator)
    policy = {"batch_norm": "dataset", "small_maps": "keep", "reference": images}
    X = extract_features(encoder, images, **policy)
    X_test = extract_features(encoder, test, **policy)
    accuracy = L2SVC(C=0.01).fit(X[:100], images.y[:100]).score(X_test[:], test.y)
    print(f"{discriminator.name}: {100 * accuracy:.2f} % with 100 labels")
