"""Writes ViT-B/16 as PyTorch's TorchScript exporter has it at opset 13: export-vit-b.py FILE fixed|dynamic.

The batch is one picture, or left open.

Attention is written out, as in the tutorials: its fused form has no operators before opset 14. The weights are drawn.
"""

import sys
import warnings

import timm
import torch

warnings.filterwarnings("ignore")
torch.manual_seed(0)
timm.layers.set_fused_attn(False)
model = timm.create_model("vit_base_patch16_224", pretrained=False).eval()
with torch.no_grad():
    # Norms start at 1 and 0 and biases at 0: with those, much of what could go wrong would not show.
    for parameter in model.parameters():
        if parameter.ndim == 1:
            parameter.add_(0.1 * torch.randn_like(parameter))
torch.onnx.export(
    model,
    torch.zeros(1, 3, 224, 224),
    sys.argv[1],
    opset_version=13,
    dynamo=False,
    input_names=["pixel_values"],
    output_names=["logits"],
    dynamic_axes={"pixel_values": {0: "batch"}, "logits": {0: "batch"}} if sys.argv[2] == "dynamic" else None,
)
