"""Writes a ViT of Flax's own layers as ONNX by jax2onnx: flax_export.py WEIGHTS.npz FILE OPSET DYNAMIC

The weights are those of own_models.ViT with `split="separate"` in PyTorch, so that its truth and outputs are this file's.
Runs in a Python that has jax, flax and jax2onnx.
"""

import sys

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import onnx
from jax2onnx import to_onnx

weights, file, opset, dynamic = dict(np.load(sys.argv[1])), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "true"
heads, image = 3, 32
depth = len({name.split(".")[1] for name in weights if name.startswith("blocks.")})
dim, _, patch, _ = weights["patch_embed.proj.weight"].shape


class Block(nn.Module):
    @nn.compact
    def __call__(self, x):
        y = nn.LayerNorm(name="norm1")(x)
        x = x + nn.MultiHeadDotProductAttention(heads, name="attn")(y, y)
        y = nn.Dense(weights["blocks.0.fc1.weight"].shape[0], name="fc1")(nn.LayerNorm(name="norm2")(x))
        return x + nn.Dense(dim, name="fc2")(nn.gelu(y))


class ViT(nn.Module):
    @nn.compact
    def __call__(self, pixels):
        x = nn.Conv(dim, (patch, patch), (patch, patch), padding="VALID", name="proj")(pixels.transpose(0, 2, 3, 1))
        x = x.reshape(x.shape[0], -1, dim)
        token = self.param("cls_token", nn.initializers.zeros, (1, 1, dim))
        x = jnp.concatenate([jnp.broadcast_to(token, (x.shape[0], 1, dim)), x], axis=1)
        x = x + self.param("pos_embed", nn.initializers.zeros, (1, x.shape[1], dim))
        for i in range(depth):
            x = Block(name=f"blocks.{i}")(x)
        return nn.Dense(weights["head.0.bias"].shape[0], name="head")(nn.LayerNorm(name="norm")(x)[:, 0])


def dense(name):
    return {"kernel": weights[f"{name}.weight"].T, "bias": weights[f"{name}.bias"]}


def norm(name):
    return {"scale": weights[f"{name}.weight"], "bias": weights[f"{name}.bias"]}


def head_wise(name):
    """From tokens to heads, [dim, heads, features]."""
    return {
        "kernel": weights[f"{name}.weight"].T.reshape(dim, heads, -1), "bias": weights[f"{name}.bias"].reshape(heads, -1),
    }  # fmt: skip


def block(name):
    attention = {part: head_wise(f"{name}.attn.{part}") for part in ("query", "key", "value")}
    out = dense(f"{name}.attn.proj")
    attention["out"] = {**out, "kernel": out["kernel"].reshape(heads, -1, dim)}
    mlp = {part: dense(f"{name}.{part}") for part in ("fc1", "fc2")}
    return {"norm1": norm(f"{name}.norm1"), "attn": attention, "norm2": norm(f"{name}.norm2"), **mlp}


parameters = {
    "proj": {
        "kernel": weights["patch_embed.proj.weight"].transpose(2, 3, 1, 0), "bias": weights["patch_embed.proj.bias"],
    },
    "cls_token": weights["cls_token"],
    "pos_embed": weights["pos_embed"],
    **{f"blocks.{i}": block(f"blocks.{i}") for i in range(depth)},
    "norm": norm("norm"),
    "head": dense("head.0"),
}  # fmt: skip
variables = {"params": jax.tree.map(jnp.asarray, parameters)}
batch = "B" if dynamic else 1
shape = (batch, 3, image, image)
onnx.save(to_onnx(lambda x: ViT().apply(variables, x), [shape], opset=opset, input_names=["input"]), file)
