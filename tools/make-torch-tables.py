"""Writes test/fixtures/layer-tables/*-torch.txt: what torchsummary prints for the PyTorch ViT of the ONNX notes.

Needs torch and torchsummary (made with 2.15.0 and 1.5.1). The configs are those of cases.json there, with the names that
Vitrine gives them. That ViT lacks the head "mlp"; it is built with Vitrine's name for it.
"""

import contextlib
import io
import json
import pathlib

import torch
import torchsummary
from torch import nn

defaults = {
    "imageSize": 224, "patchSize": 16, "inChannels": 3, "numClasses": 1000, "embedDim": 768, "depth": 12, "numHeads": 12,
    "mlpRatio": 4, "qkvBias": True, "dropout": 0, "attentionDropout": 0, "dropPath": 0, "head": "linear",
    "representationSize": 0,
}


class PatchEmbed(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.proj = nn.Conv2d(c["inChannels"], c["embedDim"], c["patchSize"], stride=c["patchSize"])
        self.norm = nn.Identity()

    def forward(self, x):
        return self.norm(self.proj(x).flatten(2).transpose(1, 2))


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        dim, self.heads = c["embedDim"], c["numHeads"]
        self.qkv = nn.Linear(dim, 3 * dim, bias=c["qkvBias"])
        self.attn_drop = nn.Dropout(c["attentionDropout"])
        self.proj = nn.Linear(dim, dim)
        self.proj_drop = nn.Dropout(c["dropout"])

    def forward(self, x):
        batch, tokens, dim = x.shape
        head_dim = dim // self.heads
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, head_dim).permute(2, 0, 3, 1, 4)
        weights = self.attn_drop((q @ k.transpose(-2, -1) * head_dim**-0.5).softmax(dim=-1))
        return self.proj_drop(self.proj((weights @ v).transpose(1, 2).reshape(batch, tokens, dim)))


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        hidden = int(c["embedDim"] * c["mlpRatio"])
        self.fc1 = nn.Linear(c["embedDim"], hidden)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, c["embedDim"])
        self.drop = nn.Dropout(c["dropout"])

    def forward(self, x):
        return self.drop(self.fc2(self.drop(self.act(self.fc1(x)))))


class DropPath(nn.Module):
    """Only its row counts here: in evaluation it does nothing."""

    def forward(self, x):
        return x


class Block(nn.Module):
    def __init__(self, c, drop_path):
        super().__init__()
        self.norm1 = nn.LayerNorm(c["embedDim"], eps=1e-6)
        self.attn = Attention(c)
        self.drop_path = DropPath() if drop_path > 0 else nn.Identity()
        self.norm2 = nn.LayerNorm(c["embedDim"], eps=1e-6)
        self.mlp = Mlp(c)

    def forward(self, x):
        x = x + self.drop_path(self.attn(self.norm1(x)))
        return x + self.drop_path(self.mlp(self.norm2(x)))


class MlpHead(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.fc1 = nn.Linear(c["embedDim"], c["embedDim"])
        self.act = nn.ReLU()
        self.dropout1 = nn.Dropout(c["dropout"])
        self.fc2 = nn.Linear(c["embedDim"], c["numClasses"])
        self.dropout2 = nn.Dropout(c["dropout"])

    def forward(self, x):
        return self.dropout2(self.fc2(self.dropout1(self.act(self.fc1(x)))))


class VisionTransformer(nn.Module):
    def __init__(self, c):
        super().__init__()
        dim, representation = c["embedDim"], c["representationSize"] if c["head"] == "linear" else 0
        patches = (c["imageSize"] // c["patchSize"]) ** 2
        self.patch_embed = PatchEmbed(c)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, patches + 1, dim))
        self.pos_drop = nn.Dropout(c["dropout"])
        rates = torch.linspace(0, c["dropPath"], c["depth"]).tolist()
        self.blocks = nn.Sequential(*(Block(c, rate) for rate in rates))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pre_logits = nn.Identity()
        if representation:
            self.pre_logits = nn.Sequential(nn.Linear(dim, representation), nn.Tanh())
        self.head = MlpHead(c) if c["head"] == "mlp" else nn.Linear(representation or dim, c["numClasses"])

    def forward(self, x):
        x = self.patch_embed(x)
        x = self.pos_drop(torch.cat([self.cls_token.expand(len(x), -1, -1), x], dim=1) + self.pos_embed)
        return self.head(self.pre_logits(self.norm(self.blocks(x))[:, 0]))


def table(config):
    c = {**defaults, **config}
    printed = io.StringIO()
    with torch.no_grad(), contextlib.redirect_stdout(printed):
        torchsummary.summary(VisionTransformer(c), (c["inChannels"], c["imageSize"], c["imageSize"]), device="cpu")
    return printed.getvalue()


if __name__ == "__main__":
    folder = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "layer-tables"
    for name, config in json.loads((folder / "cases.json").read_text()).items():
        (folder / f"{name}-torch.txt").write_text(table(config))
