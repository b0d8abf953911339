"""Writes test/fixtures/presets.json: the parameters of timm's models, by name, for those that Vitrine has as presets.

Needs: pip install torch timm. No weights are fetched; the models are built without memory for them.
"""
import json
import re
from pathlib import Path

import timm
import torch

NAMES = re.compile(
    r"^(vit|deit|deit3)_(tiny|small|medium|base|large|huge|so400m|giant|gigantic)(_distilled)?"
    r"_patch\d+(_reg\d)?(_dinov2|_clip|_clip_quickgelu|_siglip)?(_\d+)?$"
)


def describe(name):
    with torch.device("meta"):
        model = timm.create_model(name)
    shapes = [list(parameter.shape) for parameter in model.parameters()]
    return {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "tensors": len(shapes),
        "numClasses": model.num_classes,
        "heads": model.blocks[0].attn.num_heads,
        "activation": model.blocks[0].mlp.act.__class__.__name__,
        "eps": model.norm.eps,
        "imageSize": model.patch_embed.img_size[0],
    }


names = [n for n in timm.list_models(module="vision_transformer") + timm.list_models(module="deit") if NAMES.match(n)]
fixture = {"timm": timm.__version__, "models": {name: describe(name) for name in names}}
path = Path(__file__).parent.parent / "test/fixtures/presets.json"
path.write_text(json.dumps(fixture, indent=1) + "\n")
print(path, len(names))
