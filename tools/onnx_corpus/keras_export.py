"""Writes a ViT of Keras' own layers as ONNX by tf2onnx: keras_export.py WEIGHTS.npz FILE OPSET DYNAMIC

The weights are those of own_models.ViT with `split="separate"` in PyTorch, so that its truth and outputs are this file's.
Runs in a Python that has TensorFlow and tf2onnx.
"""

import sys

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from keras import layers

weights, file, opset, dynamic = dict(np.load(sys.argv[1])), sys.argv[2], int(sys.argv[3]), sys.argv[4] == "true"
heads, image = 3, 32
depth = len({name.split(".")[1] for name in weights if name.startswith("blocks.")})
dim, _, patch, _ = weights["patch_embed.proj.weight"].shape


def filled(layer, x, *values):
    """The layer's result, once it has these weights."""
    result = layer(*x) if isinstance(x, tuple) else layer(x)
    layer.set_weights(values)
    return result


def dense(name, x, **options):
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return filled(layers.Dense(weight.shape[0], **options), x, weight.T, bias)


def norm(name, x):
    return filled(layers.LayerNormalization(epsilon=1e-6), x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def attention(name, x):
    values = []
    for part in ("query", "key", "value"):
        values += [weights[f"{name}.{part}.weight"].T.reshape(dim, heads, -1)]
        values += [weights[f"{name}.{part}.bias"].reshape(heads, -1)]
    values += [weights[f"{name}.proj.weight"].T.reshape(heads, -1, dim), weights[f"{name}.proj.bias"]]
    return filled(layers.MultiHeadAttention(heads, dim // heads), (x, x), *values)


class Tokens(layers.Layer):
    """The class token before the patches, and positions."""

    def build(self, shape):
        self.token = self.add_weight(shape=(1, 1, dim), name="cls_token")
        self.positions = self.add_weight(shape=(1, shape[1] + 1, dim), name="pos_embed")

    def call(self, x):
        token = tf.broadcast_to(self.token, [tf.shape(x)[0], 1, dim])
        return tf.concat([token, x], axis=1) + self.positions


pixels = keras.Input((image, image, 3))
kernel = weights["patch_embed.proj.weight"].transpose(2, 3, 1, 0)
x = filled(layers.Conv2D(dim, patch, patch), pixels, kernel, weights["patch_embed.proj.bias"])
x = layers.Reshape((-1, dim))(x)
x = filled(Tokens(), x, weights["cls_token"], weights["pos_embed"])
for i in range(depth):
    x = layers.Add()([x, attention(f"blocks.{i}.attn", norm(f"blocks.{i}.norm1", x))])
    y = dense(f"blocks.{i}.fc1", norm(f"blocks.{i}.norm2", x))
    y = layers.Activation(lambda value: keras.activations.gelu(value, approximate=True))(y)
    x = layers.Add()([x, dense(f"blocks.{i}.fc2", y)])
model = keras.Model(pixels, dense("head.0", norm("norm", x)[:, 0]))

signature = [tf.TensorSpec([None if dynamic else 1, image, image, 3], tf.float32, name="input")]
function = tf.function(lambda values: model(values, training=False), input_signature=signature)
converted, _ = tf2onnx.convert.from_function(function, signature, opset=opset, inputs_as_nchw=["input"])
onnx.save(converted, file)
