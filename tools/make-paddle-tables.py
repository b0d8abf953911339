"""Writes test/fixtures/layer-tables/*-paddle.txt: what paddle.summary prints for the ViT of the Paddle notes.

Needs paddlepaddle (made with 3.3.1). The configs are those of cases.json there, with the names that Vitrine gives them.
The notes' head is "mlp", and they lack drop path and a representation layer; those are built as is usual in Paddle.
"""

import contextlib
import io
import json
import pathlib

import paddle
from paddle import nn
from paddle.utils import unique_name

defaults = {
    "imageSize": 224, "patchSize": 16, "inChannels": 3, "numClasses": 1000, "embedDim": 768, "depth": 12, "numHeads": 12,
    "mlpRatio": 4, "qkvBias": True, "dropout": 0, "attentionDropout": 0, "dropPath": 0, "head": "linear",
    "representationSize": 0,
}


class PatchEmbedding(nn.Layer):
    def __init__(self, c):
        super().__init__()
        dim, patch = c["embedDim"], c["patchSize"]
        patches = (c["imageSize"] // patch) ** 2
        self.projection = nn.Conv2D(c["inChannels"], dim, patch, stride=patch)
        self.cls_token = self.create_parameter([1, 1, dim])
        self.position_embedding = self.create_parameter([1, patches + 1, dim])
        self.dropout = nn.Dropout(c["dropout"])

    def forward(self, x):
        x = self.projection(x).flatten(2).transpose([0, 2, 1])
        x = paddle.concat([self.cls_token.expand([x.shape[0], -1, -1]), x], axis=1)
        return self.dropout(x + self.position_embedding)


class Attention(nn.Layer):
    def __init__(self, c):
        super().__init__()
        dim, self.heads = c["embedDim"], c["numHeads"]
        self.qkv = nn.Linear(dim, 3 * dim, bias_attr=None if c["qkvBias"] else False)
        self.softmax = nn.Softmax(axis=-1)
        self.attention_dropout = nn.Dropout(c["attentionDropout"])
        self.proj = nn.Linear(dim, dim)
        self.proj_dropout = nn.Dropout(c["dropout"])

    def forward(self, x):
        batch, tokens, dim = x.shape
        head_dim = dim // self.heads
        q, k, v = self.qkv(x).reshape([batch, tokens, 3, self.heads, head_dim]).transpose([2, 0, 3, 1, 4])
        weights = self.softmax(paddle.matmul(q, k, transpose_y=True) * head_dim**-0.5)
        context = paddle.matmul(self.attention_dropout(weights), v).transpose([0, 2, 1, 3])
        return self.proj_dropout(self.proj(context.reshape([batch, tokens, dim])))


class Mlp(nn.Layer):
    def __init__(self, c):
        super().__init__()
        hidden = int(c["embedDim"] * c["mlpRatio"])
        self.fc1 = nn.Linear(c["embedDim"], hidden)
        self.act = nn.GELU()
        self.dropout1 = nn.Dropout(c["dropout"])
        self.fc2 = nn.Linear(hidden, c["embedDim"])
        self.dropout2 = nn.Dropout(c["dropout"])

    def forward(self, x):
        return self.dropout2(self.fc2(self.dropout1(self.act(self.fc1(x)))))


class DropPath(nn.Layer):
    """Only its row counts here: in evaluation it does nothing."""

    def forward(self, x):
        return x


class EncoderLayer(nn.Layer):
    def __init__(self, c, drop_path):
        super().__init__()
        self.attn_norm = nn.LayerNorm(c["embedDim"], epsilon=1e-6)
        self.attn = Attention(c)
        self.drop_path1 = DropPath() if drop_path > 0 else None
        self.mlp_norm = nn.LayerNorm(c["embedDim"], epsilon=1e-6)
        self.mlp = Mlp(c)
        self.drop_path2 = DropPath() if drop_path > 0 else None

    def forward(self, x):
        y = self.attn(self.attn_norm(x))
        x = x + (self.drop_path1(y) if self.drop_path1 else y)
        y = self.mlp(self.mlp_norm(x))
        return x + (self.drop_path2(y) if self.drop_path2 else y)


class Encoder(nn.Layer):
    def __init__(self, c):
        super().__init__()
        rates = [c["dropPath"] * i / max(c["depth"] - 1, 1) for i in range(c["depth"])]
        self.layers = nn.LayerList([EncoderLayer(c, rate) for rate in rates])
        self.norm = nn.LayerNorm(c["embedDim"])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class PreLogits(nn.Layer):
    def __init__(self, c):
        super().__init__()
        self.fc = nn.Linear(c["embedDim"], c["representationSize"])
        self.act = nn.Tanh()

    def forward(self, x):
        return self.act(self.fc(x))


class Classify(nn.Layer):
    def __init__(self, c):
        super().__init__()
        self.fc1 = nn.Linear(c["embedDim"], c["embedDim"])
        self.act = nn.ReLU()
        self.dropout1 = nn.Dropout(c["dropout"])
        self.fc2 = nn.Linear(c["embedDim"], c["numClasses"])
        self.dropout2 = nn.Dropout(c["dropout"])

    def forward(self, x):
        return self.dropout2(self.fc2(self.dropout1(self.act(self.fc1(x)))))


class VisionTransformer(nn.Layer):
    def __init__(self, c):
        super().__init__()
        self.patch_embedding = PatchEmbedding(c)
        self.encoder = Encoder(c)
        self.pre_logits = PreLogits(c) if c["representationSize"] and c["head"] == "linear" else None
        if c["head"] == "mlp":
            self.classifier = Classify(c)
        else:
            self.classifier = nn.Linear(c["representationSize"] or c["embedDim"], c["numClasses"])

    def forward(self, x):
        x = self.encoder(self.patch_embedding(x))[:, 0]
        return self.classifier(self.pre_logits(x) if self.pre_logits else x)


def table(config):
    c = {**defaults, **config}
    printed = io.StringIO()
    with unique_name.guard(), contextlib.redirect_stdout(printed):
        paddle.summary(VisionTransformer(c), (1, c["inChannels"], c["imageSize"], c["imageSize"]))
    return printed.getvalue().removesuffix("\n")  # print() ends the last line once more


if __name__ == "__main__":
    folder = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "layer-tables"
    for name, config in json.loads((folder / "cases.json").read_text()).items():
        (folder / f"{name}-paddle.txt").write_text(table(config))
