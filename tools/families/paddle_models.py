"""PaddleViT's ViT, written here in PaddlePaddle under its layers' names: it is no package."""

import math

import numpy as np
import paddle
from paddle import nn

from families.common import labels, new_folder, pixels, require_distinct, write_expected

patch, width, depth, heads, hidden = 4, 18, 2, 3, 36
shape = [2, 3, 16, 16]
token_scale = 0.01  # see torch_common.py


class Attention(nn.Layer):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        batch, tokens, _ = x.shape
        q, k, v = self.qkv(x).reshape([batch, tokens, 3, heads, width // heads]).transpose([2, 0, 3, 1, 4])
        weights = nn.functional.softmax(paddle.matmul(q, k, transpose_y=True) / math.sqrt(width // heads))
        return self.out(paddle.matmul(weights, v).transpose([0, 2, 1, 3]).reshape([batch, tokens, width]))


class Mlp(nn.Layer):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.act = nn.GELU()
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class EncoderLayer(nn.Layer):
    def __init__(self):
        super().__init__()
        self.attn_norm = nn.LayerNorm(width, epsilon=1e-6)
        self.attn = Attention()
        self.mlp_norm = nn.LayerNorm(width, epsilon=1e-6)
        self.mlp = Mlp()

    def forward(self, x):
        x = x + self.attn(self.attn_norm(x))
        return x + self.mlp(self.mlp_norm(x))


class Encoder(nn.Layer):
    def __init__(self):
        super().__init__()
        self.layers = nn.LayerList([EncoderLayer() for _ in range(depth)])
        self.encoder_norm = nn.LayerNorm(width, epsilon=1e-6)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.encoder_norm(x)


class Embedding(nn.Layer):
    """The projection; in older versions, which call positions `embeddings`, the tokens and positions too."""

    def __init__(self, older):
        super().__init__()
        self.patch_embedding = nn.Conv2D(shape[1], width, patch, stride=patch)
        if older:
            add_tokens(self, "position_embeddings")

    def forward(self, x):
        return self.patch_embedding(x).flatten(2).transpose([0, 2, 1])


def add_tokens(layer, positions_name):
    tokens = (shape[2] // patch) ** 2 + 1
    layer.cls_token = layer.create_parameter([1, 1, width])
    setattr(layer, positions_name, layer.create_parameter([1, tokens, width]))


class VisionTransformer(nn.Layer):
    def __init__(self, older=False):
        super().__init__()
        self.patch_embedding = Embedding(older)
        if not older:
            add_tokens(self, "position_embedding")
        self.encoder = Encoder()
        self.classifier = nn.Linear(width, len(labels))
        if older:  # their head for training from scratch
            self.classifier = nn.Sequential(
                nn.Linear(width, width), nn.ReLU(), nn.Dropout(0.0), self.classifier, nn.Dropout(0.0)
            )

    def forward(self, x):
        tokens = self if hasattr(self, "position_embedding") else self.patch_embedding
        positions = tokens.position_embedding if tokens is self else tokens.position_embeddings
        x = self.patch_embedding(x)
        x = paddle.concat([tokens.cls_token.expand([x.shape[0], -1, -1]), x], axis=1) + positions
        return self.classifier(self.encoder(x)[:, 0])


def randomise(model, seed):
    """A value of its own for every parameter, as torch_common.py gives them."""
    random = np.random.default_rng(seed)
    for path, parameter in model.named_parameters():
        mean, deviation = distribution(path, parameter.shape)
        parameter.set_value((random.standard_normal(parameter.shape) * deviation + mean).astype(np.float32))
    return model


def distribution(path, shape):
    bias = path.endswith("bias")
    if "norm" in path:
        return (0 if bias else 1), 0.2
    if "token" in path or "position" in path:
        return 0, token_scale
    if "patch_embedding" in path:
        return 0, token_scale * (0.3 if bias else 1.4 / math.sqrt(math.prod(shape[1:])))
    if "fc1" in path:
        return (-2.5, 0.5) if bias else (0, 0.7 / math.sqrt(width))
    if "fc2" in path:
        return 0, token_scale * (0.3 if bias else 150 / math.sqrt(hidden))
    scale = token_scale if "attn.out" in path else 1
    return 0, scale * (0.3 if bias else 1.5 / math.sqrt(width))


def evaluate(model):
    def run():
        with paddle.no_grad():
            return model(paddle.to_tensor(pixels(shape)).astype("float64")).numpy()

    model.to(dtype="float64")
    model.eval()
    right = run()
    norms = [layer for layer in model.sublayers() if isinstance(layer, nn.LayerNorm)]
    activations = [layer for layer in model.sublayers() if isinstance(layer, nn.GELU)]
    for wrong, layers, field, value in (
        ("epsilon", norms, "_epsilon", 1e-5),
        ("activation", activations, "_approximate", True),
    ):
        own = getattr(layers[0], field)
        set_all(layers, field, value)
        change = np.abs(run() - right).max() / np.abs(right).max()
        require_distinct(f"another {wrong}", change)
        set_all(layers, field, own)
    return right


def set_all(layers, field, value):
    for layer in layers:
        assert hasattr(layer, field)
        setattr(layer, field, value)


def file(**options):
    def write(folder, seed):
        model = randomise(VisionTransformer(**options), seed)
        paddle.save(model.state_dict(), str(new_folder(folder) / "vit.pdparams"))
        library = f"paddlepaddle {paddle.__version__}"
        write_expected(folder, library, shape, evaluate(model), file="vit.pdparams", options={"numHeads": heads})

    return write


families = {"paddle-vit": file(), "paddle-vit-older": file(older=True)}
