"""How PyTorch models get weights that tell right from wrong, and how they are evaluated."""

import copy
import math
import re

import torch
from torch import nn

from families.common import pixels, require_distinct

# Tokens are this small, so that the epsilon of every LayerNorm shows in the output.
token_scale = 0.01

pre_norm = re.compile(r"norm_pre|pre_layrnorm|ln_pre")
into_tokens = re.compile(r"(attn|attention|attn_pool)\.(proj|out_proj|o_proj|output\.dense)$")
mlp_first = re.compile(r"(fc1|c_fc|w12|mlp\.0|linear_1)$")
mlp_last = re.compile(r"(fc2|c_proj|w3|mlp\.3|linear_2|down_proj)$")


def randomise(model, seed):
    """
    Gives every parameter a value of its own. Usual initial values are no test: LayerNorm would be 1 and 0, biases 0,
    and MLPs so near to linear that one activation equals another.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for path, module in model.named_modules():
            for name, parameter in module.named_parameters(recurse=False):
                mean, deviation = distribution(path, module, name, parameter)
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * deviation + mean)
    return model.eval()


def distribution(path, module, name, parameter):
    """Mean and standard deviation for a parameter, by what it does."""
    bias = name.endswith("bias")
    if isinstance(module, nn.LayerNorm):
        scale = token_scale if pre_norm.search(path) else 1
        return (0 if bias else scale), 0.2 * scale
    if name in ("gamma", "lambda1"):
        return 1, 0.3
    if name in ("latent", "probe", "logit_scale", "logit_bias"):
        return 0, 1
    if name in ("in_proj_bias", "in_proj_weight", "proj", "text_projection"):
        return 0, 0.3 if bias else 1.5 / math.sqrt(parameter.shape[-1])
    if isinstance(module, nn.Conv2d):
        return 0, token_scale * (0.3 if bias else 1.4 / math.sqrt(parameter[0].numel()))
    if not isinstance(module, nn.Linear):
        return 0, token_scale  # class token, position embeddings and the like
    spread = 1 / math.sqrt(parameter.shape[-1])
    if mlp_first.search(path):
        # Around -2.5 the kinds of GELU differ most, relative to their values.
        return (-2.5, 0.5) if bias else (0, 0.7 * spread)
    if mlp_last.search(path):
        return 0, token_scale * (0.3 if bias else 150 * spread)
    if into_tokens.search(path):
        return 0, token_scale * (0.3 if bias else 1.5 * spread)
    return 0, 0.3 if bias else 1.5 * spread


def evaluate(model, shape, output):
    """The output in float64 for float32 weights, once it is proven to show a wrong epsilon and a wrong activation."""
    inputs = torch.from_numpy(pixels(shape)).double()

    def run(model):
        with torch.no_grad():
            return output(model.double().eval()(inputs))

    right = run(copy.deepcopy(model))
    for name, wrong in {"epsilon": other_epsilon(model), "activation": other_activation(model)}.items():
        change = ((run(wrong) - right).abs().max() / right.abs().max()).item()
        require_distinct(f"another {name}", change)
    return right.numpy()


def other_epsilon(model):
    """The model with the epsilon that is most easily taken for its own."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            module.eps = 1e-5 if module.eps == 1e-6 else 1e-6
    return model


def other_activation(model):
    """The model with the tanh form of GELU for the exact one, and with the exact one for everything else."""
    model = copy.deepcopy(model)
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            kind = type(child).__name__.lower()
            if "gelu" in kind or "silu" in kind:
                exact = kind in ("gelu", "geluactivation")
                setattr(parent, name, nn.GELU(approximate="tanh" if exact else "none"))
    return model
