"""Writes the Paddle notes' model as ONNX by PaddlePaddle's exporter: paddle_export.py WEIGHTS.npz FILE OPSET DYNAMIC

The weights are those of own_models.ViT in PyTorch, so that its truth and outputs are this file's. Runs in a Python that has
PaddlePaddle and paddle2onnx, which need other versions of the rest.
"""

import pathlib
import shutil
import sys

import numpy as np
import paddle
from paddle import nn

weights, file, opset, dynamic = np.load(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "true"
heads, image = 3, 32


def linear(name):
    layer = nn.Linear(*weights[f"{name}.weight"].T.shape)
    layer.weight.set_value(weights[f"{name}.weight"].T)
    layer.bias.set_value(weights[f"{name}.bias"])
    return layer


def norm(name):
    layer = nn.LayerNorm(weights[f"{name}.weight"].shape[0], epsilon=1e-6)
    layer.weight.set_value(weights[f"{name}.weight"])
    layer.bias.set_value(weights[f"{name}.bias"])
    return layer


class Attention(nn.Layer):
    def __init__(self, name):
        super().__init__()
        self.qkv, self.proj = linear(f"{name}.qkv"), linear(f"{name}.proj")

    def heads_of(self, x):
        return x.reshape([x.shape[0], x.shape[1], heads, -1]).transpose([0, 2, 1, 3])

    def forward(self, x):
        q, k, v = (self.heads_of(part) for part in self.qkv(x).chunk(3, axis=-1))
        weights = nn.functional.softmax(paddle.matmul(q, k, transpose_y=True) * q.shape[-1] ** -0.5, axis=-1)
        return self.proj(paddle.matmul(weights, v).transpose([0, 2, 1, 3]).flatten(2))


class EncoderLayer(nn.Layer):
    def __init__(self, name):
        super().__init__()
        self.norm1, self.attn, self.norm2 = norm(f"{name}.norm1"), Attention(f"{name}.attn"), norm(f"{name}.norm2")
        self.fc1, self.act, self.fc2 = linear(f"{name}.fc1"), nn.GELU(), linear(f"{name}.fc2")

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.fc2(self.act(self.fc1(self.norm2(x))))


class ViT(nn.Layer):
    def __init__(self):
        super().__init__()
        kernel = weights["patch_embed.proj.weight"]
        self.proj = nn.Conv2D(3, kernel.shape[0], kernel.shape[2], kernel.shape[2])
        self.proj.weight.set_value(kernel)
        self.proj.bias.set_value(weights["patch_embed.proj.bias"])
        self.cls_token, self.pos_embed = (
            self.create_parameter(weights[name].shape, default_initializer=nn.initializer.Assign(weights[name]))
            for name in ("cls_token", "pos_embed")
        )
        depth = len({name.split(".")[1] for name in weights if name.startswith("blocks.")})
        self.blocks = nn.LayerList([EncoderLayer(f"blocks.{i}") for i in range(depth)])
        self.norm, self.fc, self.act, self.head = norm("norm"), linear("head.0"), nn.ReLU(), linear("head.2")

    def forward(self, pixels):
        x = self.proj(pixels).flatten(2).transpose([0, 2, 1])
        x = paddle.concat([self.cls_token.expand([x.shape[0], -1, -1]), x], axis=1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.head(self.act(self.fc(self.norm(x)[:, 0])))


model = ViT()
model.eval()
shape = [-1 if dynamic else 1, 3, image, image]
written = pathlib.Path(file).with_suffix("")
paddle.onnx.export(model, str(written), [paddle.static.InputSpec(shape, "float32", "input")], opset_version=opset)
shutil.rmtree(written, ignore_errors=True)
