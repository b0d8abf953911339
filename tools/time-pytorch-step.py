"""Times training steps of a ViT in PyTorch eager mode: prints {"seconds": median of a step, "bytes": VmHWM} as JSON.

    time-pytorch-step.py EMBED_DIM HEADS BATCH STEPS

What Vitrine's step does, too: forward, cross-entropy with label smoothing, backward, clipping of the global norm, AdamW.
Needs torch and timm; two threads.
"""

import json
import statistics
import sys
import time

import timm
import torch

dim, heads, batch, steps = map(int, sys.argv[1:])
torch.manual_seed(0)
torch.set_num_threads(2)
model = timm.create_model("vit_tiny_patch16_224", embed_dim=dim, num_heads=heads, num_classes=5).train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.05)
loss_of = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
pixels = torch.randn(batch, 3, 224, 224)
labels = torch.arange(batch) % 5

times = []
for step in range(steps + 2):
    started = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    loss_of(model(pixels), labels).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    # The first two allocate what the others use again.
    if step >= 2:
        times.append(time.perf_counter() - started)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"seconds": statistics.median(times), "bytes": int(peak.split()[1]) * 1024}))
