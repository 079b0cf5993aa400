"""The L2-SVM is an estimator like any of scikit-learn's: scaled, searched, scored."""

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import dcgan_eval as de

train, test = de.load_dataset("digits")
X, X_test = (part.images(0, len(part)).reshape(len(part), -1) / 16 for part in (train, test))
X, y = X[:300].astype(np.float32), train.y[:300]
steps = make_pipeline(StandardScaler(), de.L2SVC())
search = GridSearchCV(steps, {"l2svc__C": [1e-4, 1e-3, 1e-2]}, cv=3).fit(X, y)
assert search.score(X_test.astype(np.float32), test.y) > 0.8
C = search.best_params_["l2svc__C"]

# liblinear's own, solved to the end, predicts the same.
other = make_pipeline(StandardScaler(), LinearSVC(C=C, tol=1e-8, max_iter=100_000)).fit(X, y)
ours = search.predict(X_test.astype(np.float32))
assert np.mean(ours == other.predict(X_test)) > 0.995
assert np.max(search.best_estimator_[-1].dual_gap_) < 1e-3
