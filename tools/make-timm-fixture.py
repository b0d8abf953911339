"""Writes test/fixtures/timm-tiny-vit/: a tiny random timm VisionTransformer as timm saves it, and its logits.

Needs torch and timm (made with 1.0.31). Input: shape [2, 3, 32, 32], x[i] = float32(sin(0.01 * i)) with i the flat
index. The logits are computed in float64 from the float32 weights.
"""

import json
import pathlib
import shutil

import numpy as np
import timm
import torch

folder = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "timm-tiny-vit"
labels = ["daisy", "dandelion", "roses", "sunflowers", "tulips"]

torch.manual_seed(0)
model = timm.create_model(
    "vit_tiny_patch16_224", img_size=32, patch_size=8, embed_dim=24, depth=2, num_heads=3, num_classes=len(labels)
).eval()
# The usual initial values are so small that a wrong order of operations would hardly show in the logits.
with torch.no_grad():
    for name, parameter in model.named_parameters():
        scale = "norm" in name and name.endswith("weight")
        parameter.copy_(torch.randn_like(parameter) * 0.2 + (1 if scale else 0))

shutil.rmtree(folder, ignore_errors=True)
timm.models.save_for_hf(model, folder, model_config={"label_names": labels}, safe_serialization=True)
(folder / "model.safetensors").chmod(0o644)

shape = [2, 3, 32, 32]
pixels = np.sin(0.01 * np.arange(np.prod(shape))).astype(np.float32).reshape(shape)
logits = model.double()(torch.from_numpy(pixels).double())
expected = {"input": "float32(sin(0.01 * i)), i = flat index", "shape": shape, "logits": logits.tolist()}
(folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
