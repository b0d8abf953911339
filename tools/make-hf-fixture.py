"""Writes test/fixtures/hf-tiny-vit/: a tiny random ViTForImageClassification as transformers saves it, and its logits.

Needs torch and transformers (made with 5.23). Input: shape [2, 3, 32, 32], x[i] = float32(sin(0.01 * i)) with i the flat
index. The logits are computed in float64 from the float32 weights.
"""

import json
import pathlib
import shutil

import numpy as np
import torch
from transformers import ViTConfig, ViTForImageClassification

folder = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "hf-tiny-vit"
labels = ["daisy", "dandelion", "roses", "sunflowers", "tulips"]

torch.manual_seed(0)
config = ViTConfig(
    hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=48, image_size=32, patch_size=8,
    id2label=dict(enumerate(labels)), label2id={label: i for i, label in enumerate(labels)},
)
model = ViTForImageClassification(config).eval()
# The usual initial values are so small that a wrong order of operations would hardly show in the logits.
with torch.no_grad():
    for name, parameter in model.named_parameters():
        scale = "layernorm" in name and name.endswith("weight")
        parameter.copy_(torch.randn_like(parameter) * 0.2 + (1 if scale else 0))

shutil.rmtree(folder, ignore_errors=True)
model.save_pretrained(folder)
(folder / "model.safetensors").chmod(0o644)

shape = [2, 3, 32, 32]
pixels = np.sin(0.01 * np.arange(np.prod(shape))).astype(np.float32).reshape(shape)
in_memory = {name: list(value.shape) for name, value in model.state_dict().items()}
logits = model.double()(torch.from_numpy(pixels).double()).logits
expected = {
    "input": "float32(sin(0.01 * i)), i = flat index",
    "shape": shape,
    "logits": logits.tolist(),
    "namesInMemory": in_memory,
}
(folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
