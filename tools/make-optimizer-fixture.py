"""Writes test/fixtures/optimizers.json: five steps of PyTorch's optimizers in float64 on a small linear regression.

python tools/make-optimizer-fixture.py (needs torch)
"""

import json
from pathlib import Path

import torch

torch.manual_seed(0)
x = torch.randn(6, 4, dtype=torch.float64)
target = torch.randn(6, 3, dtype=torch.float64)
weight = torch.randn(3, 4, dtype=torch.float64)
rates = [0.1, 0.05, 0.2, 0.1, 0.01]


def run(make, clip):
    w = weight.clone().requires_grad_()
    optimizer = make([w])
    steps = []
    for rate in rates:
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss = ((x @ w.T - target) ** 2).sum()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_([w], clip) if clip else w.grad.norm()
        optimizer.step()
        steps.append({"loss": loss.item(), "norm": norm.item(), "weight": w.detach().flatten().tolist()})
    return steps


cases = {
    "adamw": run(lambda p: torch.optim.AdamW(p, lr=1, weight_decay=0.05), None),
    "adamw clipped": run(lambda p: torch.optim.AdamW(p, lr=1, weight_decay=0.05), 1.0),
    "sgd": run(lambda p: torch.optim.SGD(p, lr=1), 1.0),
    "sgd momentum": run(lambda p: torch.optim.SGD(p, lr=1, momentum=0.9, weight_decay=0.01), 1.0),
}
fixture = {
    "x": x.flatten().tolist(),
    "target": target.flatten().tolist(),
    "weight": weight.flatten().tolist(),
    "rates": rates,
    "cases": cases,
}
path = Path(__file__).parent.parent / "test/fixtures/optimizers.json"
path.write_text(json.dumps(fixture) + "\n")
