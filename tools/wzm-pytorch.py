"""Runs the ONNX notes' training (WZM's recipe) in PyTorch: prints {"train", "validation", "accuracies": one an epoch} as JSON.

    wzm-pytorch.py MODEL PHOTOS EPOCHS

MODEL is a folder as timm saves it, PHOTOS one with a folder a class. Python's generator draws the validation part; nothing
learns but the head, which starts at zero; batches of 8, SGD, and a learning rate that falls with each epoch along a cosine.
Pictures are prepared as the model's pretrained_cfg says, and cropped at random and mirrored for training.
Needs torch, torchvision, timm and Pillow; two threads.
"""

import json
import math
import pathlib
import random
import sys

import timm
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.transforms.functional import InterpolationMode


def split(folder):
    """Pairs of path and label: those to learn from, and those to judge by."""
    random.seed(0)
    learned, judged = [], []
    for label, kind in enumerate(sorted(path for path in folder.iterdir() if path.is_dir())):
        paths = sorted(kind.iterdir())
        held = set(random.sample(paths, k=int(len(paths) * 0.2)))
        for path in paths:
            (judged if path in held else learned).append((path, label))
    return learned, judged


class Photos(torch.utils.data.Dataset):
    def __init__(self, samples, transform):
        self.samples, self.transform = samples, transform

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        path, label = self.samples[index]
        return self.transform(Image.open(path).convert("RGB")), label


def main(folder, photos, epochs):
    torch.manual_seed(0)
    torch.set_num_threads(2)
    learned, judged = split(pathlib.Path(photos))
    model = timm.create_model(f"local-dir:{folder}", pretrained=True, num_classes=5)
    model.requires_grad_(False)
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.zeros_(model.head.bias)
    model.head.requires_grad_(True)

    config = timm.data.resolve_model_data_config(model)
    training = transforms.Compose(
        [
            transforms.RandomResizedCrop(config["input_size"][1:], interpolation=InterpolationMode(config["interpolation"])),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(config["mean"], config["std"]),
        ]
    )
    evaluation = timm.data.create_transform(**config, is_training=False)
    train_loader = DataLoader(Photos(learned, training), batch_size=8, shuffle=True, num_workers=1)
    judge_loader = DataLoader(Photos(judged, evaluation), batch_size=8, num_workers=1)

    optimizer = torch.optim.SGD(model.head.parameters(), lr=1e-3, momentum=0.9, weight_decay=5e-5)
    factor = lambda epoch: ((1 + math.cos(epoch * math.pi / epochs)) / 2) * (1 - 0.01) + 0.01
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=factor)
    accuracies = []
    for _ in range(epochs):
        model.train()
        for pixels, labels in train_loader:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(pixels), labels).backward()
            optimizer.step()
        schedule.step()
        accuracies.append(accuracy(model, judge_loader, len(judged)))
        print(f"epoch {len(accuracies)}: {accuracies[-1]:.4f}", file=sys.stderr)
    print(json.dumps({"train": len(learned), "validation": len(judged), "accuracies": accuracies}))


@torch.inference_mode()
def accuracy(model, loader, count):
    model.eval()
    return sum((model(pixels).argmax(1) == labels).sum().item() for pixels, labels in loader) / count


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
