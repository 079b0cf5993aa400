"""L2-regularised squared-hinge linear SVMs, certified; the derivation is ``docs/l2svm.md``."""

from dcgan_eval.probes.l2svm.estimator import L2SVC
from dcgan_eval.probes.l2svm.memory import predict_memory
from dcgan_eval.probes.l2svm.path import l2svm_path
from dcgan_eval.probes.l2svm.result import L2SVM, L2SVMPath

__all__ = [
    "L2SVC",
    "L2SVM",
    "L2SVMPath",
    "l2svm_path",
    "predict_memory",
]
