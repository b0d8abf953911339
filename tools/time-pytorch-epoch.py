"""Times an epoch of fine-tuning ViT-Ti on a folder of pictures in PyTorch eager mode.

    time-pytorch-epoch.py FOLDER PICTURES BATCH

Prints {"epoch": seconds of the epoch from its first batch on, "step": median seconds of a step with its batch at hand} as
JSON. As plain a script as there is: ImageFolder, RandomResizedCrop and flip, a DataLoader with 2 workers, cross-entropy
with label smoothing, clipping of the global norm, AdamW, two threads. One step before the clock starts allocates what the
others use again.
Needs torch, torchvision and timm.
"""

import json
import statistics
import sys
import time

import timm
import torch
from torchvision import datasets, transforms


def main():
    folder, pictures, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.manual_seed(0)
    torch.set_num_threads(2)
    prepare = transforms.Compose(
        [
            transforms.RandomResizedCrop(224),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize([0.5] * 3, [0.5] * 3),
        ]
    )
    photos = datasets.ImageFolder(folder, prepare)
    subset = torch.utils.data.Subset(photos, [i * len(photos) // pictures for i in range(pictures)])
    loader = torch.utils.data.DataLoader(subset, batch, shuffle=True, drop_last=True, num_workers=2)
    model = timm.create_model("vit_tiny_patch16_224", num_classes=len(photos.classes)).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.05)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=0.1)

    def step(pixels, labels):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(pixels), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    step(torch.zeros(batch, 3, 224, 224), torch.zeros(batch, dtype=torch.long))
    started = None
    for pixels, labels in loader:
        started = started or time.perf_counter()
        step(pixels, labels)
    epoch = time.perf_counter() - started

    steps = []
    for _ in range(5):
        started = time.perf_counter()
        step(pixels, labels)
        steps.append(time.perf_counter() - started)
    print(json.dumps({"epoch": epoch, "step": statistics.median(steps)}))


if __name__ == "__main__":
    main()
