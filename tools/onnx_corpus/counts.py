"""Counts what a source model computes in one pass: by its modules, and by PyTorch's own operators as a cross-check."""

from collections import Counter

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

GELUS = {
    "GELUActivation": "none",
    "GELUTanh": "tanh",
    "PytorchGELUTanh": "tanh",
    "GELUTanhPython": "tanh",
    "NewGELUActivation": "tanh",
    "QuickGELU": "quick",
    "QuickGELUActivation": "quick",
}


def kind_of(module):
    """What is counted for a call of this module, or None."""
    name = type(module).__name__
    if isinstance(module, nn.LayerNorm):
        return "layerNorm"
    if isinstance(module, nn.RMSNorm) or "RMSNorm" in name or name.startswith("RmsNorm"):
        return "rmsNorm"
    if isinstance(module, nn.GELU):
        return f"gelu.{module.approximate}"
    if name in GELUS:
        return f"gelu.{GELUS[name]}"
    return None


class Functions(TorchFunctionMode):
    """Counts linear layers, of which nn.MultiheadAttention has some that are no module."""

    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is torch.nn.functional.linear:
            self.counts["linear"] += 1
        if function is torch.nn.functional.multi_head_attention_forward:
            # Queries, keys and values by one product where they are of the same tokens; and the product afterwards.
            self.counts["linear"] += 2 if args[0] is args[1] else 3
        return function(*args, **(kwargs or {}))


class Operators(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.counts = Counter()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function._schema.name
        if name == "aten::gelu":
            name = f"gelu.{(kwargs or {}).get('approximate', 'none')}"
        # Not the softmax over classes at the end.
        if name != "aten::_softmax" or args[0].dim() > 2:
            self.counts[name] += 1
        return function(*args, **(kwargs or {}))


def count(module, inputs):
    """
    Calls in one pass: `layerNorm`, `rmsNorm`, `gelu` by its kind, `linear` (a projection of queries, keys and values at
    once is one), `attention` (softmaxes over scores). @raise AssertionError where LayerNorms ran that are no modules.
    """
    calls = Counter()
    hooks = []
    for part in module.modules():
        kind = kind_of(part)
        if kind:
            hooks.append(part.register_forward_hook(lambda *_, kind=kind: calls.update([kind])))
    with torch.no_grad(), Functions() as functions, Operators() as operators:
        module(*inputs)
    for hook in hooks:
        hook.remove()
    ran = operators.counts
    assert calls["layerNorm"] == ran["aten::native_layer_norm"], "LayerNorm without a module"
    fused = sum(n for name, n in ran.items() if "scaled_dot_product" in name or name == "aten::_safe_softmax")
    return {
        "layerNorm": calls["layerNorm"],
        "rmsNorm": calls["rmsNorm"],
        # Some call the function without a module, some modules spell the formula out.
        "gelu": {form: max(calls[f"gelu.{form}"], ran[f"gelu.{form}"]) for form in ("none", "tanh", "quick")},
        "attention": ran["aten::_softmax"] + fused,
        "linear": functions.counts["linear"],
    }
