"""Writes test/fixtures/lora.json: a small ViT whose attention learns by LoRA, five steps of PyTorch in float64.

python tools/make-lora-fixture.py (needs torch and timm)
"""

import json
from pathlib import Path

import torch
from timm.models.vision_transformer import VisionTransformer
from torch import nn

rank, alpha, rate = 2, 3.0, 0.5
torch.manual_seed(3)


class LoraLinear(nn.Module):
    """W·x + b + alpha/rank · B·A·x, as Hu et al. (2021) write it."""

    def __init__(self, linear):
        super().__init__()
        self.linear = linear
        self.a = nn.Parameter(torch.randn(rank, linear.in_features) / linear.in_features**0.5)
        self.b = nn.Parameter(torch.zeros(linear.out_features, rank))

    def forward(self, x):
        return self.linear(x) + alpha / rank * (x @ self.a.T) @ self.b.T


def rounded(tensor):
    return [round(value, 6) for value in tensor.detach().flatten().tolist()]


model = VisionTransformer(img_size=8, patch_size=4, embed_dim=8, depth=2, num_heads=2, num_classes=3, mlp_ratio=2)
for parameter in model.parameters():
    parameter.data = parameter.data + torch.randn_like(parameter) * 0.3
for block in model.blocks:
    block.attn.qkv = LoraLinear(block.attn.qkv)
    block.attn.proj = LoraLinear(block.attn.proj)
# What the fixture holds in six digits is what is computed with.
model = model.double()
for parameter in model.parameters():
    parameter.data = torch.tensor(rounded(parameter), dtype=torch.float64).reshape(parameter.shape)
pixels = torch.tensor(rounded(torch.randn(4, 3, 8, 8)), dtype=torch.float64).reshape(4, 3, 8, 8)
labels = torch.tensor([0, 1, 2, 1])
names = {name: name.replace(".linear.", ".") for name, _ in model.named_parameters()}
names = {k: v[:-1] + "lora." + v[-1] if v.endswith((".a", ".b")) else v for k, v in names.items()}
weights = {names[name]: {"shape": list(p.shape), "data": rounded(p)} for name, p in model.named_parameters()}

for name, parameter in model.named_parameters():
    parameter.requires_grad = names[name].startswith("head.") or ".lora." in names[name]
learning = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.SGD(learning, lr=rate)
losses = []
for _ in range(5):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(pixels), labels)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
fixture = {
    "rank": rank,
    "alpha": alpha,
    "rate": rate,
    "pixels": rounded(pixels),
    "labels": labels.tolist(),
    "weights": weights,
    "losses": losses,
    "logits": model(pixels).flatten().tolist(),
}
path = Path(__file__).parent.parent / "test/fixtures/lora.json"
path.write_text(json.dumps(fixture) + "\n")
print(losses)
