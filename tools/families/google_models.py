"""The .npz layouts of Google's two code bases, vit_jax and big_vision, written here in Flax under their module names.

Neither is a package. What counts for the numbers is Flax's: LayerNorm's epsilon 1e-6 and the tanh form of GELU.
"""

import math

import flax
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from families.common import labels, new_folder, pixels, require_distinct, write_expected

jax.config.update("jax_enable_x64", True)

patch, width, depth, heads, hidden = 4, 18, 2, 3, 36
shape = [2, 3, 16, 16]
token_scale = 0.01  # see torch_common.py

# Names of a block's layers: published vit_jax files number them through, big_vision numbers each kind.
vit_jax_names = ("LayerNorm_0", "MultiHeadDotProductAttention_1", "LayerNorm_2", "MlpBlock_3")
big_vision_names = ("LayerNorm_0", "MultiHeadDotProductAttention_0", "LayerNorm_1", "MlpBlock_0")


class MlpBlock(nn.Module):
    approximate: bool

    @nn.compact
    def __call__(self, x):
        y = nn.gelu(nn.Dense(hidden)(x), approximate=self.approximate)
        return nn.Dense(x.shape[-1])(y)


class Block(nn.Module):
    names: tuple
    epsilon: float
    approximate: bool

    @nn.compact
    def __call__(self, x, _=None):
        norm1, attention, norm2, mlp = self.names
        y = nn.LayerNorm(self.epsilon, name=norm1)(x)
        x = x + nn.MultiHeadDotProductAttention(heads, name=attention)(y, y)
        y = nn.LayerNorm(self.epsilon, name=norm2)(x)
        return x + MlpBlock(self.approximate, name=mlp)(y), None


class PositionEmbedding(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x + self.param("pos_embedding", nn.initializers.normal(), (1, *x.shape[1:]))


class Encoder(nn.Module):
    names: tuple
    epsilon: float
    approximate: bool
    scan: bool = False
    embed_positions: bool = False

    @nn.compact
    def __call__(self, x):
        if self.embed_positions:
            x = PositionEmbedding(name="posembed_input")(x)
        options = {"names": self.names, "epsilon": self.epsilon, "approximate": self.approximate}
        if self.scan:
            block = nn.scan(Block, variable_axes={"params": 0}, split_rngs={"params": True}, length=depth)
            x, _ = block(**options, name="encoderblock")(x, None)
        else:
            for i in range(depth):
                x, _ = Block(**options, name=f"encoderblock_{i}")(x)
        return nn.LayerNorm(self.epsilon, name="encoder_norm")(x)


class MapHead(nn.Module):
    epsilon: float
    approximate: bool

    @nn.compact
    def __call__(self, x):
        probe = self.param("probe", nn.initializers.normal(), (1, 1, x.shape[-1]))
        x = nn.MultiHeadDotProductAttention(heads)(jnp.tile(probe, [x.shape[0], 1, 1]), x)
        x = x + MlpBlock(self.approximate)(nn.LayerNorm(self.epsilon)(x))
        return x[:, 0]


class VisionTransformer(nn.Module):
    """vit_jax: positions for the class token too. big_vision: for patches alone, and other kinds of pooling."""

    big_vision: bool
    pooling: str = "tok"
    scan: bool = False
    pre_logits: int = 0
    classes: int = len(labels)
    epsilon: float = 1e-6
    approximate: bool = True

    @nn.compact
    def __call__(self, images):
        x = nn.Conv(width, (patch, patch), (patch, patch), padding="VALID", name="embedding")(images)
        x = x.reshape(x.shape[0], -1, width)
        if self.big_vision:
            x = x + self.param("pos_embedding", nn.initializers.normal(), (1, *x.shape[1:]))
        if self.pooling == "tok":
            token = self.param("cls", nn.initializers.normal(), (1, 1, width))
            x = jnp.concatenate([jnp.tile(token, [x.shape[0], 1, 1]), x], axis=1)
        names = big_vision_names if self.big_vision else vit_jax_names
        x = Encoder(
            names, self.epsilon, self.approximate, self.scan, embed_positions=not self.big_vision, name="Transformer"
        )(x)
        if self.pooling == "map":
            x = MapHead(self.epsilon, self.approximate, name="MAPHead_0")(x)
        else:
            x = x[:, 0] if self.pooling == "tok" else x.mean(axis=1)
        if self.pre_logits:
            x = nn.tanh(nn.Dense(self.pre_logits, name="pre_logits")(x))
        return nn.Dense(self.classes, name="head")(x) if self.classes else x


def randomised(parameters, seed):
    """A value of its own for every parameter, as torch_common.py gives them."""
    random = np.random.default_rng(seed)
    flat = {}
    for path, parameter in flax.traverse_util.flatten_dict(parameters, sep="/").items():
        mean, deviation = distribution(path, parameter.shape)
        flat[path] = (random.standard_normal(parameter.shape) * deviation + mean).astype(np.float32)
    return flat


def distribution(path, shape):
    *_, layer, kind = ("", *path.split("/"))
    bias = kind == "bias"
    if kind == "scale" or "norm" in layer.lower():
        return (0 if bias else 1), 0.2
    if kind == "probe":
        return 0, 1
    if kind in ("cls", "pos_embedding"):
        return 0, token_scale
    if layer == "embedding":
        return 0, token_scale * (0.3 if bias else 1.4 / math.sqrt(math.prod(shape[:-1])))
    if layer == "Dense_0":
        return (-2.5, 0.5) if bias else (0, 0.7 / math.sqrt(width))
    if layer == "Dense_1":
        return 0, token_scale * (0.3 if bias else 150 / math.sqrt(hidden))
    scale = token_scale if layer == "out" else 1
    return 0, scale * (0.3 if bias else 1.5 / math.sqrt(width))


def evaluate(model, flat):
    images = pixels(shape).astype(np.float64).transpose(0, 2, 3, 1)
    tree = flax.traverse_util.unflatten_dict({path: value.astype(np.float64) for path, value in flat.items()}, sep="/")

    def run(model):
        return np.asarray(model.apply({"params": tree}, images))

    right = run(model)
    assert right.dtype == np.float64
    for wrong in ({"epsilon": 1e-5}, {"approximate": False}):
        change = np.abs(run(model.clone(**wrong)) - right).max() / np.abs(right).max()
        require_distinct(wrong, change)
    return right


def npz(prefix="", save=np.savez, beside=None, **options):
    def write(folder, seed):
        model = VisionTransformer(**options)
        images = jnp.zeros((1, *shape[2:], shape[1]))
        flat = randomised(model.init(jax.random.key(0), images)["params"], seed)
        save(new_folder(folder) / "vit.npz", **{prefix + path: value for path, value in flat.items()}, **(beside or {}))
        write_expected(
            folder, f"flax {flax.__version__}", shape, evaluate(model, flat), file="vit.npz",
            output="logits" if model.classes else "features",
        )

    return write


# What a SigLIP file has besides the picture's tower, in part.
text_tower = {
    "params/t": np.ones(1, np.float32),
    "params/b": np.zeros(1, np.float32),
    "params/txt/Embed_0/embedding": np.ones((9, width), np.float32),
    "params/txt/Encoder_0/encoder_norm/scale": np.ones(width, np.float32),
}

families = {
    "vit-jax": npz(big_vision=False),
    "vit-jax-pre-logits": npz(big_vision=False, pre_logits=12),
    "big-vision-map": npz(prefix="params/", big_vision=True, pooling="map"),
    "big-vision-map-scan": npz(prefix="params/", big_vision=True, pooling="map", scan=True),
    "big-vision-siglip": npz(
        prefix="params/img/", save=np.savez_compressed, big_vision=True, pooling="map", classes=0, beside=text_tower
    ),
    "big-vision-gap": npz(prefix="params/", big_vision=True, pooling="gap"),
    "big-vision-token": npz(prefix="params/", big_vision=True, pooling="tok"),
    "big-vision-token-scan": npz(prefix="params/", big_vision=True, pooling="tok", scan=True, pre_logits=12),
}
