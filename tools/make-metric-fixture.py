"""Writes test/fixtures/metrics.json: scikit-learn's metrics of made-up logits.

python tools/make-metric-fixture.py (needs scikit-learn)

Of the seven classes one has no pictures but is answered, and one has pictures but is never answered.
"""

import json
from pathlib import Path

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

random = np.random.default_rng(0)
classes, count = 7, 60
labels = random.choice([0, 1, 2, 3, 4, 6], size=count, p=[0.4, 0.2, 0.15, 0.1, 0.1, 0.05])
logits = random.normal(size=(count, classes)) * 2
logits[np.arange(count), labels] += 2
logits[:, 6] -= 20
logits[3, 5] = 9
logits = np.round(logits, 3)

scores = np.exp(logits - logits.max(axis=1, keepdims=True))
scores /= scores.sum(axis=1, keepdims=True)
answers = scores.argmax(axis=1)
names = list(range(classes))


def averages(kind):
    values = metrics.precision_recall_fscore_support(labels, answers, average=kind, zero_division=0)
    return dict(zip(["precision", "recall", "f1"], values[:3]))


confidence, right = scores.max(axis=1), answers == labels
accuracies, confidences = calibration_curve(right, confidence, n_bins=15)
filled = np.histogram(confidence, np.linspace(0, 1, 16))[0]
filled = filled[filled > 0]
precision, recall, f1, support = metrics.precision_recall_fscore_support(
    labels, answers, labels=names, zero_division=0
)
fixture = {
    "logits": logits.tolist(),
    "labels": labels.tolist(),
    "accuracy": metrics.accuracy_score(labels, answers),
    "top5": metrics.top_k_accuracy_score(labels, scores, k=5, labels=names),
    "loss": metrics.log_loss(labels, scores, labels=names),
    "balancedAccuracy": metrics.balanced_accuracy_score(labels, answers),
    "macro": averages("macro"),
    "weighted": averages("weighted"),
    "perClass": [
        {"precision": p, "recall": r, "f1": f, "count": int(n)} for p, r, f, n in zip(precision, recall, f1, support)
    ],
    "confusion": metrics.confusion_matrix(labels, answers, labels=names).tolist(),
    "calibration": {
        "error": float((filled * np.abs(accuracies - confidences)).sum() / count),
        "filled": [
            {"count": int(n), "confidence": c, "accuracy": a} for n, c, a in zip(filled, confidences, accuracies)
        ],
    },
}
path = Path(__file__).parent.parent / "test" / "fixtures" / "metrics.json"
path.write_text(json.dumps(fixture) + "\n")
