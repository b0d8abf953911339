"""Vision Transformers as people write them: the two tutorials', and some with other forms of the same layers."""

import torch
from torch import nn

from families.torch_common import randomise
from onnx_corpus.model import UNUSUAL, VIT, Model, images
from onnx_corpus.size import size


class Attention(nn.Module):
    """`split` tells how queries, keys and values leave their one product, or that each has a product of its own."""

    def __init__(self, dim, heads, split, bias=True):
        super().__init__()
        self.heads, self.split, self.scale = heads, split, (dim // heads) ** -0.5
        if split == "separate":
            self.query, self.key, self.value = (nn.Linear(dim, dim, bias=bias) for _ in range(3))
        else:
            self.qkv = nn.Linear(dim, 3 * dim, bias=bias)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        batch, tokens, dim = x.shape
        head_dim = dim // self.heads
        if self.split == "gather":
            # WZM's.
            q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.heads, head_dim).permute(2, 0, 3, 1, 4)
        else:
            if self.split == "chunk":
                # The Paddle notes'.
                parts = self.qkv(x).chunk(3, dim=-1)
            elif self.split == "slice":
                qkv = self.qkv(x)
                parts = qkv[..., :dim], qkv[..., dim : 2 * dim], qkv[..., 2 * dim :]
            else:
                parts = self.query(x), self.key(x), self.value(x)
            q, k, v = (part.reshape(batch, tokens, self.heads, head_dim).transpose(1, 2) for part in parts)
        if self.split == "separate":
            # Mesh-like einsums and a scaled query.
            weights = torch.einsum("bhid,bhjd->bhij", q * self.scale, k).softmax(dim=-1)
            mixed = torch.einsum("bhij,bhjd->bhid", weights, v)
        elif self.split == "slice":
            weights = ((q @ k.transpose(-2, -1)) / head_dim**0.5).softmax(dim=-1)
            mixed = weights @ v
        else:
            weights = ((q @ k.transpose(-2, -1)) * self.scale).softmax(dim=-1)
            mixed = weights @ v
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, dim))


class Layer(nn.Module):
    def __init__(self, dim, heads, hidden, split, bias, gelu):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads, split, bias)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.fc1, self.act, self.fc2 = nn.Linear(dim, hidden), nn.GELU(gelu), nn.Linear(hidden, dim)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.fc2(self.act(self.fc1(self.norm2(x))))


class Patches(nn.Module):
    """Patches by a convolution, or, as einops has it, by reordering and a product."""

    def __init__(self, patch, dim, product):
        super().__init__()
        self.patch, self.product = patch, product
        self.proj = nn.Linear(3 * patch * patch, dim) if product else nn.Conv2d(3, dim, patch, patch)

    def forward(self, pixels):
        if not self.product:
            return self.proj(pixels).flatten(2).transpose(1, 2)
        batch, channels, height, width = pixels.shape
        patch = self.patch
        x = pixels.reshape(batch, channels, height // patch, patch, width // patch, patch)
        x = x.permute(0, 2, 4, 3, 5, 1).reshape(batch, -1, patch * patch * channels)
        return self.proj(x)


class ViT(nn.Module):
    def __init__(
        self, *, split="gather", product=False, bias=True, gelu="none", head="linear", representation=0, last_eps=1e-6,
        softmax=False,
    ):  # fmt: skip
        super().__init__()
        dim, depth = size["dim"], size["depth"]
        patches = (size["image"] // size["patch"]) ** 2
        self.patch_embed = Patches(size["patch"], dim, product)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, patches + 1, dim))
        options = {"heads": size["heads"], "hidden": size["hidden"], "split": split, "bias": bias, "gelu": gelu}
        self.blocks = nn.Sequential(*(Layer(dim, **options) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim, eps=last_eps)
        layers = []
        if representation:
            layers = [nn.Linear(dim, representation), nn.Tanh()]
        if head == "mlp":
            layers = [nn.Linear(dim, dim), nn.ReLU()]
        ending = [nn.Softmax(dim=-1)] if softmax else []
        self.head = nn.Sequential(*layers, nn.Linear(representation or dim, size["classes"]), *ending)

    def forward(self, pixels):
        x = self.patch_embed(pixels)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


class StockLayers(nn.Module):
    """Of PyTorch's own encoder layers; `norm_first` False is the order of the first Transformer."""

    def __init__(self, norm_first):
        super().__init__()
        dim = size["dim"]
        patches = (size["image"] // size["patch"]) ** 2
        self.patch_embed = Patches(size["patch"], dim, False)
        self.pos_embed = nn.Parameter(torch.zeros(1, patches, dim))
        layer = nn.TransformerEncoderLayer(
            dim, size["heads"], size["hidden"], activation="gelu", batch_first=True, norm_first=norm_first
        )
        self.encoder = nn.TransformerEncoder(layer, size["depth"], enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, size["classes"])

    def forward(self, pixels):
        return self.head(self.norm(self.encoder(self.patch_embed(pixels) + self.pos_embed)).mean(dim=1))


truth = {
    "imageSize": size["image"], "patchSize": size["patch"], "inChannels": 3, "numClasses": size["classes"],
    "embedDim": size["dim"], "depth": size["depth"], "numHeads": size["heads"],
    "mlpRatio": size["hidden"] / size["dim"], "mlp": "mlp", "activation": "gelu", "qkvBias": True, "qkNorm": False,
    "layerScale": False, "classToken": True, "distillation": False, "regTokens": 0, "noEmbedClass": False,
    "preNorm": False, "pooling": "token", "layerNormEps": 1e-6, "head": "linear", "representationSize": 0,
}  # fmt: skip


def model_of(differences=None, verdict=VIT, **options):
    def build(seed):
        model = randomise(ViT(**options), seed)
        pixels = {"input": images(size["image"])}
        return Model(model, pixels, ["output"], {**truth, **(differences or {})}, verdict)

    return build


def stock(seed):
    model = randomise(StockLayers(norm_first=True), seed)
    config = {**truth, "classToken": False, "pooling": "avg", "fcNorm": False, "layerNormEps": 1e-5}
    del config["noEmbedClass"]
    return Model(model, {"input": images(size["image"])}, ["output"], config)


sources = {
    "own-wzm": model_of(),
    "own-wzm-representation": model_of({"representationSize": 24}, representation=24),
    "own-paddle-notes": model_of({"head": "mlp"}, split="chunk", head="mlp"),
    "own-slices": model_of(split="slice"),
    "own-einsum": model_of(split="separate"),
    "own-patches-product": model_of(product=True),
    "own-probabilities": model_of(softmax=True),
    "own-no-bias": model_of({"qkvBias": False}, bias=False),
    "own-stock-layers": stock,
    # As Flax and Keras have it by default.
    "own-separate-tanh": model_of({"activation": "geluTanh"}, split="separate", gelu="tanh"),
    # As in the Paddle notes, whose last LayerNorm has the framework's epsilon; our config has one for all.
    "unusual-epsilon": model_of({"head": "mlp"}, UNUSUAL, split="chunk", head="mlp", last_eps=1e-5),
}
