"""Values are scikit-learn's, and what is made of them is what resampling gives."""

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from dcgan_eval.core import DataError, SettingsError
from dcgan_eval.stats import (
    METRICS,
    Design,
    compare_paired,
    find_metric,
    interval_for,
    mcnemar_exact,
    recall_of,
    top_k,
    wilson,
)

N, K = 300, 7
ONE = Design("none")


def made(seed=0, n=N, k=K, rare=True, decimals=1, rows=None):
    """Targets of unequal classes, scores with ties, and predictions of them."""
    random = np.random.default_rng(seed)
    p = np.arange(1, k + 1) if rare else np.ones(k)
    targets = random.choice(k, size=n, p=p / p.sum())
    scores = random.normal(size=(rows or 1, n, k)) + 1.5 * (targets[:, None] == np.arange(k))
    scores = np.round(scores, decimals)
    predictions = scores.argmax(axis=2)
    return targets, predictions if rows else predictions[0], scores if rows else scores[0]


def probabilities(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def weights(n=N):
    found = np.random.default_rng(9).random(n)
    found[::5] = 0
    return found


SK = {
    "accuracy": sk.accuracy_score,
    "error": lambda t, p, sample_weight: 1 - sk.accuracy_score(t, p, sample_weight=sample_weight),
    "balanced_accuracy": sk.balanced_accuracy_score,
    "macro_f1": lambda t, p, sample_weight: sk.f1_score(
        t, p, average="macro", sample_weight=sample_weight, zero_division=0
    ),
}


@pytest.mark.parametrize("w", [None, weights()], ids=["equal", "weights"])
@pytest.mark.parametrize("name", SK)
def test_metrics_of_predictions_are_those_of_scikit_learn(name, w):
    t, p, _ = made()
    wanted = SK[name](t, p, sample_weight=w)
    assert METRICS[name].value(t, p, weights=w) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("name", SK)
def test_classes_that_are_never_predicted_and_never_true(name):
    t, p, _ = made()
    t, p = np.where(t == 3, 4, t), np.where(p == 5, 6, p)  # 3 is only predicted, 5 only true
    assert 3 in p and 5 in t
    with pytest.warns(UserWarning) if name == "balanced_accuracy" else np.errstate():
        wanted = SK[name](t, p, sample_weight=None)
    assert METRICS[name].value(t, p) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("w", [None, weights()], ids=["equal", "weights"])
def test_recall_of_a_class(w):
    t, p, _ = made()
    wanted = sk.recall_score(t, p, average=None, sample_weight=w)
    found = [recall_of(k).value(t, p, weights=w) for k in range(K)]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("w", [None, weights()], ids=["equal", "weights"])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_top_k_with_ties(k, w):
    t, p, s = made(decimals=0)
    wanted = sk.top_k_accuracy_score(t, s, k=k, sample_weight=w)
    assert top_k(k).value(t, p, s, w) == pytest.approx(wanted, abs=1e-12)


def test_top_k_of_many_items_is_that_of_blocks(monkeypatch):
    from dcgan_eval.stats import item_values

    t, p, s = made()
    whole = top_k(2).losses(t, p, s).values
    monkeypatch.setattr(item_values, "_BLOCK", 3 * K)
    assert np.array_equal(top_k(2).losses(t, p, s).values, whole)


@pytest.mark.parametrize("w", [None, weights()], ids=["equal", "weights"])
@pytest.mark.parametrize("decimals", [0, 8], ids=["ties", "no ties"])
def test_auroc_of_several_classes(decimals, w):
    t, p, s = made(decimals=decimals)
    shares = probabilities(s)
    wanted = sk.roc_auc_score(t, shares, multi_class="ovr", average="macro", sample_weight=w)
    assert METRICS["auroc"].value(t, p, shares, w) == pytest.approx(wanted, abs=1e-12)
    # Of decision values, which scikit-learn refuses here: class by class.
    each = [sk.roc_auc_score(t == k, s[:, k], sample_weight=w) for k in range(K)]
    assert METRICS["auroc"].value(t, p, s, w) == pytest.approx(np.mean(each), abs=1e-12)


@pytest.mark.parametrize("w", [None, weights()], ids=["equal", "weights"])
@pytest.mark.parametrize("dtype", [np.float64, np.float16])
def test_auroc_of_two_classes(dtype, w):
    t, p, s = made(k=2)
    score = (s[:, 1] - s[:, 0]).astype(dtype)
    wanted = sk.roc_auc_score(t, score, sample_weight=w)
    for given in (score[:, None], np.stack([-score, score], axis=1)):
        assert METRICS["auroc"].value(t, p, given, w) == pytest.approx(wanted, abs=1e-12)


def test_calibration_error_is_that_of_scikit_learns_curve():
    t, p, s = made(decimals=8)
    shares = probabilities(s)
    confidence, right = shares.max(axis=1), p == t
    observed, said = calibration_curve(right, confidence, n_bins=15)
    sizes = np.histogram(confidence, bins=15, range=(0, 1))[0]
    wanted = float(np.abs(observed - said) @ sizes[sizes > 0]) / N
    assert METRICS["ece"].value(t, p, shares) == pytest.approx(wanted, abs=1e-12)
    assert METRICS["ece_softmax"].value(t, p, s) == pytest.approx(wanted, abs=1e-12)


def test_calibration_error_of_one_column_is_that_of_both():
    t, p, s = made(k=2)
    shares = probabilities(s)
    p = shares.argmax(axis=1)
    both = METRICS["ece"].value(t, p, shares)
    assert METRICS["ece"].value(t, p, shares[:, 1:]) == pytest.approx(both, abs=1e-12)
    logits = (s[:, 1] - s[:, 0])[:, None]
    assert METRICS["ece_softmax"].value(t, p, logits) == pytest.approx(both, abs=1e-12)


def test_half_precision_probabilities_are_probabilities():
    t, p, s = made(k=100, n=2000)
    shares = probabilities(s)
    found = METRICS["ece"].value(t, p, shares.astype(np.float16))
    assert found == pytest.approx(METRICS["ece"].value(t, p, shares), abs=1e-3)


@pytest.mark.parametrize("name", [*METRICS, "recall@class=4", "top2"])
def test_the_mean_loss_is_the_metric_and_rows_do_not_mix(name):
    t, p, s = made(rows=3, decimals=4)
    if name == "ece":
        s = probabilities(s)
    metric = find_metric(name, [str(k) for k in range(K)])
    losses = metric.losses(t, p, s)
    values = [metric.value(t, p[i], s[i]) for i in range(3)]
    means = losses.values.mean(axis=1, dtype=np.float64)
    wanted = [1 - v for v in values] if metric.higher_is_better else values
    np.testing.assert_allclose(means, wanted, rtol=0, atol=1e-12)
    assert losses.values.shape == (3, metric.items(t).sum())


@pytest.mark.parametrize("k", [2, 5])
@pytest.mark.parametrize("name", ["balanced_accuracy", "macro_f1", "auroc"])
def test_an_influence_is_what_is_lost_without_the_item(name, k):
    t, p, s = made(decimals=1, n=60, k=k)
    metric = METRICS[name]
    values = 1 - metric.losses(t, p, s).values[0]
    whole = metric.value(t, p, s)
    left = [metric.value(*(np.delete(x, i, axis=0) for x in (t, p, s))) for i in range(60)]
    lost = 59 * (whole - np.array(left))
    np.testing.assert_allclose(values - whole, lost - lost.mean(), atol=1e-10)


def test_auroc_has_nearly_the_variance_of_delong():
    """Variance of the shares of both classes, each over its number of items (less one)."""
    t, p, s = made(k=2, decimals=1)
    score = s[:, 1]
    pairs = score[t == 1][:, None], score[t == 0]
    wins = (pairs[0] > pairs[1]) + 0.5 * (pairs[0] == pairs[1])
    m, n = wins.shape
    delong = wins.mean(1).var(ddof=1) / m + wins.mean(0).var(ddof=1) / n
    jackknife = wins.mean(1).var(ddof=1) / (m - 1) + wins.mean(0).var(ddof=1) / (n - 1)
    found = variance_of_the_mean(METRICS["auroc"].losses(t, p, score[:, None]).values[0])
    assert found == pytest.approx((N - 1) / N * jackknife, rel=1e-12)
    assert found == pytest.approx(delong, rel=0.02)


def variance_of_the_mean(values):
    return values.var(ddof=1) / len(values)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["balanced_accuracy", "macro_f1", "auroc", "ece_softmax"])
def test_the_standard_error_is_that_of_items_drawn_again(name):
    n = 1500
    (t, p, s), random = made(n=n, rare=False, decimals=8), np.random.default_rng(1)
    other = s + random.normal(size=s.shape)
    metric = METRICS[name]
    a, b = metric.losses(t, p, s), metric.losses(t, other.argmax(1), other)
    found = compare_paired(a, b, ONE)
    drawn = []
    for _ in range(400):
        w = random.multinomial(n, np.full(n, 1 / n)).astype(float)
        drawn.append(metric.value(t, p, s, w) - metric.value(t, other.argmax(1), other, w))
    assert found.standard_error == pytest.approx(np.std(drawn), rel=0.12)


def test_accuracy_is_compared_as_errors_are():
    t, p, _ = made()
    other = np.where(np.random.default_rng(3).random(N) < 0.1, 0, p)
    a, b = (METRICS["accuracy"].losses(t, one) for one in (p, other))
    found, wanted = compare_paired(a, b, ONE), compare_paired(p != t, other != t, ONE)
    assert found == wanted and found.method == "McNemar, exact"
    assert interval_for(a, ONE) == interval_for(p != t, ONE)


def test_a_recall_is_of_the_items_of_its_class():
    t, p, _ = made()
    other = np.where(np.random.default_rng(3).random(N) < 0.4, 0, p)
    metric = find_metric("recall@class=dog", ["ant", "cat", "dog"])
    a, b = metric.losses(t, p), metric.losses(t, other)
    found, n = compare_paired(a, b, ONE), int((t == 2).sum())
    assert found.n_items == n and (metric.items(t) == (t == 2)).all()
    assert found.p == mcnemar_exact(*found.discordant)
    interval = interval_for(a, ONE)
    recall = sk.recall_score(t, p, labels=[2], average=None)[0]
    assert (interval.low, interval.high) == wilson(1 - recall, n)


def test_where_all_is_right_a_rare_class_widens_the_interval():
    equal, rare = np.arange(400) % 2, (np.arange(400) < 8).astype(int)
    metric = METRICS["balanced_accuracy"]
    ends = {}
    for name, t in (("equal", equal), ("rare", rare)):
        interval = interval_for(metric.losses(t, t), ONE)
        assert interval.low == 0 and interval.method == "Wilson, effective number of items"
        ends[name] = interval.high
    assert ends["equal"] == wilson(0, 400)[1]
    assert ends["rare"] == wilson(0, 4 / (1 / 8 + 1 / 392))[1]
    groups = np.arange(400) // 40
    assert interval_for(metric.losses(equal, equal), ONE, groups=groups).high == wilson(0, 10)[1]


def test_draws_and_groups_are_those_of_errors():
    t, p, _ = made(rows=6)
    groups = np.arange(N) // 3
    a, b = METRICS["macro_f1"].losses(t, p), METRICS["macro_f1"].losses(t, p[::-1])
    found = compare_paired(a, b, Design("draws"), groups=groups)
    assert found.method == "two-way t" and found.n_groups == 100
    assert {part.name for part in found.parts} == {"items", "groups", "draws", "draw x item"}
    assert interval_for(a, Design("draws"), groups=groups).method == "two-way t"


def test_scores_of_the_first_rows_are_enough():
    t, p, s = made(rows=5)
    assert len(METRICS["auroc"].losses(t, p, s[:2]).values) == 2
    assert len(METRICS["accuracy"].losses(t, p, s[:2]).values) == 5


T, P, S = made(n=50)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("auroc", (np.zeros(50, int), P, S), "all 50 items are of class 0"),
        ("auroc", (T, P), "auroc is computed from scores, and there are predictions alone"),
        ("auroc", (T, P, np.where(S > 2, np.nan, S)), "scores are NaN"),
        ("auroc", (T, P, S[:, :4]), "scores have 4 columns, and classes go up to 6"),
        ("auroc", (T, P, S[:40]), "scores have shape"),
        ("top5", (T % 4, P % 4, S[:, :5]), "top-5 accuracy takes more than 5 classes"),
        ("ece", (T, P, S), "no probabilities"),
        ("ece_softmax", (T, P, np.where(S > 2, np.inf, S)), "infinite"),
        ("accuracy", (T, P[:40]), "predictions have shape"),
        ("accuracy", (T / 1.0, P), "targets are float64"),
        ("accuracy", (T, P - 1), "predictions are int64: expected classes"),
        ("accuracy", (T[:1], P[:1]), "at least 2"),
        ("recall@class=99", (T, P), "0 of 50 items are of that class"),
    ],
)
def test_bad_input_is_one_line(name, given, said):
    metric = find_metric(name, [str(k) for k in range(100)])
    with pytest.raises(DataError, match=said) as caught:
        metric.losses(*given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bad", [np.ones(3), -np.ones(50), np.zeros(50), np.full(50, np.nan)])
def test_bad_weights(bad):
    with pytest.raises(DataError, match="weights must be 50 numbers"):
        METRICS["accuracy"].value(T, P, weights=bad)


def test_one_group_is_refused():
    losses = METRICS["macro_f1"].losses(T, P)
    with pytest.raises(DataError, match="all 50 items are of one group"):
        interval_for(losses, ONE, groups=np.zeros(50))


def test_options_of_mcnemars_test_are_refused():
    losses = METRICS["macro_f1"].losses(T, P)
    other = METRICS["macro_f1"].losses(T, P[::-1])
    with pytest.raises(SettingsError, match="leave it out"):
        compare_paired(losses, other, ONE, bootstrap=True)
    with pytest.raises(SettingsError, match="mid-p belongs to McNemar"):
        compare_paired(losses, other, ONE, mid_p=True)


def test_names():
    assert find_metric("top3").name == "top3"
    assert find_metric("recall@class=cat", ["ant", "cat"]).only == 1
    with pytest.raises(SettingsError, match="did you mean 'macro_f1'"):
        find_metric("macro_f2")
