"""Writes test/fixtures/schedules.json: the learning rates of PyTorch's and timm's schedulers for 24 steps.

python tools/make-schedule-fixture.py (needs torch, timm)
"""

import json
import math
import warnings
from pathlib import Path

import torch
from timm.scheduler import CosineLRScheduler, StepLRScheduler
from torch.optim import lr_scheduler as torch_schedulers

warnings.filterwarnings("ignore")
STEPS, RATE, WARMUP = 24, 0.2, 5


def fresh():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)


def by_torch(make):
    optimizer = fresh()
    scheduler = make(optimizer)
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def by_timm(make):
    """One call a step, as for schedulers that count epochs."""
    optimizer = fresh()
    scheduler = make(optimizer)
    rates = []
    for t in range(STEPS):
        scheduler.step(t)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def warmed(make):
    """PyTorch's own way to put a linear rise before another schedule."""

    def sequence(optimizer):
        rise = torch_schedulers.LinearLR(optimizer, 1 / WARMUP, 1, total_iters=WARMUP - 1)
        return torch_schedulers.SequentialLR(optimizer, [rise, make(optimizer)], [WARMUP])

    return by_torch(sequence)


def wzm(epoch, epochs=8, lrf=0.01):
    return ((1 + math.cos(epoch * math.pi / epochs)) / 2) * (1 - lrf) + lrf


fixture = {
    "cosine": by_torch(lambda o: torch_schedulers.CosineAnnealingLR(o, STEPS - 1, eta_min=0.02)),
    "cosine timm": by_timm(lambda o: CosineLRScheduler(o, t_initial=20, lr_min=0.02)),
    "cosine warmed": warmed(lambda o: torch_schedulers.CosineAnnealingLR(o, STEPS - WARMUP)),
    "linear": by_torch(lambda o: torch_schedulers.LinearLR(o, 1, 0.1, total_iters=20)),
    "linear warmed": warmed(lambda o: torch_schedulers.PolynomialLR(o, STEPS - WARMUP, power=1)),
    "step": by_torch(lambda o: torch_schedulers.StepLR(o, 7, 0.3)),
    "step timm": by_timm(lambda o: StepLRScheduler(o, decay_t=5, decay_rate=0.5)),
    "step warmed": warmed(lambda o: torch_schedulers.StepLR(o, 7, 0.3)),
    "one cycle": by_torch(lambda o: torch_schedulers.OneCycleLR(o, RATE, total_steps=STEPS + 1)),
    "one cycle, others": by_torch(
        lambda o: torch_schedulers.OneCycleLR(
            o, RATE, total_steps=STEPS + 1, pct_start=0.45, div_factor=10, final_div_factor=50
        )
    ),
    "a cosine of epochs": [
        rate for rate in by_torch(lambda o: torch_schedulers.LambdaLR(o, wzm))[: STEPS // 3] for _ in range(3)
    ],
}
path = Path(__file__).parent.parent / "test/fixtures/schedules.json"
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
