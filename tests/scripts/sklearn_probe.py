"""scikit-learn's own SVM as the probe, the same from Python and from a pipeline file."""

from pathlib import Path

import yaml
from sklearn.svm import SVC

import dcgan_eval as de

probe = {"kind": "sklearn", "estimator": "sklearn.svm.SVC", "params": {"gamma": 0.1}, "vary": "C"}
protocol = {"kind": "full_labels", "probe": probe, "grid": [1.0, 10.0]}
(held,) = de.evaluate(de.Pixels(), train="digits", test="digits", protocol=protocol, progress=False)
pipeline = {"name": "svm", "data": {"name": "digits"}, "representations": [{"kind": "pixels"}]}
Path("svm.yaml").write_text(
    yaml.safe_dump({**pipeline, "protocol": protocol, "results": "of_file"})
)
(read,) = de.run_pipeline("svm.yaml")
assert held.id == read.id and held.outcome == read.outcome

# What stands in the record is what scikit-learn predicts: fitted on all labels at the C chosen.
(selection,) = held.outcome.selection
train, test = de.load_dataset("digits")
X, X_test = (part.images(0, len(part)).reshape(len(part), -1) for part in (train, test))
svm = SVC(C=selection.chosen, gamma=0.1).fit(X / 127.5 - 1, train.y)
assert selection.parameter == "C" and selection.chosen in (1.0, 10.0)
assert (held.predictions().values == svm.predict(X_test / 127.5 - 1)).all()
