"""Writes test/fixtures/layer-decay.json: the learning-rate scale of every parameter in timm's groups for layer decay.

python tools/make-layer-decay-fixture.py (needs torch and timm)
"""

import json
from pathlib import Path

import timm
from timm.models.vision_transformer import VisionTransformer
from timm.models.deit import VisionTransformerDistilled
from timm.optim import param_groups_layer_decay

small = dict(img_size=16, patch_size=8, embed_dim=8, num_heads=2, num_classes=3)
models = {
    "vit": (VisionTransformer(depth=3, **small), {"depth": 3}),
    "deit": (VisionTransformerDistilled(depth=4, **small), {"depth": 4, "distillation": True}),
    "clip": (VisionTransformer(depth=2, pre_norm=True, **small), {"depth": 2, "preNorm": True}),
    "mean": (
        VisionTransformer(depth=2, global_pool="avg", class_token=False, **small),
        {"depth": 2, "pooling": "avg", "classToken": False, "fcNorm": True},
    ),
    "registers": (VisionTransformer(depth=2, reg_tokens=4, init_values=0.1, **small), {"depth": 2, "regTokens": 4, "initValues": 0.1}),
    "siglip": (
        VisionTransformer(depth=2, global_pool="map", class_token=False, **small),
        {"depth": 2, "pooling": "map", "classToken": False},
    ),
}


def scales(model, decay):
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    groups = param_groups_layer_decay(model, layer_decay=decay)
    return {names[id(parameter)]: group["lr_scale"] for group in groups for parameter in group["params"]}


fixture = {
    "timm": timm.__version__,
    "models": {
        name: {"config": config, "scales": {str(decay): scales(model, decay) for decay in (0.75, 0.5)}}
        for name, (model, config) in models.items()
    },
}
path = Path(__file__).parent.parent / "test/fixtures/layer-decay.json"
path.write_text(json.dumps(fixture) + "\n")
