"""Times inference of timm's ViTs in PyTorch eager mode, when asked: reads lines of MODEL BATCH RUNS from standard input and
answers each with the median seconds of a run.

Needs torch and timm; two threads. Before the runs that count, one warms up.
"""

import statistics
import sys
import time

import timm
import torch

torch.manual_seed(0)
torch.set_num_threads(2)
models = {}


@torch.inference_mode()
def seconds(name: str, batch: int, runs: int) -> float:
    if name not in models:
        models[name] = timm.create_model(name).eval()
    model = models[name]
    pixels = torch.randn(batch, 3, 224, 224)
    model(pixels)
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        model(pixels)
        times.append(time.perf_counter() - started)
    return statistics.median(times)


for line in sys.stdin:
    name, batch, runs = line.split()
    print(seconds(name, int(batch), int(runs)), flush=True)
