"""Writes test/fixtures/flip.json: what timm makes of photos by the mean of their and their mirror images' probabilities.

    make-flip-fixture.py MODEL PHOTO …

For each photo, by its file's name: the five most probable classes by their index, most probable first, with and without
the flip. MODEL is a folder as timm saves it. Needs torch, timm and Pillow.
"""

import json
import pathlib
import sys

import timm
import torch
from PIL import Image, ImageOps

folder, *photos = sys.argv[1:]
model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)


def first_five(probabilities):
    values, places = probabilities.topk(5)
    return [[place, round(value, 6)] for place, value in zip(places.tolist(), values.tolist())]


fixture = {}
with torch.inference_mode():
    for photo in photos:
        pixels = transform(ImageOps.exif_transpose(Image.open(photo)).convert("RGB"))
        both = model(torch.stack([pixels, pixels.flip(2)])).softmax(dim=1)
        fixture[pathlib.Path(photo).name] = {"plain": first_five(both[0]), "flip": first_five(both.mean(0))}
path = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "flip.json"
path.write_text(json.dumps(fixture, indent=1) + "\n")
