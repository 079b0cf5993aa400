"""From a checkpoint to an accuracy in five steps: images, encoder, features, L2-SVM, test set."""

import numpy as np

from dcgan_eval import L2SVC, extract_features, load_dataset, load_encoder

train, test = load_dataset("digits")
encoder = load_encoder("zoo/digits_dcgan8.safetensors")

# Every convolution max-pooled to at most 4 x 4, flattened, side by side; batch-norm statistics are
# those of the training images, for both parts.
policy = {"batch_norm": "dataset", "small_maps": "keep", "reference": train}
X = extract_features(encoder, train, **policy)
X_test = extract_features(encoder, test, **policy)
print(f"{X.shape[0]} images, {X.shape[1]} columns: {', '.join(X.spans)}")

model = L2SVC(C=0.01).fit(X[:], train.y)
print(f"solved to a duality gap of {np.max(model.dual_gap_):.1e}")
print(f"accuracy on {len(test)} test images: {100 * model.score(X_test[:], test.y):.2f} %")
