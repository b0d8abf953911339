"""What the parts of the corpus share: a source model with what is true of it."""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from families.common import pixels

# What a file whose model is a Vision Transformer has to be called.
VIT = {"kinds": ["vit"]}
# A ViT but for something: it may be called one where what differs is told.
UNUSUAL = {"kinds": ["transformer", "other", "hybrid"], "withDifferences": ["vit"]}


@dataclass
class Model:
    """
    A model with random weights, ready to be exported.

    `config` is its truth in the words of src/nn/config.ts, read off the model; fields that no graph tells are absent.
    `verdict` tells what kinds `understand` may call it.
    """

    module: nn.Module
    inputs: dict[str, torch.Tensor]
    outputs: list[str]
    config: dict[str, Any] | None = None
    verdict: dict[str, Any] = field(default_factory=lambda: VIT)

    # Whether it has attention that is no scaled dot product of tokens: such may be missed.
    other_attention: bool = False

    def __post_init__(self):
        # Also what wraps it: exporters put all parts back into the wrapper's mode.
        self.module.eval()
        with torch.no_grad():
            results = self.module(*self.inputs.values())
        results = results if isinstance(results, tuple) else (results,)
        # Of a name that stands for several the last one keeps it alone.
        extra = [f"extra_{i}" for i in range(len(results) - len(self.outputs))]
        self.outputs = [*extra, *self.outputs]
        self.results = results


class Pick(nn.Module):
    """A model of transformers with tensors alone as outputs."""

    def __init__(self, model, outputs, argument="pixel_values", **constants):
        super().__init__()
        self.model = model
        self.names = outputs
        self.argument = argument
        self.constants = constants

    def forward(self, values):
        result = self.model(**{self.argument: values}, **self.constants)
        picked = []
        for name in self.names:
            value = getattr(result, name)
            picked += value if isinstance(value, tuple) else [value]
        return picked[0] if len(picked) == 1 else tuple(picked)


def images(size, channels=3, batch=1):
    """sin(i²) by flat index, as in the tests; `size` is one number, or height and width."""
    height, width = (size, size) if isinstance(size, int) else size
    return torch.from_numpy(pixels([batch, channels, height, width]))
