"""Writes test/fixtures/optimizers.json: ten steps of the optimizers and losses of PyTorch and timm in float64.

The problem is a linear classifier, 18 features to 17 classes, on 8 samples, two of which are mixed where shares of
classes are the targets. Learning rates change from step to step.

python tools/make-optimizer-fixture.py (needs torch, timm)
"""

import json
from pathlib import Path

import timm.data
import timm.loss
import timm.optim
import timm.task
import timm.utils
import torch
from torch import nn
from torch.nn import functional as F

SAMPLES, FEATURES, CLASSES, STEPS = 8, 18, 17, 10
torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def rounded(values, digits=8):
    return [float(f"{value:.{digits}g}") for value in values.detach().flatten().tolist()]


def stored(*shape):
    """Random numbers that are exactly those in the file."""
    return torch.tensor(rounded(torch.randn(*shape), 5)).reshape(shape)


x = stored(SAMPLES, FEATURES)
weight, bias = stored(CLASSES, FEATURES), stored(CLASSES)
second = stored(CLASSES, FEATURES)  # the distillation head
teacher_logits = stored(SAMPLES, CLASSES)
labels = torch.tensor([3, 0, 16, 5, 3, 9, 9, 1])
class_weights = torch.tensor([(1 + i % 5) / 4 for i in range(CLASSES)])
lam = 0.7
one_hot = F.one_hot(labels, CLASSES).double()
shares = lam * one_hot + (1 - lam) * one_hot.flip(0)
rates = [0.1, 0.05, 0.2, 0.1, 0.01, 0.1, 0.02, 0.03, 0.1, 0.05]


class Linear(nn.Module):
    """Linear(x), as a plain model; with two heads, a pair as timm's distilled models give while they are trained."""

    pretrained_cfg = {"mean": [0.0], "std": [1.0]}
    num_classes, in_chans = CLASSES, FEATURES

    def __init__(self, heads=1):
        super().__init__()
        self.weight = nn.Parameter(weight.clone())
        self.bias = nn.Parameter(bias.clone())
        if heads == 2:
            self.second = nn.Parameter(second.clone())

    def set_distilled_training(self, enable):
        pass

    def forward(self, x):
        x = x.flatten(1)  # tasks normalise pictures, which have more axes
        logits = F.linear(x, self.weight, self.bias)
        return (logits, F.linear(x, self.second)) if hasattr(self, "second") else logits


class Teacher(nn.Module):
    pretrained_cfg = Linear.pretrained_cfg

    def forward(self, x):
        return teacher_logits


def run(make_optimizer, loss_of=None, *, model=None, clip=None, clip_value=None, scales=(1, 1), ema=None):
    """Ten steps: losses, gradient norms, and the parameters in the end. Weight decay spares the bias."""
    model = model or Linear()
    loss_of = loss_of or (lambda: F.cross_entropy(model(x), labels))
    matrices = [p for p in model.parameters() if p.dim() > 1]
    groups = [{"params": matrices}, {"params": [model.bias], "weight_decay": 0}]
    optimizer = make_optimizer(groups)
    losses, norms = [], []
    for i, rate in enumerate(rates):
        for group, scale in zip(optimizer.param_groups, scales):
            group["lr"] = rate * scale
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        norm = torch.nn.utils.get_total_norm([p.grad for p in model.parameters()])
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        if clip_value:
            torch.nn.utils.clip_grad_value_(model.parameters(), clip_value)
        optimizer.step()
        if ema:
            ema(model, i + 1)
        losses.append(loss)
        norms.append(norm)
    result = {"losses": rounded(torch.stack(losses)), "norms": rounded(torch.stack(norms))}
    return result | {name: rounded(p) for name, p in model.named_parameters()}


def averaged(make, pass_step):
    model = Linear()
    average = make(model)
    update = average.update if pass_step else lambda model, step: average.update(model)
    run(sgd, model=model, ema=update)
    return {name: rounded(p) for name, p in average.module.named_parameters()}


def sgd(groups):
    return torch.optim.SGD(groups, lr=1, momentum=0.9)


def with_loss(loss):
    model = Linear()
    return run(sgd, lambda: loss(model(x)), model=model)


def focal(logits, alpha):
    """PyTorch has none for exclusive classes: written out over its cross-entropy, sample by sample."""
    cross_entropy = F.cross_entropy(logits, labels, reduction="none")
    return (alpha[labels] * (1 - torch.exp(-cross_entropy)) ** 2 * cross_entropy).mean()


def distilled(task_class, heads, **options):
    model = Linear(heads)
    options |= {"task_loss_weight": 0.7, "verbose": False}
    task = task_class(model, Teacher(), nn.CrossEntropyLoss(label_smoothing=0.1), **options)
    picture = x[:, :, None, None]
    return run(sgd, lambda: task(picture, labels)["loss"], model=model)


Token, Logit = timm.task.TokenDistillationTask, timm.task.LogitDistillationTask
bce = timm.loss.BinaryCrossEntropy
optimizers = {
    "adamw": run(lambda g: torch.optim.AdamW(g, lr=1, weight_decay=0.05)),
    "adamw clipped": run(lambda g: torch.optim.AdamW(g, lr=1, weight_decay=0.05), clip=0.1),
    "adamw scaled": run(lambda g: torch.optim.AdamW(g, lr=1, weight_decay=0.05), scales=(0.25, 1)),
    "sgd": run(lambda g: torch.optim.SGD(g, lr=1), clip=0.1),
    "sgd value": run(lambda g: torch.optim.SGD(g, lr=1), clip_value=0.01),
    "sgd momentum": run(lambda g: torch.optim.SGD(g, lr=1, momentum=0.9, weight_decay=0.01), clip=0.1),
    "sgd nesterov": run(lambda g: torch.optim.SGD(g, lr=1, momentum=0.9, nesterov=True, weight_decay=0.01)),
    "lamb": run(lambda g: timm.optim.Lamb(g, lr=1, weight_decay=0.02, max_grad_norm=None)),
    "lamb clipped": run(lambda g: timm.optim.Lamb(g, lr=1, weight_decay=0.02, max_grad_norm=0.1)),
    "lion": run(lambda g: timm.optim.Lion(g, lr=1, weight_decay=0.1)),
    "lion clipped": run(lambda g: timm.optim.Lion(g, lr=1, weight_decay=0.1), clip=0.1),
    "adafactor": run(lambda g: timm.optim.Adafactor(g, lr=1, weight_decay=0.05)),
    "adafactor clipped": run(lambda g: timm.optim.Adafactor(g, lr=1, weight_decay=0.05), clip=0.1),
}
smooth = 0.9 * shares + 0.1 / CLASSES
ce = nn.CrossEntropyLoss
losses = {
    "cross-entropy": with_loss(lambda y: ce(label_smoothing=0.1)(y, labels)),
    "cross-entropy weighted": with_loss(lambda y: ce(class_weights)(y, labels)),
    "cross-entropy weighted smooth": with_loss(lambda y: ce(class_weights, label_smoothing=0.1)(y, labels)),
    "cross-entropy shares": with_loss(lambda y: ce(label_smoothing=0.1)(y, shares)),
    "cross-entropy shares timm": with_loss(lambda y: timm.loss.SoftTargetCrossEntropy()(y, smooth)),
    "cross-entropy shares weighted": with_loss(lambda y: ce(class_weights, label_smoothing=0.1)(y, shares)),
    "binary": with_loss(lambda y: bce(smoothing=0.1)(y, labels)),
    "binary threshold": with_loss(lambda y: bce(target_threshold=0.2)(y, shares)),
    "binary shares": with_loss(lambda y: bce()(y, smooth)),
    "binary weighted": with_loss(lambda y: bce(smoothing=0, weight=class_weights)(y, labels)),
    "focal": with_loss(lambda y: focal(y, torch.ones(CLASSES))),
    "focal weighted": with_loss(lambda y: focal(y, class_weights)),
    "logits soft": distilled(Logit, 1, temperature=3.0),
    "token soft": distilled(Token, 2, distill_type="soft", temperature=3.0),
    "token hard": distilled(Token, 2, distill_type="hard"),
}
averages = {
    "v2": averaged(lambda m: timm.utils.ModelEmaV2(m, decay=0.9), False),
    "v3 warm-up": averaged(lambda m: timm.utils.ModelEmaV3(m, decay=0.7, use_warmup=True, foreach=False), True),
}


def mixed(**options):
    """timm's Mixup of a whole batch with given draws: the smallest numbers that tell pixels apart."""
    pixels = torch.arange(4 * 6 * 5).double().reshape(4, 1, 6, 5)
    target = torch.tensor([0, 2, 1, 1])
    mixup = timm.data.Mixup(label_smoothing=0, num_classes=3, **options)
    mixup._params_per_batch = lambda: (0.6, "cutmix_alpha" in options)
    draws = iter([4, 1])  # the centre of the box
    timm.data.mixup.np.random.randint = lambda *args, **kwargs: next(draws)
    pixels, target = mixup(pixels, target)
    return {"pixels": rounded(pixels), "targets": rounded(target)}


mixes = {"mixup": mixed(mixup_alpha=1), "cutmix": mixed(mixup_alpha=0, cutmix_alpha=1)}
fixture = {
    "x": rounded(x),
    "weight": rounded(weight),
    "bias": rounded(bias),
    "second": rounded(second),
    "teacher": rounded(teacher_logits),
    "labels": labels.tolist(),
    "lambda": lam,
    "rates": rates,
    "optimizers": optimizers,
    "losses": losses,
    "averages": averages,
    "mixes": mixes,
}
path = Path(__file__).parent.parent / "test/fixtures/optimizers.json"
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
