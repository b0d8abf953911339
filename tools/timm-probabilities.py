"""Prints what timm makes of photos, as JSON: for each file the probabilities of all classes.

    timm-probabilities.py FOLDER PHOTO …

FOLDER is a model as timm saves it; the photos are prepared as its pretrained_cfg says. They are turned upright first, as
their Exif tells: timm leaves opening files to its user, and transformers' load_image and Vitrine do so.
Needs torch, timm and Pillow.
"""

import json
import sys

import timm
import torch
from PIL import Image, ImageOps


def main(folder, *photos):
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
    with torch.inference_mode():
        print(json.dumps([probabilities(model, transform, photo) for photo in photos]))


def probabilities(model, transform, photo):
    pixels = transform(ImageOps.exif_transpose(Image.open(photo)).convert("RGB"))
    return model(pixels[None]).softmax(dim=1)[0].tolist()


main(*sys.argv[1:])
